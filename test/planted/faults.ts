/**
 * Faults that are planted to see that the tests find them. Each is a small change of named sources, and names the tests
 * that must turn red. `npm run test:planted` plants them in a copy; test/unit/planted.test.ts sees that they still fit.
 */

export interface Patch {
  file: string;
  find: string;
  replace: string;
}

export interface PlantedFault {
  name: string;
  patches: Patch[];
  /** Files of tests, below the root. */
  tests: string[];
  /** Of these files, the tests whose names hold this; all without it. */
  only?: string;
}

export const PLANTED_FAULTS: readonly PlantedFault[] = [
  {
    name: 'no outbox line: who commits tells Temporal, or nobody does',
    patches: [
      {
        file: 'dispatch/context.ts',
        find: 'this.waitAtTheEnd(insertOutboxLine(this.manager, line)',
        replace:
          "this.waitAtTheEnd((kind === 'start' ? " +
          "Promise.resolve({ id: '0', booking_id: bookingId, kind, payload, attempts: 0 } as unknown as OutboxRow) : " +
          'insertOutboxLine(this.manager, line))',
      },
    ],
    tests: ['test/database/outbox-relay.test.ts', 'test/journey/failpoints.test.ts'],
    only: 'F1 · ',
  },
  {
    name: 'no unique index on the live offer or job of a pilot',
    patches: [
      {
        file: 'database/migrations/1763856000000-first-tables.ts',
        find: 'CREATE UNIQUE INDEX ux_offers_live_pilot',
        replace: 'CREATE INDEX ux_offers_live_pilot',
      },
    ],
    tests: ['test/database/rule-2-races.test.ts'],
  },
  {
    name: 'accept does not look at the end of the offer',
    patches: [
      {
        file: 'database/statements/offers.ts',
        find:
          "UPDATE offers SET status = 'ACCEPTED', accepted_at = clock_timestamp()\n" +
          "     WHERE id = $1 AND pilot_id = $2 AND status = 'OFFERED' AND expires_at > clock_timestamp()",
        replace:
          "UPDATE offers SET status = 'ACCEPTED', accepted_at = clock_timestamp()\n" +
          "     WHERE id = $1 AND pilot_id = $2 AND status = 'OFFERED'",
      },
    ],
    tests: ['test/database/rule-8-accept.test.ts', 'test/database/rule-8-races.test.ts'],
    only: 'F1[12] · ',
  },
  {
    name: 'a workflow that ended well may be started again',
    patches: [
      {
        file: 'src/assignment-client/assignment-client.ts',
        find: "'ALLOW_DUPLICATE' = 'ALLOW_DUPLICATE_FAILED_ONLY'",
        replace: "'ALLOW_DUPLICATE' = 'ALLOW_DUPLICATE'",
      },
    ],
    tests: ['test/workflows/new-run.test.ts'],
    only: 'F18 · ',
  },
  {
    name: 'a signal handler that throws',
    patches: [
      {
        file: 'workflows/inbox.ts',
        find: "log.warn('signal ignored: offerId and pilotId must be uuids', { signal: answer });\n    return;",
        replace: "throw new Error('offerId and pilotId must be uuids');",
      },
    ],
    tests: ['test/journey/by-hand.test.ts'],
    only: 'by the CLI do what the calls do',
  },
  {
    name: 'a claim that makes another offer when it runs again',
    patches: [
      {
        file: 'dispatch/claim-next-pilot.ts',
        find: 'selectBeforeClaim(tx.manager, step.bookingId, step.offerId)',
        replace: 'selectBeforeClaim(tx.manager, step.bookingId, crypto.randomUUID())',
      },
      {
        file: 'dispatch/claim-next-pilot.ts',
        find: 'askOrFail(tx, booking, found, step.offerId)',
        replace: 'askOrFail(tx, booking, found, crypto.randomUUID())',
      },
    ],
    tests: ['test/database/activities-twice.test.ts'],
    only: 'claimNextPilot|used-up offer id',
  },
  {
    name: 'the idempotency key of an earlier booking is not looked at',
    patches: [
      {
        file: 'dispatch/create-booking.ts',
        find: 'used === null ? null : answer(manager, bookingOf(used, hashOf(request.body)))',
        replace: 'used === null ? null : null',
      },
      {
        file: 'dispatch/create-booking.ts',
        find: 'used === null ? null : bookingOf(used, bodyHash)',
        replace: 'used === null ? null : (void bookingOf, null)',
      },
    ],
    tests: ['test/database/idempotency.test.ts'],
    only: 'F2 · ',
  },
  {
    name: 'cancel and retry do not lock the booking',
    patches: [
      {
        file: 'dispatch/cancel-booking.ts',
        find: 'booking: (await lockBooking(tx.manager, bookingId)) as BookingRow',
        replace: 'booking: (await findBooking(tx.manager, bookingId)) as BookingRow',
      },
    ],
    tests: ['test/database/rule-8-races.test.ts', 'test/database/rule-4-retry.test.ts'],
    only: 'F1[37] · ',
  },
  {
    name: 'two relays take the same lines',
    patches: [
      {
        file: 'database/statements/outbox.ts',
        find: 'ORDER BY due_at LIMIT $1\n       FOR UPDATE SKIP LOCKED)',
        replace: 'ORDER BY due_at LIMIT $1)',
      },
    ],
    tests: ['test/database/outbox.test.ts'],
    only: 'F15 · ',
  },
  {
    name: 'a retry begins a search although one runs',
    patches: [
      {
        file: 'dispatch/retry-search.ts',
        find: 'if (found === null || found.outcome === null) return null;',
        replace: 'if (found === null) return null;',
      },
    ],
    tests: ['test/database/rule-4-retry.test.ts'],
    only: 'F17 · ',
  },
  {
    name: "a pilot answers another's offer",
    patches: [
      {
        file: 'database/statements/bookings.ts',
        find: 'FROM offers WHERE id = $1 AND pilot_id = $2)',
        replace: 'FROM offers WHERE id = $1 AND $2::uuid IS NOT NULL)',
      },
    ],
    tests: ['test/database/rule-8-accept.test.ts'],
  },
  {
    name: 'the claim forgets who was tried in this search',
    patches: [
      {
        file: 'database/statements/claim.ts',
        find: "(tried.search_no = $2 OR tried.end_reason = 'released')",
        replace: "(tried.search_no > $2 OR tried.end_reason = 'released')",
      },
    ],
    tests: ['test/database/crowded-cell.test.ts', 'test/database/rule-3-search-ends.test.ts'],
  },
];

/**
 * Plants patches in the text of one file. Pure. Throws when a text is not there, or more than once: the source has
 * changed, and the fault must follow it.
 */
export function plant(file: string, source: string, patches: readonly Patch[]): string {
  return patches.reduce((text, { find, replace }) => {
    const found = text.split(find).length - 1;
    if (found !== 1) throw new Error(`${file} holds ${found} times, not once: ${find}`);
    return text.replace(find, () => replace);
  }, source);
}
