// Starts `lang lsp`, shows how it is, and gives the commands of the server what they are about.
//
// The commands `lang.eval…` are the server's own: the client registers those that the server names when it starts. All
// that is done here is to add the place: called from a key or the palette they have no arguments, and get the URI of the
// active editor's document and the range of its selection, which is empty at the cursor when nothing is selected.

const vscode = require('vscode');
const { LanguageClient, State } = require('vscode-languageclient/node');
const { foldingRanges } = require('./folding');
const inspector = require('./inspector');

const LANGUAGE = 'lang';
const MESSAGE_MS = 8000;

let client;

/** What a command without arguments is about; undefined without an editor for the language. */
function activePlace() {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== LANGUAGE) return undefined;
  const { document, selection } = editor;
  return [client.code2ProtocolConverter.asUri(document.uri), client.code2ProtocolConverter.asRange(selection)];
}

async function executeCommand(command, args, next) {
  const place = args.length ? args : activePlace();
  if (!place) return undefined;
  if (command === 'lang.inspect' && typeof place[0] === 'string') {
    const [uri, range] = place;
    return inspector.inspect((asked) => next(command, [asked]), { uri, range });
  }
  const result = await next(command, place);
  if (typeof result === 'string') vscode.window.setStatusBarMessage(result.split('\n', 1)[0], MESSAGE_MS);
  return result;
}

function makeClient(status) {
  const command = vscode.workspace.getConfiguration(LANGUAGE).get('path');
  const made = new LanguageClient(
    LANGUAGE,
    'lang',
    { command, args: ['lsp'] },
    { documentSelector: [{ language: LANGUAGE }], middleware: { executeCommand } },
  );
  made.onDidChangeState(({ newState }) => {
    status.busy = newState === State.Starting;
    status.text = { [State.Starting]: 'lang: starting', [State.Running]: 'lang: ready', [State.Stopped]: 'lang: stopped' }[newState];
  });
  return made;
}

async function start(status) {
  client = makeClient(status);
  try {
    await client.start();
    status.severity = vscode.LanguageStatusSeverity.Information;
  } catch (error) {
    status.severity = vscode.LanguageStatusSeverity.Error;
    status.text = 'lang: no server';
    vscode.window.showErrorMessage(`The language server does not start: ${error.message ?? error}. The setting lang.path names the binary.`);
  }
}

async function stop() {
  const old = client;
  client = undefined;
  if (old?.isRunning()) await old.stop();
}

async function activate(context) {
  const status = vscode.languages.createLanguageStatusItem('lang.server', { language: LANGUAGE });
  status.name = 'lang';
  status.command = { title: 'Restart', command: 'lang.restartServer' };
  const restart = async () => {
    await stop();
    await start(status);
  };
  const provideFoldingRanges = (document) =>
    foldingRanges(document.getText().split(/\r?\n/)).map(({ start, end }) => new vscode.FoldingRange(start, end));
  context.subscriptions.push(
    status,
    vscode.commands.registerCommand('lang.restartServer', restart),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('lang.path') && restart()),
    inspector.register(),
    vscode.languages.registerFoldingRangeProvider({ language: LANGUAGE }, { provideFoldingRanges }),
  );
  await start(status);
}

module.exports = { activate, deactivate: stop };
