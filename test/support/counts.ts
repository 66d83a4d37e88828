/** How often a race or a fault is tried: `npm test` tries a tenth, `npm run test:long` all. */

/** True in `npm run test:long`. */
export const LONG = process.env['TEST_LONG'] === 'true';
/** Fewer than this proves nothing. */
const FEWEST = 5;

/** Of `full` tries, those of this run: all in the long run, else a tenth, five at least. */
export function count(full: number): number {
  return LONG ? full : Math.max(FEWEST, Math.ceil(full / 10));
}
