// Rule 3: how a search ends without a pilot, and what everybody is told, word for word.
import { declineByTap } from '../../dispatch/answer-offer.js';
import { setAvailability } from '../../dispatch/availability.js';
import { waitingSearchesWithPilots } from '../../database/statements/claim.js';
import { setOnline } from '../../database/statements/pilots.js';
import type { SearchLimits } from '../../contract/limits.js';
import { expectAgreement } from '../support/agreement.js';
import {
  book,
  claim,
  customer,
  letPass,
  offerOf,
  openDispatch,
  type Fixture,
} from '../support/dispatch-fixture.js';
import { anIsoTime } from '../support/matchers.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

/** A booking whose user and operators can be listened to. */
async function heardBooking(limits: Partial<SearchLimits> = {}) {
  const place = freshPlace();
  const user = customer();
  const booking = await book(fixture, place, limits, user);
  return {
    place,
    booking,
    user: () => fixture.emitter.to(`user:${user.id}`),
    admin: () => fixture.emitter.to('admin:assignments', booking.id),
    decline: async () => {
      const offer = await offerOf(fixture, booking);
      await declineByTap(fixture.context, offer);
      return offer.pilotId;
    },
    search: async () =>
      (await fixture.query('SELECT * FROM searches WHERE booking_id = $1', [booking.id]))[0],
  };
}

const failure = (bookingId: string, seq: number, message: string) => ({
  bookingId,
  seq,
  message,
  canRetry: true,
  canCancel: true,
  at: anIsoTime,
});
const TIME_OVER = 'No drivers available at the moment. Would you like to try again?';

it('nobody near: booking:no_pilots, No pilots available in your area', async () => {
  const { booking, user, admin, search } = await heardBooking();
  const standing = await claim(fixture, booking);
  expect(standing).toMatchObject({
    kind: 'failed',
    reason: 'no_pilots',
    search: { searchNo: 1, triedPilotIds: [] },
  });
  const left = standing.kind === 'failed' ? standing.retryWindowLeftMs : 0;
  expect(left).toBeGreaterThan(1_790_000);
  expect(left).toBeLessThanOrEqual(1_800_000);
  expect(user()).toEqual([
    [
      'booking:created',
      {
        bookingId: booking.id,
        bookingNumber: booking.bookingNumber,
        status: 'PENDING',
        message: 'Booking created! Finding a driver...',
        seq: 1,
        at: anIsoTime,
      },
    ],
    [
      'booking:search_started',
      { bookingId: booking.id, message: 'Finding a driver for you...', seq: 2, at: anIsoTime },
    ],
    ['booking:no_pilots', failure(booking.id, 3, 'No pilots available in your area')],
  ]);
  expect(admin()).toEqual([
    [
      'booking:no_pilots',
      { bookingId: booking.id, reason: 'No pilots available in your area', triedPilots: 0, at: anIsoTime },
    ],
  ]);
  expect(await search()).toMatchObject({
    outcome: 'no_pilots',
    ended_at: expect.any(Date),
    waiting_until: null,
  });
});

it('as many tried as the booking allows: Maximum retry attempts reached', async () => {
  const { place, booking, user, admin, decline } = await heardBooking({ maxPilots: 2 });
  for (const km of [1, 2, 3]) await addPilot(fixture, place, { km });
  await decline();
  await decline();
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'failed', reason: 'no_pilots' });
  expect(user().at(-1)).toEqual([
    'booking:no_pilots',
    failure(booking.id, 7, 'Maximum retry attempts reached'),
  ]);
  expect(admin()).toEqual([
    [
      'booking:no_pilots',
      { bookingId: booking.id, reason: 'Maximum retry attempts reached', triedPilots: 2, at: anIsoTime },
    ],
  ]);
});

it('the number of tries is looked at before the time and before the neighbourhood', async () => {
  const { place, booking, user, decline } = await heardBooking({ maxPilots: 1, searchPatienceMs: 60_000 });
  await addPilot(fixture, place);
  await decline();
  await letPass(fixture, booking, 200_000);
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'failed', reason: 'no_pilots' });
  expect(user().at(-1)).toEqual([
    'booking:no_pilots',
    failure(booking.id, 5, 'Maximum retry attempts reached'),
  ]);
});

it('a pilot who went offline with the offer counts as tried', async () => {
  const { place, booking } = await heardBooking({ maxPilots: 1 });
  const pilot = await addPilot(fixture, place);
  await addPilot(fixture, place, { km: 2 });
  await offerOf(fixture, booking);
  await setAvailability(fixture.context, { pilotId: pilot, online: false });
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'failed', search: { triedPilotIds: [pilot] } });
});

it('the time over between two offers: booking:search_timeout', async () => {
  const { place, booking, user, admin, decline, search } = await heardBooking();
  await addPilot(fixture, place);
  await addPilot(fixture, place, { km: 2 });
  await decline();
  await letPass(fixture, booking, 120_001);
  expect(await claim(fixture, booking)).toMatchObject({ kind: 'failed', reason: 'search_timeout' });
  expect(user().at(-1)).toEqual(['booking:search_timeout', failure(booking.id, 5, TIME_OVER)]);
  expect(admin()).toEqual([
    ['booking:search_timeout', { bookingId: booking.id, triedPilots: 1, at: anIsoTime }],
  ]);
  expect(await search()).toMatchObject({ outcome: 'search_timeout' });
});

describe('with patience', () => {
  it('a search with nobody left waits that long and then ends for want of pilots', async () => {
    const { booking, user, search } = await heardBooking({ searchPatienceMs: 10_000 });
    const first = await claim(fixture, booking);
    expect(first).toMatchObject({ kind: 'waiting', until: 'patience' });
    const waitMs = first.kind === 'waiting' ? first.waitMs : 0;
    expect(waitMs).toBeGreaterThan(9_500);
    expect(waitMs).toBeLessThanOrEqual(10_000);
    expect(user().map(([event]) => event)).toEqual(['booking:created', 'booking:search_started']);
    await letPass(fixture, booking, 4_000);
    const second = await claim(fixture, booking);
    expect(second.kind === 'waiting' && second.waitMs <= 6_000 && second.waitMs > 5_000).toBe(true);
    await letPass(fixture, booking, 6_000);
    expect(await claim(fixture, booking)).toMatchObject({ kind: 'failed', reason: 'no_pilots' });
    expect(user().at(-1)).toEqual([
      'booking:no_pilots',
      failure(booking.id, 3, 'No pilots available in your area'),
    ]);
    expect(await search()).toMatchObject({ outcome: 'no_pilots', waiting_until: null });
  });

  it("it waits at most to the search's end, and then the time is over", async () => {
    const { booking, user } = await heardBooking({ searchPatienceMs: 600_000 });
    const first = await claim(fixture, booking);
    expect(first.kind === 'waiting' && first.waitMs > 119_000 && first.waitMs <= 120_000).toBe(true);
    await letPass(fixture, booking, 120_001);
    expect(await claim(fixture, booking)).toMatchObject({ kind: 'failed', reason: 'search_timeout' });
    expect(user().at(-1)).toEqual(['booking:search_timeout', failure(booking.id, 3, TIME_OVER)]);
  });

  it('a pilot who comes ends the wait; when he declines, it begins anew', async () => {
    const { place, booking, decline, search } = await heardBooking({ searchPatienceMs: 10_000 });
    await claim(fixture, booking);
    await letPass(fixture, booking, 9_000);
    const pilot = await addPilot(fixture, place);
    expect(await decline()).toBe(pilot);
    expect(await search()).toMatchObject({ waiting_until: null });
    const again = await claim(fixture, booking);
    expect(again.kind === 'waiting' && again.waitMs > 9_000).toBe(true);
  });

  it('it is heard of a pilot who comes, and only of one whom it could ask', async () => {
    const { place, booking } = await heardBooking({ searchPatienceMs: 60_000, maxRadiusKm: 10 });
    const heard = async () => (await heardOf()).includes(booking.id);
    const tried = await addPilot(fixture, place);
    await declineByTap(fixture.context, await offerOf(fixture, booking));
    expect(await claim(fixture, booking)).toMatchObject({
      kind: 'waiting',
      search: { triedPilotIds: [tried] },
    });
    await addPilot(fixture, place, { vehicleTypeId: 'van' });
    await addPilot(fixture, place, { km: 10.1 });
    const offline = await addPilot(fixture, place, { km: 9.9 });
    await setOnline(fixture.source.manager, offline, false);
    expect(await heard()).toBe(false);
    await setOnline(fixture.source.manager, offline, true);
    expect(await heard()).toBe(true);
    expect(await offerOf(fixture, booking)).toMatchObject({ pilotId: offline, number: 2 });
    expect(await heard()).toBe(false);
  });

  it('a search without patience, or one that ended, is not woken', async () => {
    const { place, booking } = await heardBooking();
    await claim(fixture, booking);
    await addPilot(fixture, place);
    expect(await heardOf()).not.toContain(booking.id);
  });
});

/** The bookings whose waiting search would hear of a pilot now. */
async function heardOf(): Promise<string[]> {
  return (await waitingSearchesWithPilots(fixture.source.manager, null, 1_000)).bookingIds;
}

it('the time of a search starts with its first claim, once', async () => {
  const { booking, search, user } = await heardBooking({ searchPatienceMs: 60_000 });
  expect(await search()).toMatchObject({ started_at: null, ends_at: null, outcome: null });
  await claim(fixture, booking);
  const begun = await search();
  await claim(fixture, booking);
  expect(await search()).toEqual(begun);
  const { started_at: from, ends_at: to } = begun as { started_at: Date; ends_at: Date };
  expect(to.getTime() - from.getTime()).toBe(120_000);
  expect(user().filter(([event]) => event === 'booking:search_started')).toHaveLength(1);
});
