// An operator's calls: pilots, vehicle types, bookings, assigning and releasing by hand, counts.
import { randomUUID } from 'node:crypto';
import {
  bookingPageShape,
  bookingShape,
  pilotPageShape,
  pilotShape,
  statsShape,
  type VehicleType,
  vehicleTypeShape,
  type AssignmentStats,
  type Booking,
  type Page,
  type Pilot,
} from '../../contract/shapes.js';
import { operatedVehicleTypePageShape } from '../../contract/operator-shapes.js';
import { Cast, type Operator } from '../support/actors.js';
import { conform, expectProblem } from '../support/conform.js';
import { freshPlace, northOf } from '../support/places.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

let system: System;
let cast: Cast;
let operator: Operator;
beforeAll(async () => {
  system = await System.start({ env: { OFFER_TIMEOUT_MS: '60000', SEARCH_TIMEOUT_MS: '60000' } });
  cast = new Cast(system);
  operator = await cast.operator();
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

const assign = (bookingId: string, pilotId: string) =>
  operator.request<Booking>('POST', `/admin/bookings/${bookingId}/assign`, { pilotId });
const stats = () => operator.expect<AssignmentStats>(200, 'GET', '/admin/assignments/stats');

test('pilots: 201 the pilot, all fields kept, offline; the list has every one once', async () => {
  const body = {
    name: 'Zoë',
    phone: '+1',
    vehicleTypeId: 'van',
    avatar: 'https://a.example/z.png',
    rating: 4.5,
  };
  const made = await operator.expect<Pilot>(201, 'POST', '/admin/pilots', body);
  conform(pilotShape, made);
  expect(made).toMatchObject({ ...body, online: false, position: null });
  for (let n = 0; n < 4; n += 1) await cast.pilot();
  const seen: string[] = [];
  let path = '/admin/pilots?limit=2';
  for (;;) {
    const page = await operator.expect<Page<Pilot>>(200, 'GET', path);
    conform(pilotPageShape, page);
    seen.push(...page.items.map((one) => one.id));
    if (page.nextCursor === null) break;
    path = `/admin/pilots?limit=2&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
  expect(new Set(seen).size).toBe(seen.length);
  const [{ count } = { count: 0 }] = await system.rows<{ count: number }>('SELECT count(*)::int FROM pilots');
  expect(seen.length).toBe(count);
});

test('vehicle types: bike, van and truck from the first migration; a second of one name is 409', async () => {
  const page = await operator.expect<Page<{ id: string }>>(200, 'GET', '/admin/vehicle-types');
  conform(operatedVehicleTypePageShape, page);
  expect(page.items.map((one) => one.id)).toEqual(expect.arrayContaining(['bike', 'truck', 'van']));
  const cargo = { id: 'cargo-bike', name: 'Cargo bike' };
  const made = await operator.expect(201, 'POST', '/admin/vehicle-types', cargo);
  conform(vehicleTypeShape, made);
  const again = await operator.request('POST', '/admin/vehicle-types', cargo);
  expectProblem(again, 409, 'vehicle_type_exists');
  const user = await cast.user({ connected: false });
  expect((await user.book(freshPlace(), { vehicleTypeId: 'cargo-bike' })).vehicleTypeId).toBe('cargo-bike');
  const operated = await operator.expect<Page<VehicleType>>(200, 'GET', '/admin/vehicle-types');
  const all = { ...operated, items: operated.items.map(({ id, name }) => ({ id, name })) };
  for (const one of [user, operator, await cast.pilot()])
    expect(await one.expect(200, 'GET', '/vehicle-types')).toEqual(all);
});

test('bookings: with the customer; q finds number, address, customer and pilot', async () => {
  const mark = randomUUID().slice(0, 8);
  const user = await cast.user({ connected: false, name: `Cust${mark}`, phone: '+15145550188' });
  const pilot = await cast.pilot({ at: freshPlace(), name: `Pil${mark}` });
  const place = freshPlace();
  const { id, bookingNumber } = await user.book(place, { pickup: { ...place, address: `Addr${mark} St` } });
  expect((await assign(id, pilot.id)).status).toBe(200);
  for (const q of [bookingNumber, `addr${mark}`, `cust${mark}`.toUpperCase(), `Pil${mark}`]) {
    const path = `/admin/bookings?q=${encodeURIComponent(q)}&status=ASSIGNED`;
    const page = await operator.expect<Page<Booking>>(200, 'GET', path);
    conform(bookingPageShape, page);
    expect(page.items.map((one) => one.id)).toContain(id);
    expect(page.items[0]?.user).toEqual({ name: user.name, phone: '+15145550188' });
  }
  const none = await operator.expect<Page<Booking>>(200, 'GET', `/admin/bookings?q=nobody${mark}`);
  expect(none).toEqual({ items: [], nextCursor: null });
});

describe('assigning by hand', () => {
  test('during the search: the live offer goes as reassigned, one event tells the user', async () => {
    const place = freshPlace();
    const user = await cast.user();
    const asked = await cast.pilot({ at: place });
    const chosen = await cast.pilot({ at: northOf(place, 100), name: 'Hand' });
    const { id } = await user.book(place);
    const offer = await asked.offered(id);
    const reply = await assign(id, chosen.id);
    expect(reply.status).toBe(200);
    conform(bookingShape, reply.body);
    expect(reply.body).toMatchObject({ status: 'ASSIGNED', pilot: { id: chosen.id } });
    const told = await asked.hears('offer:expired', (one) => one['offerId'] === offer.offerId);
    expect(told.payload['reason']).toBe('reassigned');
    expectProblem(await asked.accept(offer.offerId), 409, 'offer_withdrawn');
    await chosen.hears('job:assigned', (one) => one['id'] === id);
    expect(await user.eventNames(id)).toEqual(['created', 'search_started', 'offer_sent', 'driver_assigned']);
    expect((await user.events(id)).at(-1)?.payload['message']).toBe('Hand is your driver.');
    expect((await chosen.step(id, 'ARRIVED')).status).toBe(200);
  });

  test('after a failed search it works too', async () => {
    const user = await cast.user();
    const pilot = await cast.pilot({ at: freshPlace() });
    const { id } = await user.book(freshPlace());
    await user.event(id, 'booking:no_pilots');
    expect((await assign(id, pilot.id)).status).toBe(200);
    expect(await user.assignment(id)).toMatchObject({ status: 'assigned', canRetry: false });
  });

  test('409: not PENDING, offline, on a job, holding another offer, another vehicle; 404: no such', async () => {
    const place = freshPlace();
    const user = await cast.user({ connected: false });
    const { id } = await user.book(freshPlace());
    const offline = await cast.pilot({ at: place, ready: false });
    expectProblem(await assign(id, offline.id), 409, 'pilot_offline');
    const van = await cast.pilot({ at: freshPlace(), vehicleTypeId: 'van' });
    expectProblem(await assign(id, van.id), 409, 'pilot_wrong_vehicle');
    const busy = await cast.pilot({ at: place });
    const other = await user.book(place);
    const { offerId } = await busy.offered(other.id);
    expectProblem(await assign(id, busy.id), 409, 'pilot_busy');
    await busy.accept(offerId);
    expectProblem(await assign(id, busy.id), 409, 'pilot_busy');
    expectProblem(await assign(other.id, busy.id), 409, 'booking_not_pending');
    expectProblem(await assign(id, randomUUID()), 404);
    expectProblem(await assign(randomUUID(), busy.id), 404);
    expect((await user.booking(id)).status).toBe('PENDING');
  });

  test('the same pilot wanted for two bookings at once gets one', async () => {
    const user = await cast.user({ connected: false });
    const pilot = await cast.pilot({ at: freshPlace() });
    const ids = [(await user.book(freshPlace())).id, (await user.book(freshPlace())).id];
    const replies = await Promise.all(ids.map((id) => assign(id, pilot.id)));
    expect(replies.map((one) => one.status).sort((a, b) => a - b)).toEqual([200, 409]);
    const refused = replies.find((one) => one.status === 409);
    if (refused !== undefined) expectProblem(refused, 409, 'pilot_busy');
  });
});

test('release by an operator: pilot told, free and never asked again for it; audited', async () => {
  const place = freshPlace();
  const user = await cast.user();
  const pilot = await cast.pilot({ at: place });
  const { id } = await user.book(place);
  await pilot.accept((await pilot.offered(id)).offerId);
  const released = await operator.request<Booking>('POST', `/admin/bookings/${id}/release`, {
    reason: 'lost',
  });
  expect(released.status).toBe(200);
  conform(bookingShape, released.body);
  expect(released.body).toMatchObject({ status: 'PENDING', pilot: null });
  await user.event(id, 'booking:no_pilots');
  expect((await user.eventNames(id)).slice(-3)).toEqual(['driver_released', 'search_started', 'no_pilots']);
  expect((await pilot.request('GET', '/pilots/me/job')).status).toBe(204);
  const again = await operator.request('POST', `/admin/bookings/${id}/release`, { reason: 'lost' });
  expectProblem(again, 409, 'job_not_releasable');
  const audit = await system.rows<{ action: string }>(
    'SELECT action FROM audit_entries WHERE booking_id = $1 AND actor = $2',
    [id, operator.id],
  );
  expect(audit).toEqual([{ action: 'release' }]);
});

test('stats count searches, not bookings, and follow every change', async () => {
  const place = freshPlace();
  const user = await cast.user({ connected: false });
  const before = await stats();
  conform(statsShape, before);
  const { id } = await user.book(place);
  await user.event(id, 'booking:no_pilots');
  const pilot = await cast.pilot({ at: place });
  await user.retry(id);
  const { offerId } = await pilot.offered(id);
  expect(await stats()).toMatchObject({
    pendingBookings: before.pendingBookings + 1,
    activeAssignments: before.activeAssignments + 1,
    failedAssignments: before.failedAssignments + 1,
  });
  await pilot.accept(offerId);
  const after = await stats();
  expect(after).toMatchObject({
    pendingBookings: before.pendingBookings,
    activeAssignments: before.activeAssignments,
    assignedBookings: before.assignedBookings + 1,
  });
  const { assignedBookings: won, failedAssignments: lost, successRate } = after;
  expect(successRate).toBeCloseTo(won / (won + lost), 10);
  await pilot.release(id);
  await eventually('the second failure to be counted', async () => {
    return (await stats()).failedAssignments === before.failedAssignments + 2;
  });
  await user.cancel(id);
  expect((await stats()).pendingBookings).toBe(before.pendingBookings);
});
