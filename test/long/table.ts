/** The table of docs/reliability.md, between its two markers. */
import { FAILURE_ROWS, REASONS, type RowId } from '../support/failure-rows.js';
import type { Measured } from './measure.js';

const MARKERS = ['<!-- failures: begin, written by npm run test:long -->', '<!-- failures: end -->'] as const;
const HEAD =
  '| row | what happens | tests | tries | result | seconds |\n| --- | --- | --- | --- | --- | --- |';

/**
 * Puts what was measured into the document's table; rows that did not run keep what they had. Pure.
 * Throws when the markers are not there.
 */
export function replaceTable(document: string, measured: readonly Measured[]): string {
  const kept = cellsByRow(between(document, MARKERS));
  const lines = (Object.keys(FAILURE_ROWS) as RowId[]).map((row) => {
    const now = measured.find((one) => one.row === row);
    const cells =
      now === undefined
        ? (kept.get(row) ?? unmeasured(row))
        : [String(now.tests), String(now.tries), now.result, String(now.seconds)];
    return `| ${[row, FAILURE_ROWS[row], ...cells].join(' | ')} |`;
  });
  return replaceBetween(document, MARKERS, `${HEAD}\n${lines.join('\n')}`);
}

/** Puts a text between two markers, which stay. Pure. Throws when they are not there. */
export function replaceBetween(document: string, markers: readonly [string, string], text: string): string {
  const old = between(document, markers);
  const [begin, end] = markers;
  return document.replace(`${begin}${old}${end}`, () => `${begin}\n\n${text}\n\n${end}`);
}

/** The text between two markers. Pure. Throws when they are not there. */
export function between(document: string, [begin, end]: readonly [string, string]): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the markers '${begin}' and '${end}' are not in the document`);
  return document.slice(from + begin.length, to);
}

/** The last four cells of each row that a former run has measured. */
function cellsByRow(table: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of table.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    const [, row = ''] = cells;
    if (!/^[FS]\d+$/.test(row) || cells.length !== 8 || !/^\d+$/.test(cells[3] ?? '')) continue;
    found.set(row, cells.slice(3, 7));
  }
  return found;
}

function unmeasured(row: RowId): string[] {
  const reason = REASONS[row];
  if (reason !== undefined) return ['none', '–', reason, '–'];
  return ['–', '–', 'not run in full yet', '–'];
}
