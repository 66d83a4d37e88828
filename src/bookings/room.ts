/** How many new bookings may be taken until the next look. Pure. */

export interface Backlog {
  /** Bookings whose search has not begun. */
  waiting: number;
  /** As far as this process knows, how many searches have begun since the look before. */
  begun: number;
  /** Temporal does not answer: nothing can begin, and that is no reason to send people away. */
  temporalAway: boolean;
}

/** While Temporal is away this many times the bound may wait: minutes of an ordinary day's bookings. */
export const AWAY_FACTOR = 4;

/**
 * Up to `bound` bookings may wait. Past that, as after an hour without Temporal, half as many are taken as begin: the
 * backlog shrinks, and nobody who comes now and then is sent away.
 */
export function roomFor({ waiting, begun, temporalAway }: Backlog, bound: number): number {
  if (temporalAway) return Math.max(0, AWAY_FACTOR * bound - waiting);
  return Math.max(bound - waiting, Math.floor(begun / 2), 0);
}
