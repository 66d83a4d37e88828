// Lengths of texts, characters and numbers, at their edges.
import { bookingAt, Cast, type BookingBody, type Operator, type User } from '../support/actors.js';
import { badFields, expectProblem } from '../support/conform.js';
import { freshPlace } from '../support/places.js';
import { System } from '../support/system.js';

let system: System;
let user: User;
let operator: Operator;
beforeAll(async () => {
  system = await System.prepare();
  await system.startApi();
  const cast = new Cast(system);
  [user, operator] = [await cast.user({ connected: false }), await cast.operator()];
});
afterAll(() => system?.stop());

const LONE_SURROGATE = '\ud800';
const place = freshPlace();
const at = { pickup: { ...place, address: 'A' } };

/** Where a text goes, how long it may be, and a body that holds it. */
const TEXTS: [field: string, max: number, body: (text: string) => object][] = [
  ['pickup.address', 300, (text) => bookingAt(place, { pickup: { ...place, address: text } })],
  ['dropoff.address', 300, (text) => bookingAt(place, { dropoff: { ...place, address: text } })],
  ['package.description', 500, (text) => bookingAt(place, { ...at, package: { description: text } })],
  ['note', 500, (text) => bookingAt(place, { note: text })],
];

describe.each(TEXTS)('%s', (field, max, body) => {
  const post = (text: string) => user.request('POST', '/bookings', body(text));

  test(`takes ${max} characters, an emoji counting as one, and no more`, async () => {
    expect((await post('x'.repeat(max))).status).toBe(201);
    expect((await post('🛵'.repeat(max))).status).toBe(201);
    expect(badFields(await post('x'.repeat(max + 1)))).toEqual([field]);
    expect(badFields(await post('🛵'.repeat(max + 1)))).toEqual([field]);
  });

  test('refuses NUL', async () => expect(badFields(await post('a\u0000b'))).toEqual([field]));

  test('half a surrogate pair is taken or refused, never a 500', async () => {
    expect([201, 400]).toContain((await post(`x${LONE_SURROGATE}y`)).status);
  });

  test('keeps every other character as it is', async () => {
    const odd = 'é ü 漢字 ‮rtl‬ \t\n\' " \\ <b> {{x}} ${y} %s 👩‍👩‍👧';
    const reply = await post(odd);
    expect(reply.status).toBe(201);
    expect(JSON.stringify(reply.body)).toContain(JSON.stringify(odd).slice(1, -1));
  });
});

test('reasons: 300 characters, without NUL; half a surrogate pair is no 500', async () => {
  const { id } = await user.book(place);
  const cancel = (reason: string) => user.cancel(id, { reason });
  expect(badFields(await cancel('x'.repeat(301)))).toEqual(['reason']);
  expect(badFields(await cancel('\u0000'))).toEqual(['reason']);
  const byOperator = await operator.request('POST', `/bookings/${id}/cancel`, { reason: LONE_SURROGATE });
  expect([200, 400]).toContain(byOperator.status);
  const { id: other } = await user.book(place);
  expect((await user.cancel(other, { reason: 'x'.repeat(300) })).status).toBe(200);
});

const PILOT = { name: 'P', phone: '+1', vehicleTypeId: 'bike' };
const BAD_PILOTS: [string, object][] = [
  ['name', { name: 'x'.repeat(101) }],
  ['name', { name: '' }],
  ['name', { name: 'a\u0000' }],
  ['phone', { phone: '' }],
  ['phone', { phone: 5 }],
  ['vehicleTypeId', { vehicleTypeId: 'zeppelin' }],
  ['vehicleTypeId', { vehicleTypeId: 'BIKE; --' }],
  ['rating', { rating: '5' }],
  ['rating', { rating: 6 }],
  ['rating', { rating: -1 }],
  ['avatar', { avatar: 5 }],
];
test.each(BAD_PILOTS)('a pilot with a bad %s is 400: %j', async (field, wrong) => {
  const reply = await operator.request('POST', '/admin/pilots', { ...PILOT, ...wrong });
  expect(badFields(reply)).toEqual([field]);
});

test('a name of 100 characters is fine', async () => {
  await operator.expect(201, 'POST', '/admin/pilots', { ...PILOT, name: 'x'.repeat(100) });
});

const BAD_MONEY: [string, BookingBody][] = [
  ['payment.amount', { payment: { method: 'COD', amount: '12' } }],
  ['payment.amount', { payment: { method: 'COD', amount: -1 } }],
  ['payment.amount', { payment: { method: 'COD', amount: null } }],
  ['payment.method', { payment: { method: 'BARTER' } }],
  ['payment.currency', { payment: { method: 'PREPAID', currency: 'dollars' } }],
  ['payment.tip', { payment: { method: 'PREPAID', tip: 1 } }],
  ['package.weightKg', { package: { description: 'x', weightKg: '3' } }],
  ['package.weightKg', { package: { description: 'x', weightKg: -3 } }],
  ['package.size', { package: { description: 'x', size: 1 } }],
  ['pickup.floor', { pickup: { ...place, address: 'x', floor: 2 } }],
];
test.each(BAD_MONEY)('%s: %j is 400', async (field, wrong) => {
  expect(badFields(await user.request('POST', '/bookings', bookingAt(place, wrong)))).toEqual([field]);
});

test('PREPAID needs no amount, COD of nothing is an amount', async () => {
  expect((await user.book(place, { payment: { method: 'PREPAID' } })).payment).toEqual({ method: 'PREPAID' });
  const free = { method: 'COD', amount: 0, currency: 'CAD' };
  expect((await user.book(place, { payment: free })).payment).toEqual(free);
});

test('several bad fields are told at once', async () => {
  const reply = await user.request('POST', '/bookings', {
    ...bookingAt(place),
    pickup: { lat: 99, lng: 0, address: '' },
    status: 'DELIVERED',
  });
  expect(badFields(reply)).toEqual(['pickup.address', 'pickup.lat', 'status']);
});

test('a body of a thousand unknown fields gets a short answer', async () => {
  const body = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`f${n}`, n]));
  const reply = await user.request('POST', '/bookings', body);
  expectProblem(reply, 400);
  expect(reply.text.length).toBeLessThan(10_000);
});
