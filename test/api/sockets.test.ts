// A user's and a pilot's connections: devices, reconnects, sync, receipts, positions during a job.
import { assignmentShape, bookingShape, eventShape, type Offer } from '../../contract/shapes.js';
import { greatCircleKm, roundKm } from '../../contract/geo.js';
import { Cast } from '../support/actors.js';
import { conform } from '../support/conform.js';
import { freshPlace, northOf } from '../support/places.js';
import { conformAll, expectAllReceived, inOrder, TO_PILOT, TO_USER } from '../support/received.js';
import { RecordedSocket } from '../support/sockets.js';
import { System } from '../support/system.js';
import { eventually, never, until } from '../support/waiting.js';

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({ env: { OFFER_TIMEOUT_MS: '6000', SEARCH_TIMEOUT_MS: '60000' } });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

test('S8 · every device of a user hears every event; nobody else hears any', async () => {
  const place = freshPlace();
  const [user, stranger] = [await cast.user(), await cast.user()];
  const pilot = await cast.pilot({ at: place });
  const byPolling = await user.connect({ transports: ['polling'] });
  // A wish for another's room is no way in.
  const curious = await stranger.connect({ query: { room: `user:${user.id}`, userId: user.id } });
  for (const event of ['join', 'subscribe', 'room']) await curious.ask(event, `user:${user.id}`);
  const { id } = await user.book(place);
  await pilot.accept((await pilot.offered(id)).offerId);
  const stored = await eventually('the assignment', async () => {
    const events = await user.events(id);
    return events.length === 4 && events;
  });
  await byPolling.arrival('booking:driver_assigned');
  await user.hears('booking:driver_assigned');
  for (const device of [user.socket, byPolling]) {
    await eventually('all events', () => inOrder(device, id).length === stored.length);
    expectAllReceived(device, id, stored);
    conformAll(device, TO_USER);
  }
  for (const socket of stranger.sockets) expect(socket.arrivals).toEqual([]);
  conformAll(pilot.socket, TO_PILOT);
});

test('F10 · a second device of a pilot hears the offer too; accepting on both is one success', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  const tablet = await pilot.connect();
  const { id } = await user.book(place);
  const [phone, other] = [await pilot.offered(id), await tablet.arrival('booking:offer')];
  expect(other.payload['offerId']).toBe(phone.offerId);
  const taps = await Promise.all(Array.from({ length: 10 }, () => pilot.accept(phone.offerId)));
  expect(new Set(taps.map((one) => one.status))).toEqual(new Set([200]));
  await tablet.arrival('job:assigned');
  expect(pilot.socket.of('job:assigned')).toHaveLength(1);
  expect((await user.eventNames(id)).filter((one) => one === 'driver_assigned')).toHaveLength(1);
});

test('a pilot who reconnects is sent the live offer again within 1 s, with the time that is left (F19)', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  const { id } = await user.book(place);
  const offer = await pilot.offered(id);
  pilot.socket.drop();
  await until(Date.parse(offer.serverTime) + 2_100);
  const connectedAt = Date.now();
  const back = await pilot.connect();
  const again = await back.arrival('booking:offer', (one) => one['offerId'] === offer.offerId, 1_000);
  expect(again.at - connectedAt).toBeLessThan(1_000);
  const shown = again.payload as unknown as Offer;
  expect(shown.expiresAt).toBe(offer.expiresAt);
  expect(shown.totalSeconds).toBe(6);
  const left = (Date.parse(shown.expiresAt) - Date.parse(shown.serverTime)) / 1000;
  expect(shown.remainingSeconds).toBe(Math.ceil(left));
  expect(shown.remainingSeconds).toBeLessThanOrEqual(4);
  expect((await pilot.accept(offer.offerId)).status).toBe(200);
  // Without a live offer a new connection is sent nothing.
  const third = await pilot.connect();
  await never('an offer', () => third.of('booking:offer').length > 0, 300);
});

test('booking:sync answers booking, assignment and the missing events, to the owner and operators', async () => {
  const [user, operator] = [await cast.user(), await cast.operator()];
  const { id } = await user.book(freshPlace());
  await user.event(id, 'booking:no_pilots');
  const all = await user.socket.ask('booking:sync', { bookingId: id, afterSeq: 0 });
  expect(Object.keys(all).sort()).toEqual(['assignment', 'booking', 'events', 'location', 'ok']);
  expect(all['location']).toBeNull();
  conform(bookingShape, all['booking']);
  conform(assignmentShape, all['assignment']);
  for (const event of all['events'] as unknown[]) conform(eventShape, event);
  expect(all['events']).toEqual(await user.events(id));
  const rest = await user.socket.ask('booking:sync', { bookingId: id.toUpperCase(), afterSeq: 2 });
  expect(rest['events']).toEqual((await user.events(id)).slice(2));
  const watcher = await operator.connect();
  expect(await watcher.ask('booking:sync', { bookingId: id, afterSeq: 99 })).toMatchObject({
    ok: true,
    events: [],
  });
});

test('events missed while away are all in booking:sync', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  const { id } = await user.book(place);
  await user.hears('booking:offer_sent');
  user.socket.drop();
  await pilot.accept((await pilot.offered(id)).offerId);
  await pilot.step(id, 'ARRIVED');
  const back = await user.connect();
  const answer = await back.ask('booking:sync', { bookingId: id, afterSeq: 3 });
  const events = answer['events'] as { event: string }[];
  expect(events.map((one) => one.event)).toEqual(['booking:driver_assigned', 'booking:status']);
  expect(answer['booking']).toMatchObject({ status: 'ARRIVED' });
});

test('offer:received is noted once; none within 2.5 s is counted and shown, and the offer runs on (F28)', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  const unreceived = async (): Promise<number> => {
    const { text } = await (await cast.operator()).request<string>('GET', '/metrics');
    return Number(/^dispatch_unreceived_offers (\d+)/m.exec(text)?.[1]);
  };
  const { id } = await user.book(place);
  const offer = await pilot.offered(id);
  await eventually('the silence to be counted', async () => (await unreceived()) === 1, 5_000);
  expect(await pilot.socket.ask('offer:received', { offerId: offer.offerId })).toEqual({ ok: true });
  expect(await pilot.socket.ask('offer:received', { offerId: offer.offerId })).toEqual({ ok: true });
  expect(await unreceived()).toBe(0);
  expect((await pilot.accept(offer.offerId)).status).toBe(200);
});

test('positions by socket: acknowledged, seen by the next search, told to the user during the job only', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot()];
  await pilot.connect();
  await pilot.setOnline(true);
  const here = northOf(place, 1);
  expect(await pilot.socket.ask('pilot:location', { ...here, heading: 270 })).toEqual({ ok: true });
  const { id } = await user.book(place);
  // A page that is opened anew asks where the pilot is, and is told during the job only.
  const synced = async () =>
    (await user.socket.ask('booking:sync', { bookingId: id, afterSeq: 0 }))['location'];
  const { offerId } = await pilot.offered(id);
  expect(await synced()).toBeNull();
  await pilot.accept(offerId);
  expect(user.socket.of('booking:pilot_location')).toEqual([]);
  expect(await synced()).toMatchObject({ bookingId: id, ...here, heading: 270, distanceKm: 1 });
  const near = northOf(place, 0.5);
  await pilot.socket.ask('pilot:location', { ...near, heading: 180 });
  const heard = await user.hears('booking:pilot_location', (one) => one['lat'] === near.lat);
  expect(heard.payload).toMatchObject({ bookingId: id, ...near, heading: 180, distanceKm: 0.5 });
  await pilot.step(id, 'ARRIVED');
  await pilot.step(id, 'PICKED_UP');
  await pilot.moveTo(place);
  // From pickup on the way is to the drop-off.
  const last = await user.hears('booking:pilot_location', (one) => one['lat'] === place.lat);
  const { dropoff } = await user.booking(id);
  expect(last.payload).toMatchObject({ heading: null, distanceKm: roundKm(greatCircleKm(place, dropoff)) });
  const { at: toldAt, ...told } = last.payload;
  const { at: syncedAt, ...again } = (await synced()) as typeof last.payload;
  expect(again).toEqual(told);
  expect(Math.abs(Date.parse(String(syncedAt)) - Date.parse(String(toldAt)))).toBeLessThan(1_000);
  await pilot.step(id, 'IN_TRANSIT');
  await pilot.step(id, 'DELIVERED');
  expect(await synced()).toBeNull();
  const count = user.socket.of('booking:pilot_location').length;
  await pilot.moveTo(here);
  await never('a position after the end', () => user.socket.of('booking:pilot_location').length > count, 300);
  conformAll(user.socket, TO_USER);
  const names = await user.eventNames(id);
  expect(names).not.toContain('pilot_location');
});

test('a position sent while offline counts from when the server received it (rule 11)', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot()];
  await pilot.connect();
  await pilot.socket.ask('pilot:location', { ...place, at: new Date(Date.now() - 3_600_000).toISOString() });
  await pilot.setOnline(true);
  const { id } = await user.book(place);
  expect((await pilot.offered(id)).bookingId).toBe(id);
});

test('S8 · a bad token is refused at connect, whatever else is sent along', async () => {
  for (const token of [undefined, '', 'x', 'null', '[object Object]'])
    await expect(RecordedSocket.open(system.url(), token)).rejects.toThrow(/^unauthorized$/);
  const odd: unknown[] = [{ token: 5 }, { token: { a: 1 } }, { token: ['x'] }, { token: null }];
  for (const auth of odd)
    await expect(RecordedSocket.open(system.url(), 'x', { auth: auth as object })).rejects.toThrow(
      /^unauthorized$/,
    );
  const user = await cast.user({ connected: false });
  await expect(RecordedSocket.open(`${system.url()}/admin`, user.token)).rejects.toThrow(/namespace/i);
});
