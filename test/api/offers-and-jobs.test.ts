// A pilot's calls: availability, location, offers, jobs; every answer and every 409 with its code.
import {
  acceptAnswerShape,
  bookingShape,
  declineAnswerShape,
  offerShape,
  pilotShape,
} from '../../contract/shapes.js';
import type { Booking, Offer } from '../../contract/shapes.js';
import { greatCircleKm, roundKm } from '../../contract/geo.js';
import { Cast, type PilotActor, type User } from '../support/actors.js';
import { conform, expectProblem } from '../support/conform.js';
import { freshPlace, northOf } from '../support/places.js';
import { System } from '../support/system.js';
import { until } from '../support/waiting.js';

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({ env: { OFFER_TIMEOUT_MS: '3000', SEARCH_TIMEOUT_MS: '60000' } });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

interface Scene {
  user: User;
  pilot: PilotActor;
  booking: Booking;
  offer: Offer;
}

/** One user, one pilot 1.2 km away, one live offer. */
async function offered(): Promise<Scene> {
  const place = freshPlace();
  const user = await cast.user({ phone: '+15145550199' });
  const pilot = await cast.pilot({ at: northOf(place, 1.2), name: 'Pim' });
  const booking = await user.book(place, { package: { description: 'box' }, note: 'bell' });
  return { user, pilot, booking, offer: await pilot.offered(booking.id) };
}

async function onJob(): Promise<Scene> {
  const scene = await offered();
  expect((await scene.pilot.accept(scene.offer.offerId)).status).toBe(200);
  return scene;
}

test('GET /pilots/me and PUT availability answer the pilot', async () => {
  const place = freshPlace();
  const pilot = await cast.pilot({ name: 'Pia', phone: '+15145550100' });
  const me = await pilot.expect(200, 'GET', '/pilots/me');
  conform(pilotShape, me);
  expect(me).toMatchObject({
    id: pilot.id,
    name: 'Pia',
    online: false,
    position: null,
    vehicleTypeId: 'bike',
  });
  conform(pilotShape, await pilot.setOnline(true));
  await pilot.moveTo(place);
  const { position } = await pilot.setOnline(false);
  expect(position).toMatchObject(place);
  expect(Math.abs(Date.parse(position?.at ?? '') - Date.now())).toBeLessThan(5_000);
});

test('PUT location answers 204 without a body, its own clock does not count', async () => {
  const pilot = await cast.pilot();
  const report = { ...freshPlace(), heading: 90, speedKph: 20, at: '2001-01-01T00:00:00Z' };
  const reply = await pilot.request('PUT', '/pilots/me/location', report);
  expect([reply.status, reply.text]).toEqual([204, '']);
  const me = await pilot.expect<{ position: { at: string } }>(200, 'GET', '/pilots/me');
  expect(Math.abs(Date.parse(me.position.at) - Date.now())).toBeLessThan(5_000);
});

test('GET /pilots/me/offers is the bare array of the payload of booking:offer', async () => {
  const { pilot, booking, offer } = await offered();
  const offers = await pilot.offers();
  expect(offers).toHaveLength(1);
  conform(offerShape, offers[0]);
  conform(offerShape, offer);
  const still = ({ remainingSeconds: _r, serverTime: _s, at: _a, ...rest }: Offer): object => rest;
  expect(still(offers[0] as Offer)).toEqual(still(offer));
  expect(offer).toMatchObject({
    ...{ bookingId: booking.id, bookingNumber: booking.bookingNumber, vehicleTypeId: 'bike' },
    ...{ pickup: booking.pickup, dropoff: booking.dropoff, package: booking.package, payment: null },
    ...{ distanceKm: 1.2, totalSeconds: 3, remainingSeconds: 3 },
    tripKm: roundKm(greatCircleKm(booking.pickup, booking.dropoff)),
  });
  expect(Math.abs(Date.parse(offer.expiresAt) - Date.parse(offer.serverTime) - 3_000)).toBeLessThan(150);
  await until(Date.parse(offer.serverTime) + 1_100);
  const [later] = await pilot.offers();
  const left = Date.parse(later?.expiresAt ?? '') - Date.parse(later?.serverTime ?? '');
  expect(left).toBeLessThan(2_000);
  expect(later?.remainingSeconds).toBe(Math.ceil(left / 1_000));
});

test('GET /pilots/me/job is 204 without a job', async () => {
  const pilot = await cast.pilot();
  const reply = await pilot.request('GET', '/pilots/me/job');
  expect([reply.status, reply.text]).toEqual([204, '']);
});

test('accept: 200 with the booking, again the same; the customer is shown to the pilot now', async () => {
  const { pilot, user, booking, offer } = await offered();
  const [first, again] = [await pilot.accept(offer.offerId), await pilot.accept(offer.offerId)];
  expect([first.status, again.status]).toEqual([200, 200]);
  conform(acceptAnswerShape, first.body);
  expect(again.body).toEqual(first.body);
  expect(first.body.booking).toMatchObject({ id: booking.id, status: 'ASSIGNED', pilot: { id: pilot.id } });
  expect(first.body.booking.user).toEqual({ name: user.name, phone: '+15145550199' });
  const job = await pilot.request<Booking>('GET', '/pilots/me/job');
  expect(job.status).toBe(200);
  conform(bookingShape, job.body);
  expect(job.body).toEqual(first.body.booking);
  expect(await pilot.offers()).toEqual([]);
  const seen = await user.booking(booking.id);
  expect(seen).not.toHaveProperty('user');
  expect(seen.pilot).toEqual({
    id: pilot.id,
    name: 'Pim',
    phone: '+15145550111',
    avatar: null,
    rating: null,
  });
});

test('decline: 200, twice too; accept after it is 409 offer_declined', async () => {
  const { pilot, offer } = await offered();
  for (const _ of [1, 2]) {
    const reply = await pilot.decline(offer.offerId);
    expect(reply.status).toBe(200);
    conform(declineAnswerShape, reply.body);
  }
  expectProblem(await pilot.accept(offer.offerId), 409, 'offer_declined');
});

test('decline with a reason is fine', async () => {
  const { pilot, offer } = await offered();
  await pilot.expect(200, 'POST', `/offers/${offer.offerId}/decline`, { reason: 'too far' });
});

test('decline after accept is 409, the job stays', async () => {
  const { pilot, offer, booking } = await onJob();
  expectProblem(await pilot.decline(offer.offerId), 409, 'offer_accepted');
  expect((await pilot.request<Booking>('GET', '/pilots/me/job')).body.id).toBe(booking.id);
});

test("after the offer's end: accept and decline are 409 offer_expired", async () => {
  const { pilot, offer } = await offered();
  await until(Date.parse(offer.expiresAt) + 30);
  expectProblem(await pilot.accept(offer.offerId), 409, 'offer_expired');
  expectProblem(await pilot.decline(offer.offerId), 409, 'offer_expired');
  expect(await pilot.offers()).toEqual([]);
});

test('offline withdraws the live offer: 409 offer_withdrawn, user told with the reason', async () => {
  const { pilot, offer, user, booking } = await offered();
  expect((await pilot.setOnline(false)).online).toBe(false);
  expectProblem(await pilot.accept(offer.offerId), 409, 'offer_withdrawn');
  const expired = await user.event(booking.id, 'booking:offer_expired');
  expect(expired.payload).toMatchObject({ reason: 'offline' });
  const told = await pilot.hears('offer:expired', (one) => one['offerId'] === offer.offerId);
  expect(told.payload['reason']).toBe('offline');
  expect((await user.assignment(booking.id)).triedPilots).toBe(1);
});

test('offline during a job is 409 pilot_on_job, and he stays online', async () => {
  const { pilot } = await onJob();
  expectProblem(
    await pilot.request('PUT', '/pilots/me/availability', { online: false }),
    409,
    'pilot_on_job',
  );
  expect(await pilot.expect(200, 'GET', '/pilots/me')).toMatchObject({ online: true });
});

test('job steps: one forward at a time, the same twice is 200, anything else 409', async () => {
  const { pilot, booking, user } = await onJob();
  const steps = ['ASSIGNED', 'ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const;
  for (const [index, status] of steps.entries()) {
    const [first, again] = [await pilot.step(booking.id, status), await pilot.step(booking.id, status)];
    expect([first.status, again.status]).toEqual([200, 200]);
    conform(bookingShape, first.body);
    expect(first.body.status).toBe(status);
    const allowed: string[] = steps.slice(index, index + 2);
    for (const other of steps.filter((one) => !allowed.includes(one)))
      expectProblem(await pilot.step(booking.id, other), 409, 'job_step_invalid');
  }
  const events = await user.events(booking.id);
  const told = events.filter((one) => one.event === 'booking:status').map((one) => one.payload['status']);
  expect(told).toEqual(['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED']);
  expect((await user.booking(booking.id)).deliveredAt).not.toBeNull();
  expect((await pilot.request('GET', '/pilots/me/job')).status).toBe(204);
});

test('a job that was cancelled: accept again is 409 booking_cancelled, step and release are refused', async () => {
  const { pilot, offer, booking, user } = await onJob();
  expect((await user.cancel(booking.id)).status).toBe(200);
  const told = await pilot.hears('booking:cancelled', (one) => one['bookingId'] === booking.id);
  expect(told.payload).toMatchObject({ by: 'user', message: 'Your booking was cancelled.' });
  expectProblem(await pilot.accept(offer.offerId), 409, 'booking_cancelled');
  for (const reply of [await pilot.step(booking.id, 'ARRIVED'), await pilot.release(booking.id)])
    expect(reply.status).toBe(409);
  expect((await pilot.request('GET', '/pilots/me/job')).status).toBe(204);
});

test('after delivery: accept is 409 job_ended, cancel 409 booking_delivered, release 409', async () => {
  const { pilot, offer, booking, user } = await onJob();
  for (const status of ['ARRIVED', 'PICKED_UP'] as const) await pilot.step(booking.id, status);
  expectProblem(await user.cancel(booking.id), 409, 'booking_in_progress');
  expectProblem(await pilot.release(booking.id), 409, 'job_not_releasable');
  for (const status of ['IN_TRANSIT', 'DELIVERED'] as const) await pilot.step(booking.id, status);
  expectProblem(await pilot.accept(offer.offerId), 409, 'job_ended');
  expectProblem(await user.cancel(booking.id), 409, 'booking_delivered');
  expectProblem(await pilot.release(booking.id), 409, 'job_not_releasable');
});

test('release: 200 the booking, PENDING again, the job is nobody’s; a reason is needed', async () => {
  const { pilot, booking, user } = await onJob();
  expectProblem(await pilot.request('POST', `/jobs/${booking.id}/release`, {}), 400);
  const released = await pilot.release(booking.id);
  expect(released.status).toBe(200);
  conform(bookingShape, released.body);
  expect(released.body).toMatchObject({ status: 'PENDING', pilot: null, assignedAt: null });
  expectProblem(await pilot.release(booking.id), 404);
  expectProblem(await pilot.request('GET', `/bookings/${booking.id}`), 404);
  expect(await pilot.expect(200, 'GET', '/pilots/me')).toMatchObject({ online: true });
  await user.event(booking.id, 'booking:driver_released');
});
