// S5: who sees which field of what, in every status. A field too many fails.
import { BOOKING_STATUSES, type BookingStatus } from '../../contract/words.js';
import { DEFAULT_LIMITS } from '../../contract/limits.js';
import { assignmentShape, bookingShape, offerShape, pilotShape } from '../../contract/shapes.js';
import type { BookingViewRow, OfferViewRow } from '../../database/statements/lists.js';
import type { SearchProgressRow } from '../../database/statements/searches.js';
import { approach, bookingNumber, toAssignment, toBooking, toOffer, toPilot } from '../../dispatch/views.js';

const ID = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
const AT = new Date('2026-11-23T10:00:00.000Z');
const WITH_PILOT: BookingStatus[] = ['ASSIGNED', 'ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'];

function row(status: BookingStatus = 'PENDING', change: Partial<BookingViewRow> = {}): BookingViewRow {
  const has = WITH_PILOT.includes(status);
  return {
    id: ID(1),
    number: '1042',
    status,
    user_id: ID(2),
    user_name: 'CANARY-NAME',
    user_phone: 'CANARY-PHONE',
    pickup_lat: 45.5,
    pickup_lng: -73.5,
    pickup_address: 'Pickup',
    dropoff_lat: 45.6,
    dropoff_lng: -73.6,
    dropoff_address: 'Dropoff',
    vehicle_type_id: 'bike',
    package: { description: 'cake', weightKg: 2 },
    payment: { method: 'COD', amount: 5 },
    note: 'ring',
    pilot_id: has ? ID(3) : null,
    pilot_name: has ? 'Pia' : null,
    pilot_phone: has ? '+1' : null,
    pilot_avatar: null,
    pilot_rating: has ? 4.5 : null,
    limits: DEFAULT_LIMITS,
    search_no: 1,
    event_seq: 7,
    created_at: AT,
    assigned_at: has ? AT : null,
    delivered_at: status === 'DELIVERED' ? AT : null,
    cancelled_at: status === 'CANCELLED' ? AT : null,
    unreachable_at: AT,
    ...change,
  };
}

const FIELDS = [
  'assignedAt',
  'bookingNumber',
  'cancelledAt',
  'createdAt',
  'deliveredAt',
  'dropoff',
  'id',
  'note',
  'package',
  'payment',
  'pickup',
  'pilot',
  'status',
  'userId',
  'vehicleTypeId',
];

describe.each(BOOKING_STATUSES)('a booking in %s', (status) => {
  it('its user sees these fields, and not his own card', () => {
    const seen = toBooking(row(status), 'user');
    expect(Object.keys(seen).sort()).toEqual(FIELDS);
    expect(JSON.stringify(seen)).not.toContain('CANARY');
  });

  it("operators, and its pilot from ASSIGNED on, see the customer's name and phone besides", () => {
    for (const reader of WITH_PILOT.includes(status) ? (['admin', 'pilot'] as const) : (['admin'] as const)) {
      const seen = toBooking(row(status), reader);
      expect(Object.keys(seen).sort()).toEqual([...FIELDS, 'user'].sort());
      expect(seen.user).toEqual({ name: 'CANARY-NAME', phone: 'CANARY-PHONE' });
    }
  });

  it('is what the contract says, field by field, for all', () => {
    for (const reader of ['user', 'pilot', 'admin'] as const)
      expect(bookingShape.strict().safeParse(toBooking(row(status), reader)).error).toBeUndefined();
  });

  it('shows a pilot only where there is one, his card and nothing else', () => {
    const { pilot } = toBooking(row(status), 'user');
    if (!WITH_PILOT.includes(status)) expect(pilot).toBeNull();
    else expect(pilot).toEqual({ id: ID(3), name: 'Pia', phone: '+1', avatar: null, rating: 4.5 });
  });
});

it('a customer without a phone has no such field', () => {
  expect(toBooking(row('ASSIGNED', { user_phone: null }), 'pilot').user).toEqual({ name: 'CANARY-NAME' });
});

it('booking numbers as people read them', () => {
  expect(bookingNumber({ number: '1042' })).toBe('B-1042');
});

describe('an offer', () => {
  const offer = (change: Partial<OfferViewRow> = {}): OfferViewRow => ({
    ...row(),
    offer_id: ID(4),
    offer_pilot_id: ID(3),
    distance_km: 1.23456,
    expires_at: new Date(AT.getTime() + 30_000),
    now: AT,
    left_ms: 30_000,
    total_ms: 30_000,
    ...change,
  });

  it('is what the contract says: nothing of the customer, no note', () => {
    const seen = toOffer(offer());
    expect(offerShape.strict().safeParse(seen).error).toBeUndefined();
    expect(Object.keys(seen).sort()).toEqual(
      'at bookingId bookingNumber distanceKm dropoff expiresAt offerId package payment pickup remainingSeconds serverTime totalSeconds tripKm vehicleTypeId'.split(
        ' ',
      ),
    );
    expect(JSON.stringify(seen)).not.toContain('CANARY');
    expect(seen).toMatchObject({ distanceKm: 1.23, tripKm: 13.57, remainingSeconds: 30, totalSeconds: 30 });
  });

  it.each([
    [30_000, 30],
    [29_000.2, 30],
    [29_000, 29],
    [1, 1],
    [0, 0],
    [-5_000, 0],
  ])('%d ms left are %d whole seconds, rounded up', (left_ms, seconds) => {
    expect(toOffer(offer({ left_ms })).remainingSeconds).toBe(seconds);
  });

  it.each([
    [30_000.0004, 30],
    [29_999.9999, 30],
    [10_300, 11],
    [1_000, 1],
  ])('of %d ms in all: %d seconds', (total_ms, seconds) => {
    expect(toOffer(offer({ total_ms })).totalSeconds).toBe(seconds);
  });
});

it('a pilot is what the contract says; a position only where there is all of one', () => {
  const pilot = {
    id: ID(3),
    name: 'Pia',
    phone: null,
    vehicle_type_id: 'bike',
    avatar: null,
    rating: null,
    online: true,
    cooldown_until: AT,
    lat: 0,
    lng: 0,
    received_at: AT,
  };
  const seen = toPilot(pilot);
  expect(pilotShape.strict().safeParse(seen).error).toBeUndefined();
  expect(seen.position).toEqual({ lat: 0, lng: 0, at: '2026-11-23T10:00:00.000Z' });
  for (const missing of ['lat', 'lng', 'received_at'] as const)
    expect(toPilot({ ...pilot, [missing]: null }).position).toBeNull();
});

it('the way to go: kilometres with two decimals, seconds at 25 km/h', () => {
  expect(approach({ lat: 0, lng: 0 }, { lat: 0, lng: 0.1 })).toEqual({
    distanceKm: 11.12,
    etaSeconds: 1_601,
  });
  expect(approach({ lat: 1, lng: 1 }, { lat: 1, lng: 1 })).toEqual({ distanceKm: 0, etaSeconds: 0 });
});

describe('how a search stands', () => {
  const progress = (change: Partial<SearchProgressRow> = {}): SearchProgressRow => ({
    booking_id: ID(1),
    status: 'PENDING',
    outcome: null,
    started_at: AT,
    ends_at: new Date(AT.getTime() + 120_000),
    elapsed_ms: 1_234.5,
    tried: 3,
    live_offer: null,
    ...change,
  });

  it.each([
    ['PENDING', null, null, 'searching', true, false, true],
    ['PENDING', null, ID(4), 'offered', true, false, true],
    ['PENDING', 'no_pilots', null, 'failed', false, true, true],
    ['PENDING', 'search_timeout', null, 'failed', false, true, true],
    ['ASSIGNED', 'assigned', null, 'assigned', false, false, true],
    ['ARRIVED', 'assigned', null, 'assigned', false, false, true],
    ['PICKED_UP', 'assigned', null, 'assigned', false, false, false],
    ['IN_TRANSIT', 'assigned', null, 'assigned', false, false, false],
    ['DELIVERED', 'assigned', null, 'assigned', false, false, false],
    ['CANCELLED', 'cancelled', null, 'cancelled', false, false, false],
    ['EXPIRED', 'no_pilots', null, 'failed', false, false, false],
  ] as const)(
    '%s, %s, offer %s: %s',
    (status, outcome, live_offer, shown, isSearching, canRetry, canCancel) => {
      const seen = toAssignment(progress({ status, outcome, live_offer }));
      expect(seen).toMatchObject({ status: shown, isSearching, canRetry, canCancel, triedPilots: 3 });
      expect(assignmentShape.strict().safeParse(seen).error).toBeUndefined();
    },
  );

  it('before the workflow has begun: searching, without an end', () => {
    expect(
      toAssignment(progress({ started_at: null, ends_at: null, elapsed_ms: 0, tried: 0 })),
    ).toMatchObject({
      status: 'searching',
      searchEndsAt: null,
      elapsedMs: 0,
    });
  });
});
