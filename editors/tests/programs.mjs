// Writes every program of the repository that the language accepts into a directory, one text per file: whole files, and
// the sections of the case files (see `tests/harness/case.rs`).
//
//     node programs.mjs DIRECTORY [BINARY]
//
// Without the binary there is nobody to ask what is accepted, and the case files are left out.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '../..');
const [directory, binary] = process.argv.slice(2);
const PROGRAMS = ['examples', 'stdlib', 'benches'];
const WITH_TEXT = ['file', 'run', 'edit'];

const filesBelow = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.lang'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();

/** The texts of a case file with the lines they begin at. */
function sections(text) {
  const out = [];
  text.split(/(?<=\n)/).forEach((line, i) => {
    if (line.startsWith('#- ')) out.push({ word: line.split(/\s/)[1], line: i + 2, body: '' });
    else if (out.length) out.at(-1).body += line;
  });
  return out.filter((section) => WITH_TEXT.includes(section.word));
}

/** Which of `paths` the binary finds errors in. */
function refused(paths) {
  const options = { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'], cwd: directory };
  let out;
  try {
    out = execFileSync(binary, ['check', '--format', 'json', ...paths], options);
  } catch (e) {
    if (e.status !== 1) throw e; // 1: there are errors
    out = e.stdout;
  }
  const problems = out.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  return new Set(problems.filter((p) => p.severity === 'error').map((p) => p.file));
}

rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
let count = 0;
const write = (name, text) => {
  count++;
  writeFileSync(join(directory, name), text);
  return name;
};
const flat = (path) => relative(root, path).replaceAll('/', '-').replace(/\.lang$/, '');
for (const file of PROGRAMS.flatMap(filesBelow)) write(`${flat(file)}.lang`, readFileSync(file));
if (binary) {
  const names = filesBelow('tests/cases').flatMap((file) =>
    sections(readFileSync(file, 'utf8')).map(({ line, body }) => write(`${flat(file)}-${line}.lang`, body)),
  );
  for (const name of refused(names)) {
    rmSync(join(directory, name));
    count--;
  }
}
console.log(count);
