// The six scenarios of the issue, through real processes, as user and pilots live them.
import { Cast, type PilotActor } from '../support/actors.js';
import { freshPlace, northOf } from '../support/places.js';
import { System } from '../support/system.js';
import { eventually, never } from '../support/waiting.js';

/** Rule 9: with nothing down, an ended offer or search is acted upon within this. */
const ACTED_WITHIN_MS = 1_500;

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start();
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

const timeOf = (event: { at: string }): number => Date.parse(event.at);

test('success: booked, offered, accepted, delivered', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place, name: 'Pat' })];
  const { id } = await user.book(place);
  const offer = await pilot.offered(id);
  expect((await pilot.accept(offer.offerId)).status).toBe(200);
  await user.hears('booking:driver_assigned', (one) => one['bookingId'] === id);
  await pilot.hears('job:assigned', (one) => one['id'] === id);
  for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
    expect((await pilot.step(id, status)).status).toBe(200);
  expect(await user.eventNames(id)).toEqual([
    ...['created', 'search_started', 'offer_sent', 'driver_assigned'],
    ...['status', 'status', 'status', 'status'],
  ]);
  expect(await user.booking(id)).toMatchObject({ status: 'DELIVERED', pilot: { name: 'Pat' } });
  // The workflow ends with the booking.
  await eventually('the workflow to end', async () => {
    const { status } = await system.temporal.client.workflow.getHandle(`booking-${id}`).describe();
    return status.name === 'COMPLETED';
  });
});

test('decline: the next pilot is asked at once', async () => {
  const place = freshPlace();
  const user = await cast.user();
  const near = await cast.pilot({ at: northOf(place, 0.1) });
  const next = await cast.pilot({ at: northOf(place, 0.5) });
  const { id } = await user.book(place);
  const declined = Date.now();
  expect((await near.decline((await near.offered(id)).offerId)).status).toBe(200);
  const second = await next.offered(id);
  expect(Date.parse(second.serverTime) - declined).toBeLessThan(ACTED_WITHIN_MS);
  expect((await next.accept(second.offerId)).status).toBe(200);
  expect(await user.eventNames(id)).toEqual([
    ...['created', 'search_started', 'offer_sent', 'offer_declined', 'offer_sent', 'driver_assigned'],
  ]);
  expect((await user.assignment(id)).triedPilots).toBe(2);
});

test('offer timeout: the pilot is told, the next one is asked within 1.5 s of the end', async () => {
  const place = freshPlace();
  const user = await cast.user();
  const silent = await cast.pilot({ at: northOf(place, 0.1) });
  const next = await cast.pilot({ at: northOf(place, 0.5) });
  const { id } = await user.book(place);
  const offer = await silent.offered(id);
  const told = await silent.hears('offer:expired', (one) => one['offerId'] === offer.offerId);
  expect(told.payload['reason']).toBe('timeout');
  const second = await next.offered(id);
  const end = Date.parse(offer.expiresAt);
  const expired = await user.event(id, 'booking:offer_expired');
  for (const acted of [timeOf(expired), Date.parse(second.serverTime)]) {
    expect(acted).toBeGreaterThanOrEqual(end);
    expect(acted - end).toBeLessThan(ACTED_WITHIN_MS);
  }
  expect(await silent.accept(offer.offerId)).toMatchObject({ status: 409, body: { code: 'offer_expired' } });
});

test('no pilots, then retry: a new search with an empty tried list finds the one who came', async () => {
  const place = freshPlace();
  const user = await cast.user();
  const { id } = await user.book(place);
  const nobody = await user.hears('booking:no_pilots', (one) => one['bookingId'] === id);
  expect(nobody.payload['message']).toBe('No pilots available in your area');
  expect(await user.assignment(id)).toMatchObject({ status: 'failed', canRetry: true, isSearching: false });
  const pilot = await cast.pilot({ at: place });
  expect(await user.retry(id)).toMatchObject({
    status: 200,
    body: { success: true, message: 'Searching for drivers again...' },
  });
  const offer = await pilot.offered(id);
  expect((await pilot.accept(offer.offerId)).status).toBe(200);
  const events = await user.events(id);
  expect(events.map((one) => one.event.slice('booking:'.length))).toEqual([
    ...['created', 'search_started', 'no_pilots', 'search_started', 'offer_sent', 'driver_assigned'],
  ]);
  expect(events[3]?.payload['message']).toBe('Searching for drivers again...');
  expect(events[4]?.payload['pilotNumber']).toBe(1);
});

test('search timeout with a live offer: the offer goes with the search, one event tells it', async () => {
  const place = freshPlace();
  await system.startApi({ OFFER_TIMEOUT_MS: '4000', SEARCH_TIMEOUT_MS: '7500' });
  const user = await cast.user();
  user.door = 1;
  const pilots = await Promise.all([0.1, 0.2, 0.3].map((km) => cast.pilot({ at: northOf(place, km) })));
  const { id } = await user.book(place);
  const { searchEndsAt } = await eventually('the search to begin', async () => {
    const found = await user.assignment(id);
    return found.searchEndsAt !== null && found;
  });
  // The second offer is cut short by the search's end.
  const { offerId } = await (pilots[1] as PilotActor).offered(id);
  const ended = await user.event(id, 'booking:search_timeout');
  const end = Date.parse(searchEndsAt ?? '');
  expect(timeOf(ended) - end).toBeGreaterThanOrEqual(0);
  expect(timeOf(ended) - end).toBeLessThan(ACTED_WITHIN_MS);
  const heard = await pilots[1]?.hears('offer:expired', (one) => one['offerId'] === offerId);
  expect(heard?.payload).toMatchObject({ reason: 'search_timeout' });
  expect((await user.eventNames(id)).at(-2)).toBe('offer_sent');
  expect(await user.assignment(id)).toMatchObject({ status: 'failed', canRetry: true });
  for (const pilot of pilots) expect(await pilot.offers()).toEqual([]);
});

test('cancel during the search: offer withdrawn, pilot told and free, nobody else asked', async () => {
  const place = freshPlace();
  const user = await cast.user();
  const first = await cast.pilot({ at: northOf(place, 0.1) });
  const second = await cast.pilot({ at: northOf(place, 0.2) });
  const { id } = await user.book(place);
  const offer = await first.offered(id);
  expect(await user.cancel(id)).toMatchObject({ status: 200, body: { status: 'CANCELLED' } });
  const told = await first.hears('offer:expired', (one) => one['offerId'] === offer.offerId);
  expect(told.payload['reason']).toBe('cancelled');
  expect(await first.accept(offer.offerId)).toMatchObject({
    status: 409,
    body: { code: 'booking_cancelled' },
  });
  await never('another offer', () => second.socket.of('booking:offer', id).length > 0, 1_000);
  expect((await user.eventNames(id)).slice(-2)).toEqual(['offer_sent', 'cancelled']);
  const { id: other } = await user.book(place);
  expect((await first.offered(other)).bookingId).toBe(other);
});
