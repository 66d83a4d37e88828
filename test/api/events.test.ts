// Every event of the contract: to whom, in which words, numbered from 1 without gaps.
import { MESSAGES, STATUS_MESSAGES } from '../../contract/messages.js';
import { Cast, type PilotActor, type User } from '../support/actors.js';
import { freshPlace, northOf } from '../support/places.js';
import {
  conformAll,
  expectAllReceived,
  inOrder,
  TO_OPERATOR,
  TO_PILOT,
  TO_USER,
} from '../support/received.js';
import type { RecordedSocket } from '../support/sockets.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

let system: System;
let cast: Cast;
let board: RecordedSocket;
beforeAll(async () => {
  system = await System.start({
    env: { OFFER_TIMEOUT_MS: '2500', SEARCH_TIMEOUT_MS: '20000', MAX_PILOTS: '3', JOB_STALE_MS: '4000' },
  });
  cast = new Cast(system);
  board = await (await cast.operator()).watch();
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});
// Whatever a test does, nobody may be sent what the contract does not say.
afterEach(() => conformAll(board, TO_OPERATOR));

test('the texts are those of the contract, word for word', () => {
  expect({ ...MESSAGES, offerSent: MESSAGES.offerSent(1), accepted: MESSAGES.accepted('Ann') }).toMatchObject(
    {
      created: 'Booking created! Finding a driver...',
      searchStarted: 'Finding a driver for you...',
      searchRestarted: 'Searching for drivers again...',
      offerSent: 'Offer sent to driver 1...',
      offerExpired: 'Driver did not respond. Finding another driver...',
      offerDeclined: 'Driver declined. Finding another driver...',
      accepted: 'Ann has accepted your booking!',
      maxPilots: 'Maximum retry attempts reached',
      nobodyNear: 'No pilots available in your area',
      searchTimeout: 'No drivers available at the moment. Would you like to try again?',
      cancelled: 'Your booking was cancelled.',
      released: 'Driver had to give your booking back. Finding another driver...',
      unreachable: 'We cannot reach your driver.',
    },
  );
  expect(MESSAGES.assignedByHand('Ann')).toBe('Ann is your driver.');
  expect(STATUS_MESSAGES.EXPIRED).toBe('Your booking has expired.');
});

/** Event and text of each stored event, in order. */
async function told(user: User, id: string): Promise<[string, unknown][]> {
  const events = await user.events(id);
  expect(events.map((one) => one.seq)).toEqual(events.map((_, index) => index + 1));
  await eventually('all events at the socket', () => inOrder(user.socket, id).length === events.length);
  expectAllReceived(user.socket, id, events);
  conformAll(user.socket, TO_USER);
  return events.map((one) => [one.event.slice('booking:'.length), one.payload['message']]);
}

/** The offer that a pilot got when he was asked again. */
function secondOffer(pilot: PilotActor, bookingId: string): Promise<string> {
  return eventually('a second offer', () => {
    return pilot.socket.of<{ offerId: string }>('booking:offer', bookingId)[1]?.offerId;
  });
}

test('a life with every turn: expired, declined, offline, released, retried, assigned, delivered', async () => {
  const place = freshPlace();
  const user = await cast.user({ name: 'Una', phone: '+15145550142' });
  const [silent, unwilling, gone] = [
    await cast.pilot({ at: northOf(place, 0.1) }),
    await cast.pilot({ at: northOf(place, 0.2) }),
    await cast.pilot({ at: northOf(place, 0.3) }),
  ];
  const { id, bookingNumber } = await user.book(place);
  await silent.hears('offer:expired', (one) => one['reason'] === 'timeout');
  await unwilling.decline((await unwilling.offered(id)).offerId);
  await gone.offered(id);
  await gone.setOnline(false);
  // Three pilots tried: that is looked at first.
  await user.event(id, 'booking:no_pilots');
  await user.retry(id);
  expect((await silent.accept(await secondOffer(silent, id))).status).toBe(200);
  await silent.release(id);
  expect((await unwilling.accept(await secondOffer(unwilling, id))).status).toBe(200);
  for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
    await unwilling.step(id, status);
  expect(await told(user, id)).toEqual([
    ['created', 'Booking created! Finding a driver...'],
    ['search_started', 'Finding a driver for you...'],
    ['offer_sent', 'Offer sent to driver 1...'],
    ['offer_expired', 'Driver did not respond. Finding another driver...'],
    ['offer_sent', 'Offer sent to driver 2...'],
    ['offer_declined', 'Driver declined. Finding another driver...'],
    ['offer_sent', 'Offer sent to driver 3...'],
    ['offer_expired', 'Driver did not respond. Finding another driver...'],
    ['no_pilots', 'Maximum retry attempts reached'],
    ['search_started', 'Searching for drivers again...'],
    ['offer_sent', 'Offer sent to driver 1...'],
    ['driver_assigned', 'Pilot has accepted your booking!'],
    ['driver_released', 'Driver had to give your booking back. Finding another driver...'],
    ['search_started', 'Finding a driver for you...'],
    ['offer_sent', 'Offer sent to driver 1...'],
    ['driver_assigned', 'Pilot has accepted your booking!'],
    ...['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'].map((status) => [
      'status',
      STATUS_MESSAGES[status as keyof typeof STATUS_MESSAGES],
    ]),
  ]);
  const events = await user.events(id);
  expect(events[0]?.payload).toMatchObject({ bookingNumber, status: 'PENDING' });
  expect(events[7]?.payload['reason']).toBe('offline');
  expect(events[3]?.payload).not.toHaveProperty('reason');
  expect(events[8]?.payload).toMatchObject({ canRetry: true, canCancel: true });
  for (const pilot of [silent, unwilling, gone]) conformAll(pilot.socket, TO_PILOT);
  expect(gone.socket.of('offer:expired', id)).toMatchObject([{ reason: 'offline' }]);
  // A decline tells its pilot nothing.
  expect(unwilling.socket.of('offer:expired', id)).toEqual([]);
  const [assigned] = unwilling.socket.of('job:assigned');
  expect(assigned).toMatchObject({ id, user: { name: 'Una', phone: '+15145550142' } });
});

test('driver_assigned: the card of the pilot, his way and the time for it', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: northOf(place, 2), name: 'Ada' })];
  const { id } = await user.book(place);
  await pilot.accept((await pilot.offered(id)).offerId);
  const { payload } = await user.event(id, 'booking:driver_assigned');
  expect(payload).toMatchObject({
    pilot: { id: pilot.id, name: 'Ada', phone: '+15145550111', avatar: null },
    ...{ distanceKm: 2, message: 'Ada has accepted your booking!' },
  });
  expect(payload['etaSeconds']).toBeGreaterThan(60);
  const heard = await board.arrival('booking:assigned', (one) => one['bookingId'] === id);
  expect(heard.payload).toMatchObject({ pilotId: pilot.id, pilotName: 'Ada' });
});

test('more than a thousand events are all there by REST, in order, from wherever one asks', async () => {
  const user = await cast.user();
  const { id } = await user.book(freshPlace());
  await user.event(id, 'booking:no_pilots');
  const [{ seq: before } = { seq: 0 }] = await system.rows<{ seq: number }>(
    'UPDATE bookings SET event_seq = event_seq + 2000 WHERE id = $1 RETURNING event_seq - 2000 AS seq',
    [id],
  );
  await system.rows(
    `INSERT INTO booking_events (booking_id, seq, event, payload, at)
     SELECT $1::uuid, $2::int + n, 'booking:search_started', jsonb_build_object('bookingId', $1::uuid, 'message', 'x'),
       clock_timestamp() FROM generate_series(1, 2000) n`,
    [id, before],
  );
  const seqs = async (query = '') =>
    (await user.expect<{ seq: number }[]>(200, 'GET', `/bookings/${id}/events${query}`)).map(
      ({ seq }) => seq,
    );
  const all = Array.from({ length: before + 2_000 }, (_, index) => index + 1);
  expect(await seqs()).toEqual(all);
  expect(await seqs('?after=900')).toEqual(all.slice(900));
  expect(await seqs(`?after=${all.length}`)).toEqual([]);
});

test('no_pilots and search_timeout reach the operators with the count of tries', async () => {
  const place = freshPlace();
  const user = await cast.user();
  const { id: lonely } = await user.book(freshPlace());
  const none = await board.arrival('booking:no_pilots', (one) => one['bookingId'] === lonely);
  expect(none.payload).toMatchObject({ reason: 'No pilots available in your area', triedPilots: 0 });
  const pilots = await Promise.all([1, 2, 3].map((km) => cast.pilot({ at: northOf(place, km) })));
  // Where an offer may last as long as its search, the search's end cuts the third one short.
  await system.startApi({ OFFER_TIMEOUT_MS: '4000', SEARCH_TIMEOUT_MS: '4000' });
  user.door = 1;
  const { id } = await user.book(place);
  for (const pilot of pilots.slice(0, 2)) await pilot.decline((await pilot.offered(id)).offerId);
  const late = await board.arrival('booking:search_timeout', (one) => one['bookingId'] === id);
  expect(late.payload).toMatchObject({ triedPilots: 3 });
  expect((await told(user, id)).at(-1)).toEqual(['search_timeout', MESSAGES.searchTimeout]);
  expect(pilots[2]?.socket.of('offer:expired', id)).toMatchObject([{ reason: 'search_timeout' }]);
});

test('cancelled by an operator says so to user and pilot', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  const { id } = await user.book(place);
  await pilot.accept((await pilot.offered(id)).offerId);
  await (await cast.operator()).expect(200, 'POST', `/bookings/${id}/cancel`, { reason: 'by phone' });
  expect((await told(user, id)).at(-1)).toEqual(['cancelled', 'Your booking was cancelled.']);
  expect((await user.events(id)).at(-1)?.payload['by']).toBe('admin');
  const heard = await pilot.hears('booking:cancelled', (one) => one['bookingId'] === id);
  expect(heard.payload).toMatchObject({ by: 'admin' });
  conformAll(pilot.socket, TO_PILOT);
});

test('a pilot who vanishes on a job: driver_unreachable once, to user and operators (rule 12)', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  const { id } = await user.book(place);
  await pilot.accept((await pilot.offered(id)).offerId);
  const heard = await board.arrival('booking:driver_unreachable', (one) => one['bookingId'] === id);
  expect(heard.payload).toMatchObject({ pilotId: pilot.id });
  await (await cast.operator()).expect(200, 'POST', `/admin/bookings/${id}/release`, { reason: 'lost' });
  await user.event(id, 'booking:no_pilots');
  expect(await told(user, id)).toContainEqual(['driver_unreachable', 'We cannot reach your driver.']);
  const events = await user.events(id);
  expect(events.filter((one) => one.event === 'booking:driver_unreachable')).toHaveLength(1);
  expect(events.find((one) => one.event === 'booking:driver_unreachable')?.payload['canCancel']).toBe(true);
});
