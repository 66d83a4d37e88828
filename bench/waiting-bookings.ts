/** Bookings that wait for their first pilot, made by SQL: what is measured is how one is found. */
import type pg from 'pg';
import { DEFAULT_LIMITS, type SearchLimits } from '../contract/limits.js';
import type { BookingRow } from '../database/rows.js';
import { CENTRE } from './city.js';

export interface WaitingBookings {
  count: number;
  /** Pickups are spread over a square of this side around the centre, kilometres. */
  sideKm: number;
  limits?: Partial<SearchLimits>;
  /** Has the search's time begun? A claim alone needs it; a whole one begins it. */
  started: boolean;
}

/** Adds bookings, each with its first search. */
export async function addWaitingBookings(pool: pg.Pool, wanted: WaitingBookings): Promise<BookingRow[]> {
  const halfLat = wanted.sideKm / 2 / 111.2;
  const halfLng = halfLat / Math.cos((CENTRE.lat * Math.PI) / 180);
  const { rows } = await pool.query<BookingRow>(
    `INSERT INTO bookings (id, user_id, user_name, pickup_lat, pickup_lng, pickup_address, dropoff_lat, dropoff_lng,
       dropoff_address, vehicle_type_id, limits)
     SELECT gen_random_uuid(), gen_random_uuid(), 'Bench', $2 + (random() - 0.5) * 2 * $4::double precision,
       $3 + (random() - 0.5) * 2 * $5::double precision, 'A', $2, $3, 'B', 'bike', $6
     FROM generate_series(1, $1::int) RETURNING *`,
    [wanted.count, CENTRE.lat, CENTRE.lng, halfLat, halfLng, { ...DEFAULT_LIMITS, ...wanted.limits }],
  );
  await pool.query(
    `INSERT INTO searches (booking_id, search_no, origin, started_at, ends_at)
     SELECT id, 1, 'booking', t.starts, t.starts + interval '1 hour'
     FROM unnest($1::uuid[]) AS id, (SELECT CASE WHEN $2 THEN clock_timestamp() END AS starts) t`,
    [rows.map((booking) => booking.id), wanted.started],
  );
  return rows;
}

/** Every live offer is withdrawn and its search over: all pilots are free again. */
export async function withdrawAll(pool: pg.Pool): Promise<void> {
  await pool.query(
    `WITH ended AS (
       UPDATE offers SET status = 'WITHDRAWN', ended_at = clock_timestamp(), end_reason = 'cancelled'
       WHERE status = 'OFFERED' RETURNING booking_id
     ), cancelled AS (
       UPDATE bookings SET status = 'CANCELLED', cancelled_at = clock_timestamp()
       FROM ended WHERE id = ended.booking_id
     )
     UPDATE searches SET outcome = 'cancelled', ended_at = clock_timestamp()
     FROM ended WHERE searches.booking_id = ended.booking_id AND outcome IS NULL`,
  );
}
