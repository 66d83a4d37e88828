/**
 * `npm run test:long [-- ROW|TIER …] [-- Jest's own]`: the tests that carry a row's number, with every count in full.
 * It writes what it measured into the table of docs/reliability.md; rows that did not run, or not with all of their
 * tests, keep what they had.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { FAILURE_ROWS, type RowId } from '../support/failure-rows.js';
import { allRowTitles, patternOf } from '../support/row-titles.js';
import { measure, type JestReport } from './measure.js';
import { replaceTable } from './table.js';

const FOLDER = 'artefacts/long';
const RESULTS = `${FOLDER}/results.json`;
const TRIES = `${FOLDER}/tries.txt`;
const DOCUMENT = 'docs/reliability.md';
/** A test that says no limit of its own: with full counts it may take minutes. */
const TEST_TIMEOUT_MS = 900_000;

interface Choice {
  rows: RowId[];
  files: string[];
  /** Rows of which some tests are left out, by a folder's name. */
  inPart: Set<string>;
}

/** What to run: rows, tiers (folders of test/) or parts of paths; everything without a word. */
function choose(words: readonly string[]): Choice {
  const all = Object.keys(FAILURE_ROWS) as RowId[];
  const named = words.filter((word) => /^[FS]\d+$/.test(word));
  const unknown = named.filter((word) => !(word in FAILURE_ROWS));
  if (unknown.length > 0)
    throw new Error(`no such row: ${unknown.join(', ')}; rows are F1 to F32, S1 to S24`);
  const rows = named.length === 0 ? all : all.filter((row) => named.includes(row));
  const places = words.filter((word) => !named.includes(word));
  const titles = allRowTitles('.').filter((one) => one.rows.some((row) => (rows as string[]).includes(row)));
  const isChosen = (file: string): boolean =>
    places.length === 0 || places.some((place) => file.includes(place));
  return {
    rows,
    files: [...new Set(titles.map((one) => one.file).filter(isChosen))],
    inPart: new Set(titles.filter((one) => !isChosen(one.file)).flatMap((one) => one.rows)),
  };
}

function runJest({ rows, files }: Choice): void {
  mkdirSync(FOLDER, { recursive: true });
  for (const file of [RESULTS, TRIES]) rmSync(file, { force: true });
  // One after the other: five times the load beside a rolling restart would try neither.
  const args = [...files, '-t', patternOf(rows), `--testTimeout=${TEST_TIMEOUT_MS}`, '--runInBand'];
  spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...args, '--json', '--outputFile', RESULTS], {
    // Its JSON goes to the file; what it tells of its progress goes to stderr.
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, TEST_LONG: 'true', TEST_TRIES: TRIES },
  });
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function main(): void {
  const choice = choose(process.argv.slice(2));
  if (choice.files.length === 0) throw new Error('no test carries one of these rows');
  runJest(choice);
  const report = readIfThere(RESULTS);
  if (report === '') throw new Error('Jest left no results; its output is above');
  const measured = measure(choice.rows, JSON.parse(report) as JestReport, readIfThere(TRIES));
  const whole = measured.filter(({ row }) => !choice.inPart.has(row));
  writeFileSync(DOCUMENT, replaceTable(readFileSync(DOCUMENT, 'utf8'), whole));
  spawnSync(process.execPath, ['node_modules/prettier/bin/prettier.cjs', '--write', DOCUMENT], {
    stdio: 'ignore',
  });
  for (const { row, tests, tries, result, seconds } of measured)
    process.stdout.write(
      `${row}: ${result}, ${tests} tests, ${tries} tries, ${seconds} s${choice.inPart.has(row) ? ', in part' : ''}\n`,
    );
  process.exitCode = measured.every((one) => one.result === 'passed') ? 0 : 1;
}

try {
  main();
} catch (error) {
  process.stderr.write(`test:long: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
