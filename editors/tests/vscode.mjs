// Tests of the extension for VS Code, without VS Code: what `package.json` names exists and is well formed, what can be
// folded, and what the commands of the server are given.
//
//     node vscode.mjs

import assert from 'node:assert';
import { existsSync, readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../vscode');
const require = createRequire(join(folder, 'extension.js'));
const json = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));

const { contributes, main } = json('package.json');
const [language] = contributes.languages;
const [grammar] = contributes.grammars;
for (const path of [main, language.configuration, grammar.path]) assert(existsSync(join(folder, path)), `${path} is missing`);
assert.strictEqual(json(grammar.path).scopeName, grammar.scopeName);
const commands = contributes.commands.map((c) => c.command);
for (const { command } of [...contributes.keybindings, ...contributes.menus.commandPalette]) assert(commands.includes(command), command);
const configuration = json(language.configuration);
new RegExp(configuration.wordPattern, 'u');
const { increaseIndentPattern, decreaseIndentPattern } = configuration.indentationRules;
for (const line of ['fn f() {', 'f(', 'xs.map(|x| {', '} else {']) assert.match(line, new RegExp(increaseIndentPattern));
for (const line of ['f()', 'let x = {a: 1}', '}']) assert.doesNotMatch(line, new RegExp(increaseIndentPattern));
assert.match('    })', new RegExp(decreaseIndentPattern));

const { foldingRanges } = require('./folding.js');
const text = ['# %% a', 'fn f() {', '    if x {', '        y', '    }', '}', '', '# %% b', 'z', ''];
assert.deepStrictEqual(foldingRanges(text), [
  { start: 0, end: 5 },
  { start: 1, end: 4 },
  { start: 2, end: 3 },
  { start: 7, end: 8 },
]);

// The extension with an editor and a client made of nothing.
const started = [];
const messages = [];
const disposable = { dispose() {} };
const documents = [];
const picks = [];
let provider;
const vscode = {
  EventEmitter: class {
    event() {}
    fire() {}
  },
  FoldingRange: class {},
  Uri: { from: ({ scheme, path }) => `${scheme}:${path}` },
  ViewColumn: { Beside: -2 },
  LanguageStatusSeverity: { Information: 0, Error: 2 },
  commands: { registerCommand: () => disposable },
  languages: { createLanguageStatusItem: () => ({}), registerFoldingRangeProvider: () => disposable },
  window: {
    setStatusBarMessage: (text) => messages.push(text),
    showErrorMessage: (text) => messages.push(text),
    showQuickPick: async (found) => {
      const wanted = picks.shift();
      return found.find(({ label }) => label === wanted);
    },
    showTextDocument: async (document) => documents.push(document),
  },
  workspace: {
    getConfiguration: () => ({ get: () => '/bin/lang' }),
    onDidChangeConfiguration: () => disposable,
    openTextDocument: async (uri) => provider.provideTextDocumentContent(uri),
    registerTextDocumentContentProvider: (scheme, made) => {
      provider = made;
      return disposable;
    },
  },
};
class LanguageClient {
  code2ProtocolConverter = { asUri: (uri) => `uri of ${uri}`, asRange: (range) => `range of ${range}` };
  constructor(...args) {
    started.push(args);
  }
  onDidChangeState() {}
  async start() {}
  isRunning = () => false;
}
const stubs = { vscode, 'vscode-languageclient/node': { LanguageClient, State: {} } };
const load = Module._load;
Module._load = (name, ...rest) => stubs[name] ?? load(name, ...rest);
const extension = require('./extension.js');
await extension.activate({ subscriptions: [] });
const [, , server, { middleware }] = started[0];
assert.deepStrictEqual(server, { command: '/bin/lang', args: ['lsp'] });
const sent = [];
const next = async (...args) => {
  sent.push(args);
  return 'a result\nand more';
};
await middleware.executeCommand('lang.evalForm', [], next);
vscode.window.activeTextEditor = { document: { languageId: 'lang', uri: 'a.lang' }, selection: '1:2-3:4' };
await middleware.executeCommand('lang.evalForm', [], next);
await middleware.executeCommand('lang.evalForm', ['as', 'given'], next);
assert.deepStrictEqual(sent, [
  ['lang.evalForm', ['uri of a.lang', 'range of 1:2-3:4']],
  ['lang.evalForm', ['as', 'given']],
]);
assert.deepStrictEqual(messages, ['a result', 'a result']);

// The inspector goes from part to part, a page at a time.
const asked = [];
const part = (name) => ({ name, shown: `value of ${name}`, has_parts: true });
const page = (shown, from, count, names) => ({ text: shown, inspected: { shown, class: 'List', facts: [], count, from, parts: names.map(part) } });
const pages = [page('all', 0, 3, ['a', 'b']), page('rest', 2, 3, ['c']), page('c', 0, 1, ['d']), page('all', 0, 3, ['a', 'b'])];
pages.push({ error: { message: 'it is gone' } });
const answer = async (command, [object]) => {
  asked.push(object);
  return pages.shift();
};
picks.push('$(arrow-down) 1 more', '[2] c', '$(arrow-left) back', 'nothing');
await middleware.executeCommand('lang.inspect', ['uri', 'range'], answer);
assert.deepStrictEqual(asked, [
  { uri: 'uri', range: 'range', show: false },
  { path: [], from: 2, show: false },
  { path: [2], from: 0, show: false },
  { path: [], from: 0, show: false },
]);
assert.deepStrictEqual(documents, ['all', 'rest', 'c', 'all']);
await middleware.executeCommand('lang.inspect', ['uri', 'range'], answer);
assert.strictEqual(messages.pop(), 'it is gone');
await extension.deactivate();
