import { likeOf, row, rows, type Manager } from '../query.js';
import type { BookingRow } from '../rows.js';
import type { AssignmentStats } from '../../contract/shapes.js';

/** A booking with the card of its pilot, where it has one. */
export interface BookingViewRow extends BookingRow {
  pilot_name: string | null;
  pilot_phone: string | null;
  pilot_avatar: string | null;
  pilot_rating: number | null;
}

const VIEW_COLUMNS = `b.*, p.name AS pilot_name, p.phone AS pilot_phone, p.avatar AS pilot_avatar,
    p.rating AS pilot_rating`;
const VIEW = `SELECT ${VIEW_COLUMNS} FROM bookings b LEFT JOIN pilots p ON p.id = b.pilot_id`;

/** One booking with its pilot's card; null when there is none. */
export function selectBookingView(manager: Manager, bookingId: string): Promise<BookingViewRow | null> {
  return row<BookingViewRow>(manager, `${VIEW} WHERE b.id = $1`, [bookingId]);
}

/** An assigned booking with its pilot's card and where he was last, as far as that is known. */
export type AssignedViewRow = BookingViewRow & { pilot_lat: number | null; pilot_lng: number | null };

/** A booking with its pilot and his position; null when there is no such booking. */
export function selectAssignedView(manager: Manager, bookingId: string): Promise<AssignedViewRow | null> {
  return row<AssignedViewRow>(
    manager,
    `SELECT ${VIEW_COLUMNS}, pos.lat AS pilot_lat, pos.lng AS pilot_lng
     FROM bookings b LEFT JOIN pilots p ON p.id = b.pilot_id LEFT JOIN pilot_positions pos ON pos.pilot_id = p.id
     WHERE b.id = $1`,
    [bookingId],
  );
}

/** The booking of the pilot's job, or null. */
export function selectJobView(manager: Manager, pilotId: string): Promise<BookingViewRow | null> {
  return row<BookingViewRow>(
    manager,
    `${VIEW} JOIN offers o ON o.booking_id = b.id AND o.status = 'ACCEPTED' AND o.ended_at IS NULL
     WHERE o.pilot_id = $1`,
    [pilotId],
  );
}

/** Live offers, by pilot or by the offer's id, with all that the pop-up shows. */
export interface OfferViewRow extends BookingRow {
  offer_id: string;
  offer_pilot_id: string;
  distance_km: number;
  expires_at: Date;
  left_ms: number;
  total_ms: number;
  now: Date;
}

/** The live offers of the given pilots. */
export function liveOffersOf(manager: Manager, pilotIds: string[]): Promise<OfferViewRow[]> {
  return rows<OfferViewRow>(
    manager,
    `SELECT b.*, o.id AS offer_id, o.pilot_id AS offer_pilot_id, o.distance_km, o.expires_at, t.now,
       (extract(epoch FROM o.expires_at - t.now) * 1000)::double precision AS left_ms,
       (extract(epoch FROM o.expires_at - o.offered_at) * 1000)::double precision AS total_ms
     FROM offers o JOIN bookings b ON b.id = o.booking_id CROSS JOIN (SELECT clock_timestamp() AS now) t
     WHERE o.pilot_id = ANY ($1::uuid[]) AND o.status = 'OFFERED' AND o.expires_at > t.now`,
    [pilotIds],
  );
}

export interface BookingFilter {
  userId?: string;
  pilotId?: string;
  status?: string;
  /** Finds in number, addresses, customer and pilot. */
  q?: string;
  /** The number of the last booking of the page before. */
  beforeNumber?: string;
  limit: number;
}

/** Bookings, newest first. */
export function listBookings(manager: Manager, filter: BookingFilter): Promise<BookingViewRow[]> {
  return rows<BookingViewRow>(
    manager,
    `${VIEW}
     WHERE ($1::uuid IS NULL OR b.user_id = $1) AND ($2::uuid IS NULL OR b.pilot_id = $2)
       AND ($3::text IS NULL OR b.status = $3) AND ($4::bigint IS NULL OR b.number < $4)
       AND ($5::text IS NULL OR ('B-' || b.number) ILIKE $5 OR b.id::text ILIKE $5 OR b.pickup_address ILIKE $5
         OR b.dropoff_address ILIKE $5 OR b.user_name ILIKE $5 OR p.name ILIKE $5)
     ORDER BY b.number DESC LIMIT $6`,
    [
      filter.userId ?? null,
      filter.pilotId ?? null,
      filter.status ?? null,
      filter.beforeNumber ?? null,
      likeOf(filter.q),
      filter.limit,
    ],
  );
}

/** Counts of bookings and searches, of all time; the rate is null before any search ended. */
export async function selectStats(manager: Manager): Promise<AssignmentStats> {
  const counts = await row<Omit<AssignmentStats, 'successRate'>>(
    manager,
    `SELECT
       (SELECT count(*) FROM bookings WHERE status = 'PENDING')::int AS "pendingBookings",
       (SELECT count(*) FROM searches WHERE outcome IS NULL)::int AS "activeAssignments",
       (SELECT count(*) FROM searches WHERE outcome IN ('no_pilots', 'search_timeout'))::int AS "failedAssignments",
       (SELECT count(*) FROM searches WHERE outcome = 'assigned')::int AS "assignedBookings"`,
  );
  const found = counts ?? {
    pendingBookings: 0,
    activeAssignments: 0,
    failedAssignments: 0,
    assignedBookings: 0,
  };
  const ended = found.assignedBookings + found.failedAssignments;
  return { ...found, successRate: ended === 0 ? null : found.assignedBookings / ended };
}

/** All vehicle types, by id. */
export function listVehicleTypes(manager: Manager): Promise<{ id: string; name: string }[]> {
  return rows(manager, 'SELECT id, name FROM vehicle_types ORDER BY id');
}

/** Adds a vehicle type; false when the id exists. */
export async function insertVehicleType(manager: Manager, id: string, name: string): Promise<boolean> {
  const added = await rows(
    manager,
    'INSERT INTO vehicle_types (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id',
    [id, name],
  );
  return added.length > 0;
}
