// Tests of the TextMate grammar, which is what VS Code colours with.
//
//     node textmate.mjs PACKAGES PROGRAMS
//
// The scopes of `sample.lang` are those of `golden/textmate.txt` (`UPDATE=1` rewrites it), and after every
// accepted program nothing is open: no string, bracket or import goes on past its end.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const here = import.meta.dirname;
const [packages, programs] = process.argv.slice(2);
const require = createRequire(join(packages, 'node_modules/'));
const { INITIAL, Registry, parseRawGrammar } = require('vscode-textmate');
const oniguruma = require('vscode-oniguruma');

await oniguruma.loadWASM(readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm')).buffer);
const path = join(here, '../textmate/lang.tmLanguage.json');
const registry = new Registry({
  onigLib: {
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  },
  loadGrammar: async () => parseRawGrammar(readFileSync(path, 'utf8'), path),
});
const grammar = await registry.loadGrammar('source.lang');

/** Calls `each` with every line and its tokens; returns what is open after the last. */
function tokenize(text, each = () => {}) {
  let stack = INITIAL;
  for (const line of text.split(/\r?\n/)) {
    const result = grammar.tokenizeLine(line, stack);
    each(line, result.tokens);
    stack = result.ruleStack;
  }
  return stack;
}

let out = '';
tokenize(readFileSync(join(here, 'sample.lang'), 'utf8'), (line, tokens) => {
  out += `${line}\n`;
  for (const { startIndex, endIndex, scopes } of tokens) {
    const text = line.slice(startIndex, endIndex);
    if (text.trim()) out += `    ${text.trim()}  ${scopes.slice(1).map((scope) => scope.replace(/\.lang$/, '')).join(' ')}\n`;
  }
});
const golden = join(here, 'golden/textmate.txt');
if (process.env.UPDATE) writeFileSync(golden, out);
const wanted = readFileSync(golden, 'utf8').split('\n');
const got = out.split('\n');
const at = got.findIndex((line, i) => line !== wanted[i]);
if (at >= 0 || got.length !== wanted.length) {
  console.error(`${golden}:${at + 1}: differs (UPDATE=1 rewrites it)\n  is     ${got[at]}\n  wanted ${wanted[at]}`);
  process.exitCode = 1;
}

const names = readdirSync(programs);
const open = names.filter((name) => tokenize(readFileSync(join(programs, name), 'utf8')).depth > 1);
for (const name of open) console.error(`${join(programs, name)}: something is open after the end`);
if (open.length) process.exitCode = 1;
console.log(`${names.length - open.length} of ${names.length} programs end with nothing open`);
