// The inspector: what `lang.inspect` answers as a document that can only be read, and its parts as a list to choose from.

const vscode = require('vscode');

const SCHEME = 'lang-inspect';

const texts = new Map();
const changed = new vscode.EventEmitter();

/** Shows a text as a document of its own. */
async function showText(title, text) {
  const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${title}` });
  texts.set(uri.toString(), text);
  changed.fire(uri);
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: true, preserveFocus: true, viewColumn: vscode.ViewColumn.Beside });
}

/** What can be chosen on a page of parts. */
function choices({ parts, from, count }, path) {
  const found = parts.map(({ name, shown }, i) => ({ label: `[${from + i}] ${name}`, description: shown, go: { path: [...path, from + i], from: 0 } }));
  if (from + parts.length < count) {
    found.push({ label: `$(arrow-down) ${count - from - parts.length} more`, go: { path, from: from + parts.length } });
  }
  if (from > 0) found.unshift({ label: '$(arrow-up) the first', go: { path, from: 0 } });
  if (path.length) found.unshift({ label: '$(arrow-left) back', go: { path: path.slice(0, -1), from: 0 } });
  return found;
}

/** Looks into a value: `ask` sends the command with an object. Ends when nothing is chosen. */
async function inspect(ask, place) {
  let reply = await ask({ ...place, show: false });
  let path = [];
  while (reply) {
    if (!reply.inspected) {
      vscode.window.showErrorMessage(reply.error?.message ?? 'There is nothing to inspect.');
      break;
    }
    await showText('value', reply.text);
    const { shown } = reply.inspected;
    const found = choices(reply.inspected, path);
    const chosen = found.length && (await vscode.window.showQuickPick(found, { title: shown, placeHolder: 'a part to look into' }));
    if (!chosen) break;
    ({ path } = chosen.go);
    // Parts of what was inspected first: nothing is evaluated once more.
    reply = await ask({ ...chosen.go, show: false });
  }
  return reply;
}

/** Registers what shows the documents. */
function register() {
  const provider = { onDidChange: changed.event, provideTextDocumentContent: (uri) => texts.get(uri.toString()) };
  return vscode.workspace.registerTextDocumentContentProvider(SCHEME, provider);
}

module.exports = { choices, inspect, register };
