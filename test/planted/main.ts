/**
 * `npm run test:planted [-- part of a fault's name …]`: plants each fault in a copy of the tree, builds it, and expects the
 * tests that it names to turn red; without a fault they must be green. Prints a line for each, and writes them into the
 * table of docs/reliability.md. Ends with 1 when a fault is not found.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { between, replaceBetween } from '../long/table.js';
import { TreeCopy } from './copy.js';
import { PLANTED_FAULTS, type PlantedFault } from './faults.js';

const DOCUMENT = 'docs/reliability.md';
const MARKERS = [
  '<!-- planted: begin, written by npm run test:planted -->',
  '<!-- planted: end -->',
] as const;
const HEAD = '| fault | tests that look for it | without it | with it |\n| --- | --- | --- | --- |';
/** Of the output of what went wrong, so much is shown. */
const SHOWN = 3_000;

interface Seen {
  good: boolean;
  /** For the table. */
  word: string;
}

/** What the tests of a fault say without it: they must run, and be green. */
function withoutIt(copy: TreeCopy, fault: PlantedFault): Seen {
  const { ok, passed, output } = copy.test(fault.tests, fault.only);
  return ok && passed > 0 ? { good: true, word: `green (${passed})` } : bad('NOT GREEN', output);
}

/** What they say with the fault in the sources: one at least must be red. */
function withIt(copy: TreeCopy, fault: PlantedFault): Seen {
  const takeAway = copy.plant(fault.patches);
  try {
    const built = copy.build();
    if (!built.ok) return bad('DOES NOT BUILD', built.output);
    const { failed, passed, output } = copy.test(fault.tests, fault.only);
    return failed > 0 ? { good: true, word: `red (${failed} of ${failed + passed})` } : bad('GREEN', output);
  } finally {
    takeAway();
  }
}

function bad(word: string, output: string): Seen {
  process.stderr.write(`${output.slice(-SHOWN)}\n`);
  return { good: false, word };
}

function line(fault: PlantedFault, clean: Seen, planted: Seen): string {
  const names = fault.tests.map((file) => `\`${file.replace(/^test\/|\.test\.ts$/g, '')}\``).join(', ');
  const only = fault.only === undefined ? '' : ` (\`${fault.only.trim().replaceAll('|', ' or ')}\`)`;
  return `| ${[fault.name, names + only, clean.word, planted.word].join(' | ')} |`;
}

/** Lines of all faults, by name: those of now, else those of a former run. */
function tableOf(document: string, lines: ReadonlyMap<string, string>): string {
  const former = between(document, MARKERS)
    .split('\n')
    .map((text) => text.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length === 6);
  const all = PLANTED_FAULTS.map(({ name }) => {
    const kept = former.find((cells) => cells[1] === name);
    return lines.get(name) ?? `| ${kept?.slice(1, 5).join(' | ') ?? `${name} | | | not run yet`} |`;
  });
  return `${HEAD}\n${all.join('\n')}`;
}

function lookFor(
  copy: TreeCopy,
  faults: readonly PlantedFault[],
): { lines: Map<string, string>; missed: number } {
  const clean = faults.map((fault) => withoutIt(copy, fault));
  const lines = new Map<string, string>();
  let missed = 0;
  for (const [n, fault] of faults.entries()) {
    const before = clean[n] as Seen;
    const planted = before.good ? withIt(copy, fault) : { good: false, word: 'not planted' };
    lines.set(fault.name, line(fault, before, planted));
    if (!planted.good) missed += 1;
    process.stdout.write(`${planted.good ? 'found' : 'NOT FOUND'}  ${lines.get(fault.name)}\n`);
  }
  return { lines, missed };
}

function main(words: readonly string[]): void {
  const chosen = PLANTED_FAULTS.filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  );
  if (chosen.length === 0) throw new Error('no fault has such a name');
  const copy = TreeCopy.make();
  // Ctrl-C ends the child, and so the run: the copy is removed all the same.
  process.on('SIGINT', () => undefined);
  try {
    const { lines, missed } = lookFor(copy, chosen);
    const document = readFileSync(DOCUMENT, 'utf8');
    writeFileSync(DOCUMENT, replaceBetween(document, MARKERS, tableOf(document, lines)));
    spawnSync(process.execPath, ['node_modules/prettier/bin/prettier.cjs', '--write', DOCUMENT]);
    process.stdout.write(`${chosen.length - missed} of ${chosen.length} faults found\n`);
    process.exitCode = missed === 0 ? 0 : 1;
  } finally {
    copy.remove();
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`test:planted: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
