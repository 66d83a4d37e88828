/** The results as a file for programs and as a table for people. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fromRoot } from '../tools/setup/paths.js';
import type { Results } from './compare.js';
import type { Figure } from './figure.js';

const RESULTS = 'bench/results/latest.json';
const DOCUMENT = 'docs/performance.md';
const MARKS = { begin: '<!-- bench -->', end: '<!-- /bench -->' };

/** What was measured on, in words; no name of the machine. */
export function machine(): string {
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${memoryGb} GB, Node ${process.versions.node}, ${process.platform}`;
}

/** Writes the results file; answers its path from the clone's root. */
export function writeResults(results: Results): string {
  writeFileSync(fromRoot(RESULTS), `${JSON.stringify(results, null, 2)}\n`);
  return RESULTS;
}

/** Puts the table between the marks of docs/performance.md. */
export function writeTable(results: Results): void {
  const file = fromRoot(DOCUMENT);
  const text = readFileSync(file, 'utf8');
  const [before, rest] = text.split(MARKS.begin);
  const after = rest?.split(MARKS.end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${DOCUMENT} lacks its marks ${MARKS.begin} and ${MARKS.end}`);
  writeFileSync(file, `${before}${MARKS.begin}\n\n${renderTable(results)}\n\n${MARKS.end}${after}`);
}

/** The table in Markdown. Pure. */
export function renderTable({ machine: on, at, quick, figures }: Results): string {
  const head = ['figure', 'measured', 'against', 'ratio', 'goal', 'holds'];
  const rows = figures.map((one) => [
    one.figure,
    `${shown(one.value)} ${one.unit}${one.spread === null ? '' : ` (${one.spread.map(shown).join(' to ')})`}`,
    one.againstValue === null ? one.against : `${one.against}: ${shown(one.againstValue)} ${one.unit}`,
    one.ratio === null ? '' : one.ratio.toFixed(2),
    one.goal,
    one.holds ? 'yes' : '**no**',
  ]);
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `Measured ${at.slice(0, 10)} with \`npm run bench${quick ? ' -- --quick' : ''}\` on ${on}.\n\n${lines.join('\n')}`;
}

/** A number with three digits that mean something. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Number(value.toPrecision(3)).toString();
}

/** One line for the terminal, as soon as a figure is known. */
export function line(one: Figure): string {
  const peer = one.againstValue === null ? '' : `, ${one.against} ${shown(one.againstValue)}`;
  const ratio = one.ratio === null ? '' : `, ratio ${one.ratio.toFixed(2)}`;
  return `${one.holds ? 'holds' : 'FAILS'}  ${one.figure}: ${shown(one.value)} ${one.unit}${peer}${ratio} (goal ${one.goal})`;
}
