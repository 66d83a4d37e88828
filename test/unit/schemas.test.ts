// What clients send (F23, S4): every limit, every unknown field, everything poisonous.
import fc from 'fast-check';
import type { z } from 'zod';
import * as take from '../../contract/schemas.js';
import { JOB_STATUSES } from '../../contract/words.js';

const ok = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;
const UUID = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const place = (change: object = {}) => ({ lat: 45.5, lng: -73.6, address: '1 Street', ...change });
const booking = (change: object = {}) => ({
  pickup: place(),
  dropoff: place(),
  vehicleTypeId: 'bike',
  ...change,
});

/** Each schema of a body or message with one value that it takes. */
const GOOD: [string, z.ZodType, Record<string, unknown>][] = [
  ['createBooking', take.createBookingSchema, booking()],
  ['optionalReason', take.optionalReasonSchema, { reason: 'x' }],
  ['reason', take.reasonSchema, { reason: 'x' }],
  ['availability', take.availabilitySchema, { online: true }],
  ['location', take.locationSchema, { lat: 1, lng: 2, heading: 3, speedKph: 4, at: '2026-11-23T10:00:00Z' }],
  ['jobStatus', take.jobStatusSchema, { status: 'ARRIVED' }],
  [
    'createPilot',
    take.createPilotSchema,
    { name: 'n', phone: '1', vehicleTypeId: 'van', avatar: 'u', rating: 5 },
  ],
  ['createVehicleType', take.createVehicleTypeSchema, { id: 'boat', name: 'Boat' }],
  ['assignByHand', take.assignByHandSchema, { pilotId: UUID }],
  ['revoke', take.revokeSchema, { sub: UUID }],
  ['demoToken', take.demoTokenSchema, { type: 'user', id: UUID, name: 'n', phone: '1' }],
  ['sync', take.syncMessage, { bookingId: UUID, afterSeq: 0 }],
  ['offerReceived', take.offerReceivedMessage, { offerId: UUID }],
  ['empty', take.emptySchema, {}],
];
/** Names that a column or a field of ours has: none may be slipped in. */
const SLIPPED =
  'status pilotId userId number round seq limits searchNo outcome acceptedAt online createdAt role'.split(
    ' ',
  );

describe.each(GOOD)('%s', (_name, schema, good) => {
  it('takes what is right', () => expect(schema.safeParse(good).error).toBeUndefined());

  it('refuses every field that it does not know, prototypes too', () => {
    const known = Object.keys(good);
    for (const field of [...SLIPPED, 'constructor', 'toString', '']) {
      if (known.includes(field)) continue;
      expect([field, ok(schema, { ...good, [field]: 1 })]).toEqual([field, false]);
    }
    const poisoned = JSON.parse(
      `{"__proto__": {"online": true}, ${JSON.stringify(good).slice(1)}`.replace(', }', '}'),
    ) as object;
    expect(Object.keys(poisoned)).toContain('__proto__');
    expect(ok(schema, poisoned)).toBe(false);
  });

  it('refuses what is no object', () => {
    for (const value of [null, undefined, 1, 'text', true, [], [good], NaN, () => good])
      expect(ok(schema, value)).toBe(false);
  });

  it('refuses what is too deep to look into, without an error', () => {
    const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown;
    for (const field of [...Object.keys(good), 'unknown'])
      expect(ok(schema, { ...good, [field]: deep })).toBe(false);
  });

  it('never throws, and lets no poison through, whatever comes as JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const result = schema.safeParse(value);
        if (result.success) expect(Object.getPrototypeOf(result.data)).toBe(Object.prototype);
      }),
      { numRuns: 50 },
    );
    expect(({} as Record<string, unknown>)['online']).toBeUndefined();
  });
});

describe.each([
  [
    'address',
    300,
    (value: unknown) => booking({ pickup: place({ address: value }) }),
    take.createBookingSchema,
    1,
  ],
  [
    'description',
    500,
    (value: unknown) => booking({ package: { description: value } }),
    take.createBookingSchema,
    1,
  ],
  ['note', 500, (value: unknown) => booking({ note: value }), take.createBookingSchema, 0],
  ['reason', 300, (value: unknown) => ({ reason: value }), take.reasonSchema, 1],
  ['optional reason', 300, (value: unknown) => ({ reason: value }), take.optionalReasonSchema, 0],
  ['name', 100, (value: unknown) => ({ type: 'user', name: value }), take.demoTokenSchema, 1],
  [
    "a pilot's name",
    100,
    (value: unknown) => ({ name: value, phone: '1', vehicleTypeId: 'bike' }),
    take.createPilotSchema,
    1,
  ],
] as [string, number, (value: unknown) => unknown, z.ZodType, number][])(
  '%s, at most %i characters',
  (_name, max, body, schema, min) => {
    it('is counted in characters: an emoji is one', () => {
      for (const character of ['a', 'é', '🚲', '\n'])
        expect([character, ok(schema, body('x' + character.repeat(max - 1)))]).toEqual([character, true]);
      for (const character of ['a', '🚲']) expect(ok(schema, body(character.repeat(max + 1)))).toBe(false);
      expect(ok(schema, body(`${'🚲'.repeat(max - 1)}ab`))).toBe(false);
      expect(ok(schema, body('a'.repeat(10_000)))).toBe(false);
      expect(ok(schema, body('🚲'.repeat(10_000)))).toBe(false);
    });

    it('refuses NUL and what is no text', () => {
      for (const value of ['\u0000', 'a\u0000b', 1, null, ['a'], { a: 1 }, true])
        expect(ok(schema, body(value))).toBe(false);
    });

    it(min === 0 ? 'may be empty' : 'must not be empty', () => {
      for (const value of ['', '   ', '\t\n']) expect(ok(schema, body(value))).toBe(min === 0);
    });
  },
);

it('halves of characters are refused: Postgres cannot keep a lone surrogate in jsonb, and 500 is no answer', () => {
  for (const value of ['x\ud83c', '\udfffx', 'x\udf0a\ud83cx'])
    expect([value, ok(take.packageSchema, { description: value })]).toEqual([value, false]);
});

describe('numbers', () => {
  const lat = (value: unknown) => ok(take.createBookingSchema, booking({ pickup: place({ lat: value }) }));
  const lng = (value: unknown) => ok(take.locationSchema, { lat: 0, lng: value });
  const NOT = [NaN, Infinity, -Infinity, 999, -999, '45', null, [45], {}, true, undefined, 45n];

  it('latitudes and longitudes', () => {
    for (const value of [-90, 90, 0, -0, 45.123456789]) expect(lat(value)).toBe(true);
    for (const value of [-180, 180, 0, 179.999]) expect(lng(value)).toBe(true);
    for (const value of [...NOT, 90.0000001, -90.0000001]) expect(lat(value)).toBe(false);
    for (const value of [...NOT, 180.0000001, -180.0000001]) expect(lng(value)).toBe(false);
  });

  it('amount, weight, rating, heading, speed', () => {
    const amount = (value: unknown) =>
      ok(take.createBookingSchema, booking({ payment: { method: 'COD', amount: value } }));
    const weight = (value: unknown) => ok(take.packageSchema, { description: 'x', weightKg: value });
    const rating = (value: unknown) =>
      ok(take.createPilotSchema, { name: 'n', phone: '1', vehicleTypeId: 'van', rating: value });
    const heading = (value: unknown) => ok(take.locationSchema, { lat: 0, lng: 0, heading: value });
    for (const [check, most] of [
      [amount, 1e9],
      [weight, 10_000],
      [rating, 5],
      [heading, 360],
    ] as const) {
      for (const value of [0, 0.5, most]) expect(check(value)).toBe(true);
      for (const value of [-0.01, most + 1, NaN, Infinity, '1', [], {}]) expect(check(value)).toBe(false);
    }
  });

  it('queries are numbers in text, in their limits', () => {
    const limit = (value: unknown) => take.listPilotsQuery.safeParse({ limit: value });
    expect(take.listPilotsQuery.parse({})).toEqual({ limit: 20 });
    for (const value of ['1', '100']) expect(limit(value).data?.limit).toBe(Number(value));
    for (const value of ['0', '101', '-1', '1.5', 'x', '', 'NaN', '1e9'])
      expect([value, limit(value).success]).toEqual([value, false]);
    expect(take.eventsQuery.parse({})).toEqual({ after: 0 });
    for (const value of ['-1', '2147483648', 'x', '0.5'])
      expect(ok(take.eventsQuery, { after: value })).toBe(false);
    expect(ok(take.listBookingsQuery, { q: 'x' })).toBe(false);
    expect(ok(take.listAdminBookingsQuery, { q: 'x'.repeat(101) })).toBe(false);
    expect(ok(take.listBookingsQuery, { status: 'LOST' })).toBe(false);
  });
});

describe('payment', () => {
  const payment = (value: unknown) => take.createBookingSchema.safeParse(booking({ payment: value }));
  it('COD without amount is refused, and says where', () => {
    const result = payment({ method: 'COD' });
    expect(result.error?.issues).toMatchObject([
      { path: ['payment', 'amount'], message: 'is required when method is COD' },
    ]);
    expect(payment({ method: 'COD', amount: 0 }).success).toBe(true);
    expect(payment({ method: 'PREPAID' }).success).toBe(true);
  });

  it('other methods and currencies that are none are refused', () => {
    for (const value of [{ method: 'CASH' }, { method: 'cod', amount: 1 }, {}])
      expect(payment(value).success).toBe(false);
    for (const currency of ['cad', 'CA', 'CADX', '€', 'CAD\n'])
      expect(payment({ method: 'PREPAID', currency }).success).toBe(false);
    expect(payment({ method: 'PREPAID', currency: 'CAD' }).success).toBe(true);
  });
});

it('ids are uuids, told in small letters; vehicle types are short words', () => {
  expect(take.uuid.parse(UUID.toUpperCase())).toBe(UUID);
  for (const id of ['', 'x', `${UUID} `, UUID.slice(1), `{${UUID}}`, `${UUID}\n`, "' OR 1=1"])
    expect(ok(take.uuid, id)).toBe(false);
  for (const id of ['bike', 'e-bike_2', 'a'.repeat(40)]) expect(ok(take.vehicleTypeId, id)).toBe(true);
  for (const id of ['', 'Bike', '-x', 'a'.repeat(41), 'a b', 'bike\n', '🚲'])
    expect(ok(take.vehicleTypeId, id)).toBe(false);
});

it('job steps are the words of the contract', () => {
  for (const status of JOB_STATUSES) expect(ok(take.jobStatusSchema, { status })).toBe(true);
  for (const status of ['PENDING', 'CANCELLED', 'EXPIRED', 'assigned', ''])
    expect(ok(take.jobStatusSchema, { status })).toBe(false);
});
