import { ms, row, rows, type Manager } from '../query.js';
import type { BookingRow } from '../rows.js';
import type { BookingStatus } from '../../contract/words.js';
import type { SearchLimits } from '../../contract/limits.js';
import type { CreateBooking } from '../../contract/schemas.js';

/**
 * Locks the booking's row until the transaction ends: the first lock of every transaction that
 * changes a booking (order: booking, offer, pilot). Null when there is none.
 */
export function lockBooking(manager: Manager, bookingId: string): Promise<BookingRow | null> {
  return row<BookingRow>(manager, 'SELECT * FROM bookings WHERE id = $1 FOR NO KEY UPDATE', [bookingId]);
}

/** Reads without a lock. */
export function findBooking(manager: Manager, bookingId: string): Promise<BookingRow | null> {
  return row<BookingRow>(manager, 'SELECT * FROM bookings WHERE id = $1', [bookingId]);
}

export interface NewBooking {
  id: string;
  user: { id: string; name: string; phone: string | null };
  body: CreateBooking;
  limits: SearchLimits;
}

/** Inserts a booking; the caller begins its first search. Fails on an unknown vehicle type (23503). */
export async function insertBooking(manager: Manager, booking: NewBooking): Promise<BookingRow> {
  const { body, user } = booking;
  const inserted = await rows<BookingRow>(
    manager,
    `INSERT INTO bookings (id, user_id, user_name, user_phone, pickup_lat, pickup_lng, pickup_address,
       dropoff_lat, dropoff_lng, dropoff_address, vehicle_type_id, package, payment, note, limits)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING *`,
    [
      booking.id,
      user.id,
      user.name,
      user.phone,
      body.pickup.lat,
      body.pickup.lng,
      body.pickup.address,
      body.dropoff.lat,
      body.dropoff.lng,
      body.dropoff.address,
      body.vehicleTypeId,
      body.package ?? null,
      body.payment ?? null,
      body.note ?? null,
      booking.limits,
    ],
  );
  return inserted[0] as BookingRow;
}

/** The pilot has the job: PENDING becomes ASSIGNED. */
export function assignBooking(
  manager: Manager,
  bookingId: string,
  pilotId: string,
): Promise<BookingRow | null> {
  return row<BookingRow>(
    manager,
    `UPDATE bookings SET status = 'ASSIGNED', pilot_id = $2, assigned_at = clock_timestamp(), unreachable_at = NULL
     WHERE id = $1 AND status = 'PENDING' RETURNING *`,
    [bookingId, pilotId],
  );
}

/** The job is given back: PENDING again, without a pilot, its next search numbered. */
export function unassignBooking(manager: Manager, bookingId: string): Promise<BookingRow | null> {
  return row<BookingRow>(
    manager,
    `UPDATE bookings SET status = 'PENDING', pilot_id = NULL, assigned_at = NULL, unreachable_at = NULL,
       search_no = search_no + 1
     WHERE id = $1 AND status IN ('ASSIGNED', 'ARRIVED') RETURNING *`,
    [bookingId],
  );
}

/** Numbers the booking's next search. */
export function advanceSearchNo(manager: Manager, bookingId: string): Promise<BookingRow | null> {
  return row<BookingRow>(
    manager,
    `UPDATE bookings SET search_no = search_no + 1 WHERE id = $1 AND status = 'PENDING' RETURNING *`,
    [bookingId],
  );
}

/** Sets a status, and the time that goes with it. The caller holds the row's lock and checked the step. */
export async function setBookingStatus(
  manager: Manager,
  bookingId: string,
  status: BookingStatus,
): Promise<BookingRow> {
  const changed = await row<BookingRow>(
    manager,
    `UPDATE bookings SET status = $2,
       delivered_at = CASE WHEN $2 = 'DELIVERED' THEN clock_timestamp() ELSE delivered_at END,
       cancelled_at = CASE WHEN $2 = 'CANCELLED' THEN clock_timestamp() ELSE cancelled_at END
     WHERE id = $1 RETURNING *`,
    [bookingId, status],
  );
  return changed as BookingRow;
}

/**
 * Was the booking assigned within the last `agoMs` milliseconds of Postgres' clock? With the age of a
 * request it tells whether the request was already under way when the pilot accepted.
 */
export async function assignedWithin(manager: Manager, bookingId: string, agoMs: number): Promise<boolean> {
  const found = await row<{ crossed: boolean }>(
    manager,
    `SELECT assigned_at > clock_timestamp() - ($2::double precision * interval '1 millisecond') AS crossed
     FROM bookings WHERE id = $1`,
    [bookingId, agoMs],
  );
  return found?.crossed === true;
}

/** The booking made with this key by this user within `validMs`, and the hash of its body. */
export interface KeyRow {
  body_hash: string;
  booking_id: string;
}

/**
 * Claims an idempotency key for a booking. Null when it was free or outdated and is now taken for
 * `bookingId`; else what it was used for. Waits for a transaction that is just taking the same key.
 */
export async function claimIdempotencyKey(
  manager: Manager,
  key: { userId: string; key: string; bodyHash: string; bookingId: string; validMs: number },
): Promise<KeyRow | null> {
  const taken = await rows<KeyRow>(
    manager,
    `INSERT INTO idempotency_keys AS k (user_id, key, body_hash, booking_id, created_at)
     VALUES ($1, $2, $3, $4, clock_timestamp())
     ON CONFLICT (user_id, key) DO UPDATE
       SET body_hash = excluded.body_hash, booking_id = excluded.booking_id, created_at = excluded.created_at
       WHERE k.created_at < clock_timestamp() - ($5::double precision * interval '1 millisecond')
     RETURNING body_hash, booking_id`,
    [key.userId, key.key, key.bodyHash, key.bookingId, key.validMs],
  );
  if (taken.length > 0) return null;
  return row<KeyRow>(
    manager,
    'SELECT body_hash, booking_id FROM idempotency_keys WHERE user_id = $1 AND key = $2',
    [key.userId, key.key],
  );
}

/** What a key that is still valid was used for; null when it is free. */
export function findIdempotencyKey(
  manager: Manager,
  key: { userId: string; key: string; validMs: number },
): Promise<KeyRow | null> {
  return row<KeyRow>(
    manager,
    `SELECT body_hash, booking_id FROM idempotency_keys
     WHERE user_id = $1 AND key = $2 AND created_at >= clock_timestamp() - ${ms(3)}`,
    [key.userId, key.key, key.validMs],
  );
}
