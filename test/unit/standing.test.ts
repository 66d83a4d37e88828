// What a row means for the workflow: every status, every end of a search.
import fc from 'fast-check';
import { DEFAULT_LIMITS } from '../../contract/limits.js';
import {
  BOOKING_STATUSES,
  FINAL_STATUSES,
  LIVE_JOB_STATUSES,
  SEARCH_OUTCOMES,
  isOneOf,
} from '../../contract/words.js';
import type { StandingRow } from '../../database/statements/searches.js';
import { toStanding } from '../../dispatch/standing.js';

const START = new Date('2026-11-23T10:00:00.000Z');
const END = new Date('2026-11-23T10:02:00.000Z');
const row = (change: Partial<StandingRow> = {}): StandingRow => ({
  status: 'PENDING',
  pilot_id: null,
  search_no: 2,
  limits: DEFAULT_LIMITS,
  outcome: null,
  started_at: START,
  ends_at: END,
  waiting_until: null,
  held_at: null,
  paused: false,
  search_left_ms: 100_000,
  retry_left_ms: null,
  offer_id: null,
  offer_pilot_id: null,
  offer_number: null,
  offer_expires_at: null,
  offer_left_ms: null,
  tried_pilot_ids: ['pilot-1', 'pilot-2'],
  ...change,
});
const OFFER = {
  offer_id: 'offer-1',
  offer_pilot_id: 'pilot-2',
  offer_number: 2,
  offer_expires_at: new Date('2026-11-23T10:00:45.000Z'),
  offer_left_ms: 12_345,
};
const search = {
  searchNo: 2,
  startedAt: '2026-11-23T10:00:00.000Z',
  endsAt: '2026-11-23T10:02:00.000Z',
  triedPilotIds: ['pilot-1', 'pilot-2'],
};

it('PENDING without an offer: searching, also before its first claim', () => {
  expect(toStanding(row())).toEqual({ kind: 'searching', search });
  expect(toStanding(row({ started_at: null, ends_at: null, tried_pilot_ids: [] }))).toEqual({
    kind: 'searching',
    search: { searchNo: 2, startedAt: null, endsAt: null, triedPilotIds: [] },
  });
});

it("PENDING with a live offer: offered, with what is left by Postgres' clock", () => {
  expect(toStanding(row(OFFER))).toEqual({
    kind: 'offered',
    search,
    offer: {
      offerId: 'offer-1',
      pilotId: 'pilot-2',
      number: 2,
      expiresAt: '2026-11-23T10:00:45.000Z',
      remainingMs: 12_345,
    },
  });
});

it.each(['no_pilots', 'search_timeout'] as const)(
  'PENDING after %s: failed, with what is left of the retry window',
  (outcome) => {
    expect(toStanding(row({ outcome, retry_left_ms: 99 }))).toEqual({
      kind: 'failed',
      search,
      reason: outcome,
      retryWindowLeftMs: 99,
    });
    expect(toStanding(row({ outcome, retry_left_ms: null }))).toMatchObject({ retryWindowLeftMs: 0 });
  },
);

it.each(LIVE_JOB_STATUSES)('%s: assigned, with its pilot', (status) => {
  expect(toStanding(row({ status, pilot_id: 'pilot-2', outcome: 'assigned' }))).toEqual({
    kind: 'assigned',
    search,
    pilotId: 'pilot-2',
    status,
  });
});

it.each(FINAL_STATUSES)('%s: closed, whoever was its pilot', (status) => {
  expect(toStanding(row({ status, pilot_id: 'pilot-2', outcome: 'cancelled' }))).toEqual({
    kind: 'closed',
    search,
    status,
  });
});

it('whatever the row, the kind follows from the status, and times are ISO or null', () => {
  const anyRow = fc.record({
    status: fc.constantFrom(...BOOKING_STATUSES),
    outcome: fc.option(fc.constantFrom(...SEARCH_OUTCOMES)),
    offered: fc.boolean(),
    started: fc.boolean(),
  });
  fc.assert(
    fc.property(anyRow, ({ status, outcome, offered, started }) => {
      const times = started ? {} : { started_at: null, ends_at: null };
      const standing = toStanding(
        row({ status, outcome, pilot_id: 'p', ...times, ...(offered ? OFFER : {}) }),
      );
      if (isOneOf(FINAL_STATUSES, status)) expect(standing.kind).toBe('closed');
      else if (status !== 'PENDING') expect(standing.kind).toBe('assigned');
      else expect(['searching', 'offered', 'failed']).toContain(standing.kind);
      expect(standing.search.endsAt).toBe(started ? search.endsAt : null);
      // It crosses to the workflow as JSON: nothing may change on the way.
      expect(JSON.parse(JSON.stringify(standing))).toEqual(standing);
    }),
  );
});
