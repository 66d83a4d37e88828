/** Where a process may be told to die, and how `FAILPOINT` says it. */

/** Lines of the API, then lines of the worker; a process passes over those of the other. */
export const FAILPOINTS = [
  'after-booking-commit',
  'after-workflow-start',
  'offer-before-commit',
  'offer-before-send',
  'claimNextPilot',
  'settleOffer',
  'retrySearch',
  'cancelBooking',
  'expireBooking',
  'readStanding',
] as const;
export type FailpointName = (typeof FAILPOINTS)[number];

/** The process ends when it passes the line for the `turn`th time. */
export interface Failpoint {
  name: FailpointName;
  turn: number;
}

/** Reads `name` or `name:turn`; null for anything else. Pure. */
export function readFailpoint(text: string): Failpoint | null {
  const [, word = '', turn = '1'] = /^([\w-]+)(?::([1-9]\d{0,5}))?$/.exec(text) ?? [];
  const name = FAILPOINTS.find((one) => one === word);
  return name === undefined ? null : { name, turn: Number(turn) };
}
