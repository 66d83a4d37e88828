// Rule 4: retry begins a new search, for its user or an operator, while the booking is PENDING.
import { readAssignment } from '../../dispatch/reads.js';
import { cancelByCaller } from '../../dispatch/cancel-booking.js';
import { acceptByTap, declineByTap } from '../../dispatch/answer-offer.js';
import { retryByCaller, retryBySignal } from '../../dispatch/retry-search.js';
import { expireBooking } from '../../dispatch/sweeps.js';
import type { SearchLimits } from '../../contract/limits.js';
import { expectAgreement } from '../support/agreement.js';
import { inCrowd, upTo } from '../support/crowd.js';
import {
  book,
  claim,
  customer,
  letPass,
  offerOf,
  openDispatch,
  type Fixture,
} from '../support/dispatch-fixture.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

const AGAIN = { success: true, message: 'Searching for drivers again...' };

async function booked(limits: Partial<SearchLimits> = {}) {
  const place = freshPlace();
  const user = customer();
  const booking = await book(fixture, place, limits, user);
  const caller = { type: 'user' as const, id: user.id };
  return {
    place,
    booking,
    caller,
    retry: () => retryByCaller(fixture.context, { bookingId: booking.id, caller }),
    searches: () =>
      fixture.query(
        'SELECT search_no, origin, outcome FROM searches WHERE booking_id = $1 ORDER BY search_no',
        [booking.id],
      ),
    events: () =>
      fixture.emitter.to(`user:${user.id}`).map(([event, payload]) => [event, payload['message']]),
    lines: async () =>
      (
        await fixture.query('SELECT kind, payload FROM outbox WHERE booking_id = $1 ORDER BY id', [
          booking.id,
        ])
      ).map((line) => [line['kind'], line['payload']]),
  };
}

it('after a failed search: a new one, with an empty tried list and new timers', async () => {
  const { place, booking, retry, searches, events, caller } = await booked();
  const pilot = await addPilot(fixture, place);
  await declineByTap(fixture.context, await offerOf(fixture, booking));
  await claim(fixture, booking);
  await letPass(fixture, booking, 100_000);
  expect(await retry()).toEqual(AGAIN);
  expect(await readAssignment(fixture.context, booking.id, caller)).toEqual({
    bookingId: booking.id,
    isSearching: true,
    triedPilots: 0,
    status: 'searching',
    elapsedMs: 0,
    searchEndsAt: null,
    canRetry: false,
    canCancel: true,
  });
  const standing = await claim(fixture, booking);
  expect(standing).toMatchObject({
    kind: 'offered',
    search: { searchNo: 2, triedPilotIds: [pilot] },
    offer: { pilotId: pilot, number: 1 },
  });
  const left = Date.parse(standing.search.endsAt ?? '') - Date.parse(standing.search.startedAt ?? '');
  expect(left).toBe(120_000);
  expect(await searches()).toEqual([
    { search_no: 1, origin: 'booking', outcome: 'no_pilots' },
    { search_no: 2, origin: 'retry', outcome: null },
  ]);
  expect(events().slice(-2)).toEqual([
    ['booking:search_started', 'Searching for drivers again...'],
    ['booking:offer_sent', 'Offer sent to driver 1...'],
  ]);
});

it('while a search runs it starts nothing and succeeds', async () => {
  const { retry, searches, events, lines, booking } = await booked();
  const before = events().length;
  expect(await retry()).toEqual(AGAIN);
  expect(await searches()).toEqual([{ search_no: 1, origin: 'booking', outcome: null }]);
  expect(events()).toHaveLength(before);
  // The workflow is told all the same: if it is gone, this brings it back.
  expect((await lines()).at(-1)).toEqual(['retry', { by: 'user', searchNo: 1 }]);
  expect(await claim(fixture, booking)).toMatchObject({ search: { searchNo: 1 } });
});

it('F17 · twenty at once begin one search', async () => {
  const { booking, retry, searches } = await booked();
  await claim(fixture, booking);
  const answers = await inCrowd(20, upTo(20), retry);
  expect(answers).toEqual(upTo(20).map(() => AGAIN));
  expect(await searches()).toHaveLength(2);
});

it('an operator may retry, and it is audited; a user is not', async () => {
  const { booking, retry } = await booked();
  const admin = customer().id;
  const audit = () =>
    fixture.query('SELECT actor, action, details FROM audit_entries WHERE booking_id = $1', [booking.id]);
  await claim(fixture, booking);
  await retry();
  expect(await audit()).toEqual([]);
  await claim(fixture, booking);
  await retryByCaller(fixture.context, { bookingId: booking.id, caller: { type: 'admin', id: admin } });
  expect(await audit()).toEqual([
    { actor: admin, action: 'retry', details: { searchNo: 3, actorType: 'admin' } },
  ]);
});

describe('404', () => {
  const notFound = { name: 'NotFoundError' };

  it('for another user, for no such booking', async () => {
    const { booking, searches } = await booked();
    await claim(fixture, booking);
    const stranger = { type: 'user' as const, id: customer().id };
    await expect(
      retryByCaller(fixture.context, { bookingId: booking.id, caller: stranger }),
    ).rejects.toMatchObject(notFound);
    await expect(
      retryByCaller(fixture.context, { bookingId: stranger.id, caller: stranger }),
    ).rejects.toMatchObject(notFound);
    expect(await searches()).toHaveLength(1);
  });

  it('for a booking that is assigned, cancelled or expired: nothing is revived', async () => {
    const assigned = await booked();
    await addPilot(fixture, assigned.place);
    await acceptByTap(fixture.context, await offerOf(fixture, assigned.booking));
    const cancelled = await booked();
    await cancelByCaller(fixture.context, {
      bookingId: cancelled.booking.id,
      caller: cancelled.caller,
      ageMs: 0,
    });
    const expired = await booked({ retryWindowMs: 10 });
    await claim(fixture, expired.booking);
    await letPass(fixture, expired.booking, 20);
    expect(await expireBooking(fixture.context, { bookingId: expired.booking.id })).toMatchObject({
      kind: 'closed',
    });
    for (const one of [assigned, cancelled, expired]) {
      const before = await one.lines();
      await expect(one.retry()).rejects.toMatchObject(notFound);
      expect(await one.searches()).toHaveLength(1);
      expect(await one.lines()).toEqual(before);
      const { kind } = await retryBySignal(fixture.context, {
        bookingId: one.booking.id,
        by: 'operator',
        afterSearchNo: 1,
      });
      expect(['assigned', 'closed']).toContain(kind);
      expect(await one.searches()).toHaveLength(1);
    }
  });
});

describe('a booking that nobody retried', () => {
  it('expires when the window is over, not before: booking:status EXPIRED, once', async () => {
    const { booking, events } = await booked({ retryWindowMs: 60_000 });
    await claim(fixture, booking);
    expect(await expireBooking(fixture.context, { bookingId: booking.id })).toMatchObject({ kind: 'failed' });
    await letPass(fixture, booking, 60_001);
    for (const _time of upTo(2))
      expect(await expireBooking(fixture.context, { bookingId: booking.id })).toMatchObject({
        kind: 'closed',
        status: 'EXPIRED',
      });
    expect(events().slice(3)).toEqual([['booking:status', 'Your booking has expired.']]);
  });

  it('does not expire while a search runs, however old', async () => {
    const { booking } = await booked({ retryWindowMs: 1, searchPatienceMs: 60_000 });
    await claim(fixture, booking);
    await letPass(fixture, booking, 10_000_000);
    expect(await expireBooking(fixture.context, { bookingId: booking.id })).toMatchObject({
      kind: 'searching',
    });
  });

  it('the window is counted from the end of the last failed search', async () => {
    const { booking, retry } = await booked({ retryWindowMs: 60_000 });
    await claim(fixture, booking);
    await letPass(fixture, booking, 50_000);
    await retry();
    const standing = await claim(fixture, booking);
    expect(standing.kind === 'failed' && standing.retryWindowLeftMs > 59_000).toBe(true);
  });
});
