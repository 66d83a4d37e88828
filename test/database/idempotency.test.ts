// `Idempotency-Key` (F2, F7): the same key and body within 24 h give the same booking, nothing new.
import fc from 'fast-check';
import { DEFAULT_LIMITS } from '../../contract/limits.js';
import { createBookingSchema, type CreateBooking } from '../../contract/schemas.js';
import { bookingShape } from '../../contract/shapes.js';
import { sweepRecords } from '../../database/statements/records.js';
import { createBooking } from '../../dispatch/create-booking.js';
import { expectAgreement } from '../support/agreement.js';
import { inCrowd, outcome, upTo } from '../support/crowd.js';
import { bodyFrom, customer, letPass, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { anIsoTime, aUuid } from '../support/matchers.js';
import { freshPlace } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

const DAY_MS = 86_400_000;

function buyer() {
  const user = customer();
  const body = bodyFrom(freshPlace());
  const make = (idempotencyKey?: string, changed: Partial<CreateBooking> = {}) =>
    createBooking(fixture.context, {
      user,
      body: { ...body, ...changed },
      limits: DEFAULT_LIMITS,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    });
  const bookings = () => fixture.query('SELECT id FROM bookings WHERE user_id = $1', [user.id]);
  return { user, body, make, bookings };
}
const REUSED = { ok: false, error: { name: 'KeyReusedError' } };

it('a booking is answered as its user sees it; its row, search, event and start are one transaction', async () => {
  const { user, body, make } = buyer();
  const rest = {
    note: "Ring <b>twice</b> '; DROP TABLE bookings; -- 🎂",
    package: { description: 'cake', weightKg: 2.5 },
    payment: { method: 'COD' as const, amount: 12.5, currency: 'CAD' },
  };
  const booking = await make(undefined, rest);
  expect(booking).toEqual({
    ...body,
    ...rest,
    id: aUuid,
    bookingNumber: expect.stringMatching(/^B-\d{4,}$/),
    status: 'PENDING',
    userId: user.id,
    pilot: null,
    createdAt: anIsoTime,
    assignedAt: null,
    deliveredAt: null,
    cancelledAt: null,
  });
  expect(bookingShape.strict().safeParse(booking).success).toBe(true);
  expect(
    await fixture.query('SELECT search_no, origin, started_at FROM searches WHERE booking_id = $1', [
      booking.id,
    ]),
  ).toEqual([{ search_no: 1, origin: 'booking', started_at: null }]);
  const [line] = await fixture.query('SELECT kind, payload FROM outbox WHERE booking_id = $1', [booking.id]);
  // The history holds no phone number, address, name or reason text (S17).
  expect(line).toEqual({
    kind: 'start',
    payload: {
      bookingId: booking.id,
      bookingNumber: booking.bookingNumber,
      vehicleTypeId: 'bike',
      limits: DEFAULT_LIMITS,
    },
  });
  expect(fixture.delivered.at(-1)).toMatchObject({ kind: 'start', booking_id: booking.id });
});

it('booking numbers are never given twice', async () => {
  const { make } = buyer();
  const made = await inCrowd(20, upTo(40), () => make());
  expect(new Set(made.map((booking) => booking.bookingNumber)).size).toBe(40);
});

it('F2 · the same key 20 times at once: one booking, the same answer for all', async () => {
  const { make, bookings, user } = buyer();
  const answers = await inCrowd(20, upTo(20), () => make('tap-1'));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(await bookings()).toHaveLength(1);
  expect(fixture.emitter.to(`user:${user.id}`)).toHaveLength(1);
  expect(fixture.delivered.filter((line) => line.booking_id === answers[0]?.id)).toHaveLength(1);
});

it('20 keys at once: 20 bookings; without a key each is new', async () => {
  const { make, bookings } = buyer();
  await inCrowd(20, upTo(20), (index) => make(`tap-${index}`));
  await inCrowd(5, upTo(5), () => make());
  expect(await bookings()).toHaveLength(25);
});

it('the same body with its fields in another order is the same body', async () => {
  const { body, make, bookings } = buyer();
  const first = await make('k', { package: { description: 'a', weightKg: 1 } });
  const turned = Object.fromEntries(Object.entries(body).reverse()) as unknown as CreateBooking;
  const again = await make('k', { ...turned, package: { weightKg: 1, description: 'a' } });
  expect(again.id).toBe(first.id);
  expect(await bookings()).toHaveLength(1);
});

it.each([
  ['another note', { note: 'other' }],
  ['another place', { pickup: { lat: 1, lng: 1, address: 'x' } }],
  ['a field more', { package: { description: 'a' } }],
] as [string, Partial<CreateBooking>][])('with %s: KeyReusedError, no booking', async (_name, changed) => {
  const { make, bookings } = buyer();
  await make('k');
  expect(await outcome(make('k', changed))).toMatchObject(REUSED);
  expect(await bookings()).toHaveLength(1);
});

it('two bodies race with one key: one booking, the losers hear KeyReusedError', async () => {
  const { make, bookings } = buyer();
  const answers = await inCrowd(10, upTo(10), (index) => outcome(make('k', { note: `n${index % 2}` })));
  expect(answers.filter((answer) => answer.ok)).toHaveLength(5);
  for (const answer of answers) if (!answer.ok) expect(answer).toMatchObject(REUSED);
  expect(await bookings()).toHaveLength(1);
});

it("another user's key is another key", async () => {
  const [one, other] = [buyer(), buyer()];
  expect((await one.make('k')).id).not.toBe((await other.make('k')).id);
});

it('valid for 24 h, then new, also for another body', async () => {
  const { user, make, bookings } = buyer();
  const age = (ms: number) =>
    fixture.query(
      `UPDATE idempotency_keys SET created_at = created_at - $2::double precision * interval '1 ms' WHERE user_id = $1`,
      [user.id, ms],
    );
  const first = await make('k');
  await age(DAY_MS - 60_000);
  expect((await make('k')).id).toBe(first.id);
  await age(60_001);
  const second = await make('k', { note: 'new' });
  expect(second.id).not.toBe(first.id);
  expect((await make('k', { note: 'new' })).id).toBe(second.id);
  expect(await bookings()).toHaveLength(2);
  await age(DAY_MS + 1);
  await sweepRecords(fixture.source.manager, DAY_MS);
  expect(await fixture.query('SELECT 1 FROM idempotency_keys WHERE user_id = $1', [user.id])).toEqual([]);
});

it('the same key after the booking moved on answers the booking as it is now', async () => {
  const { make, user } = buyer();
  const first = await make('k');
  await letPass(fixture, first, 1_000);
  await fixture.query(`UPDATE bookings SET note = 'as it is now' WHERE id = $1`, [first.id]);
  expect(await make('k')).toMatchObject({ id: first.id, note: 'as it is now', userId: user.id });
});

it('an unknown vehicle type is an UnknownReferenceError, and its key stays free', async () => {
  const { make, bookings } = buyer();
  const wrong = await outcome(make('k', { vehicleTypeId: 'rocket' }));
  expect(wrong).toMatchObject({
    ok: false,
    error: { name: 'UnknownReferenceError', field: 'vehicleTypeId' },
  });
  expect(await bookings()).toEqual([]);
  expect(await make('k')).toMatchObject({ status: 'PENDING' });
});

it('whatever text the schema lets through is kept as it is', async () => {
  const { body, make } = buyer();
  // Any UTF-16 there can be, halves of surrogate pairs too.
  const anyText = fc
    .array(fc.nat(0xffff), { minLength: 1, maxLength: 6 })
    .map((units) => String.fromCharCode(...units));
  const texts = fc.oneof(anyText, fc.string({ unit: 'binary' }), fc.constant('half an emoji \ud83c'));
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const given = { ...body, note: text, package: { description: text } };
      const taken = createBookingSchema.safeParse(given);
      if (!taken.success) return;
      expect(await make(undefined, taken.data)).toMatchObject({ note: text, package: { description: text } });
    }),
    { numRuns: 60, examples: [['half an emoji \ud83c'], ["'; -- \\"], ['\u0000']] },
  );
});
