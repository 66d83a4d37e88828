/** How often a race or a fault is tried: `npm test` tries a tenth, `npm run test:long` all and writes it down. */
import { appendFileSync } from 'node:fs';
import type { RowId } from './failure-rows.js';

/** True in `npm run test:long`. */
export const LONG = process.env['TEST_LONG'] === 'true';
/** Fewer than this proves nothing. */
const FEWEST = 5;
const LONGER = 12;

/** Of `full` tries, those of this run: all in the long run, else a tenth, five at least. */
export function count(full: number): number {
  return LONG ? full : Math.max(FEWEST, Math.ceil(full / 10));
}

/** A time limit of a test that counts: `ms` in `npm test`, twelve times that in the long run. */
export function within(ms: number): number {
  return LONG ? LONGER * ms : ms;
}

/** Reports, at the end of a test, how many tries of a row it made. The long run adds them up for its table. */
export function tried(row: RowId, tries: number): void {
  const file = process.env['TEST_TRIES'];
  if (file !== undefined) appendFileSync(file, `${row} ${tries}\n`);
}
