/** How many new bookings may be taken until the next look. Pure. */

export interface Backlog {
  /** Bookings whose search has not begun. */
  waiting: number;
  /** As far as this process knows, how many searches have begun since the look before. */
  begun: number;
  /** Half of those who wait have waited longer than this, milliseconds. */
  medianWaitMs: number;
  /** Temporal does not answer: nothing can begin, and that is no reason to send people away. */
  temporalAway: boolean;
}

/** While Temporal is away this many times the bound may wait: minutes of an ordinary day's bookings. */
export const AWAY_FACTOR = 4;

/** When half of the line has waited this long, the last in it waits about twice as long. */
const BEARABLE_MEDIAN_MS = 5_000;
/** With less than this part of the bound in line, long waits are of a few, and those who come are no load. */
const LINE_TELLS = 0.25;

/**
 * Up to `bound` bookings may wait, and fewer when they wait for long. Past that, as after an hour without Temporal, half
 * as many are taken as begin: the backlog shrinks, and nobody who comes now and then is sent away.
 */
export function roomFor({ waiting, begun, medianWaitMs, temporalAway }: Backlog, bound: number): number {
  if (temporalAway) return Math.max(0, AWAY_FACTOR * bound - waiting);
  const tooSlow = waiting >= LINE_TELLS * bound && medianWaitMs > BEARABLE_MEDIAN_MS;
  return Math.max(tooSlow ? 0 : bound - waiting, Math.floor(begun / 2), 0);
}
