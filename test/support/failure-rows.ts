/**
 * What goes wrong and who attacks, by number. Each row has a test whose title begins with its number (`F10 · …`; one
 * title may carry several), or a written reason why it has none. Pure data.
 */

export type RowId = `${'F' | 'S'}${number}`;

/** Every row, in order, with what happens. */
export const FAILURE_ROWS: Readonly<Record<RowId, string>> = {
  F1: "API dies after the booking's commit, before the workflow's start",
  F2: 'API dies after the start, before the answer',
  F3: 'worker dies between claim and the offer being sent',
  F4: 'worker dies after commit, before it reports',
  F5: 'worker frozen 4 to 15 s, its stale attempts run later',
  F6: 'Postgres restarts during a claim',
  F7: 'Postgres killed: was it committed?',
  F8: 'Temporal restarts during an offer',
  F9: 'API cannot reach Temporal for a minute',
  F10: 'the same accept from two devices',
  F11: 'accept within 50 ms of the end',
  F12: 'accept after the end, workers down the while',
  F13: 'accept and cancel at once',
  F14: 'many bookings, few pilots',
  F15: 'start sent twice, relay running twice',
  F16: "pilot's phone freezes or loses the network during an offer",
  F17: 'retry pressed twenty times',
  F18: 'signal to a closed workflow',
  F19: 'client reconnects during an offer',
  F20: 'a socket process dies',
  F21: 'the adapter loses its listening connection',
  F22: 'wrong clocks: API, worker, phone',
  F23: 'poisoned input at any door',
  F24: '500,000 pilots in one cell, all decline',
  F25: 'new workflow code with bookings in flight',
  F26: 'one pilot sends 10,500 declines',
  F27: 'operator terminates, cancels, resets or signals from the Web UI',
  F28: '`booking:offer` never reaches the phone',
  F29: 'rolling restart',
  F30: 'five times the load for a minute',
  F31: 'decline races accept; a stale decline',
  F32: 'disk full',
  S1: "another's booking read, cancelled, retried",
  S2: "another pilot's offer accepted",
  S3: "a user on a pilot's route and the like",
  S4: '`status`, `pilotId`, `round` in a body',
  S5: 'too much shown, by role and state',
  S6: 'forged tokens',
  S7: 'a revoked or expired token on a live socket',
  S8: 'a socket without login gets events',
  S9: 'one packet kills the process',
  S10: 'a foreign origin opens a socket',
  S11: 'floods: bookings, accepts, positions, connects',
  S12: 'hoarding: book and cancel, accept and give back, in loops',
  S13: 'positions that jump 1,000 km/h',
  S14: 'a captured request played again',
  S15: 'SQL injection in sort, filter, search',
  S16: 'an open Temporal port',
  S17: 'personal data in ids, histories, logs, metrics',
  S18: 'an operator who spies',
  S19: 'old tracks',
  S20: 'stacks and versions in errors',
  S21: 'forged `X-Forwarded-For`',
  S22: "the adapter's channel",
  S23: '403 or 404 tells who exists',
  S24: 'dependencies',
};

/** Rows that truly cannot have a test here, and why. */
export const REASONS: Readonly<Partial<Record<RowId, string>>> = {};

/** Rows whose tests are being written. A row leaves this list with its first test; the list ends empty. */
export const PENDING: readonly RowId[] = ['F25', 'F27'];
