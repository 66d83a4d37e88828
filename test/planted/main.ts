/**
 * `npm run test:planted [-- part of a fault's name …]`: plants each fault in a copy of the tree, builds it, and expects the
 * tests that it names to turn red; without a fault they must be green. Prints a table, and writes it into
 * docs/reliability.md when all were planted. Ends with 1 when a fault is not found.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { replaceBetween } from '../long/table.js';
import { TreeCopy } from './copy.js';
import { PLANTED_FAULTS, type PlantedFault } from './faults.js';

const DOCUMENT = 'docs/reliability.md';
const MARKERS = [
  '<!-- planted: begin, written by npm run test:planted -->',
  '<!-- planted: end -->',
] as const;
const HEAD =
  '| fault | tests that look for it | without it | with it | seconds |\n| --- | --- | --- | --- | --- |';
/** Of the output of what went wrong, so much is shown. */
const SHOWN = 3_000;

interface Found {
  fault: PlantedFault;
  clean: string;
  planted: string;
  found: boolean;
  seconds: number;
}

/** The tests of a fault, first on the clean copy, then with the fault in it. */
function look(copy: TreeCopy, fault: PlantedFault): Found {
  const startedAt = Date.now();
  const tell = (clean: string, planted: string, found: boolean): Found => ({
    ...{ fault, clean, planted, found },
    seconds: Math.round((Date.now() - startedAt) / 1_000),
  });
  const green = copy.test(fault.tests, fault.only);
  if (!green.ok || green.passed === 0) return tell(shown('RED', green.output), 'not planted', false);
  const clean = `green (${green.passed})`;
  const takeAway = copy.plant(fault.patches);
  try {
    const built = copy.build();
    if (!built.ok) return tell(clean, shown('DOES NOT BUILD', built.output), false);
    const red = copy.test(fault.tests, fault.only);
    if (red.failed === 0) return tell(clean, shown('GREEN', red.output), false);
    return tell(clean, `red (${red.failed} of ${red.failed + red.passed})`, true);
  } finally {
    takeAway();
    copy.build();
  }
}

function shown(verdict: string, output: string): string {
  process.stderr.write(`${output.slice(-SHOWN)}\n`);
  return verdict;
}

function line({ fault, clean, planted, seconds }: Found): string {
  const names = fault.tests.map((file) => `\`${file.replace(/^test\/|\.test\.ts$/g, '')}\``).join(', ');
  const only = fault.only === undefined ? '' : ` (\`${fault.only.trim().replaceAll('|', ' or ')}\`)`;
  return `| ${[fault.name, names + only, clean, planted, String(seconds)].join(' | ')} |`;
}

function main(words: readonly string[]): void {
  const chosen = PLANTED_FAULTS.filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  );
  if (chosen.length === 0) throw new Error('no fault has such a name');
  const copy = TreeCopy.make();
  // A copy that is left behind is as large as the packages.
  process.once('SIGINT', () => {
    copy.remove();
    process.exit(130);
  });
  const results: Found[] = [];
  try {
    for (const fault of chosen) {
      const result = look(copy, fault);
      results.push(result);
      process.stdout.write(`${result.found ? 'found' : 'NOT FOUND'}  ${line(result)}\n`);
    }
  } finally {
    copy.remove();
  }
  const table = `${HEAD}\n${results.map(line).join('\n')}`;
  if (words.length === 0) {
    writeFileSync(DOCUMENT, replaceBetween(readFileSync(DOCUMENT, 'utf8'), MARKERS, table));
    spawnSync(process.execPath, ['node_modules/prettier/bin/prettier.cjs', '--write', DOCUMENT]);
  }
  const missed = results.filter((one) => !one.found);
  process.stdout.write(`${results.length - missed.length} of ${results.length} faults found\n`);
  process.exitCode = missed.length === 0 ? 0 : 1;
}

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`test:planted: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
