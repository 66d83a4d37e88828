/** What operators watch: searches, pilots on the map, events of all bookings. One statement each. */
import { likeOf, ms, rows, type Manager } from '../query.js';
import type { EventRow } from './events.js';
import { PROGRESS, type SearchProgressRow } from './searches.js';
import type { BookingStatus, PilotState, SearchOrigin, SearchState } from '../../contract/words.js';

/** The latest search of a booking, with what stands around it. */
export interface SearchViewRow extends SearchProgressRow {
  number: string;
  vehicle_type_id: string;
  user_name: string;
  pickup_lat: number;
  pickup_lng: number;
  pickup_address: string;
  dropoff_lat: number;
  dropoff_lng: number;
  dropoff_address: string;
  max_pilots: number;
  search_no: number;
  origin: SearchOrigin;
  created_at: Date;
  ended_at: Date | null;
  pilot_id: string | null;
  pilot_name: string | null;
  offer_pilot_id: string | null;
  offer_pilot_name: string | null;
  offer_number: number | null;
  offer_expires_at: Date | null;
  offer_received_at: Date | null;
  unreceived: number;
}

export interface SearchFilter {
  state: SearchState;
  vehicleTypeId?: string;
  /** Finds in number, id, addresses, customer, and the pilot who is asked or has the job. */
  q?: string;
  /** The number of the last booking of the page before. */
  beforeNumber?: string;
  limit: number;
}

const WITH_PILOT: BookingStatus[] = ['ASSIGNED', 'ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'];
const IS_OFFERED = `EXISTS (SELECT FROM offers o WHERE o.booking_id = b.id AND o.status = 'OFFERED')`;

/** Which bookings have a search in a state: their statuses, and what else must be true of them. */
const STATES: Record<SearchState, { statuses: BookingStatus[]; and: string }> = {
  open: { statuses: ['PENDING'], and: 'true' },
  searching: { statuses: ['PENDING'], and: `s.outcome IS NULL AND NOT ${IS_OFFERED}` },
  offered: { statuses: ['PENDING'], and: `s.outcome IS NULL AND ${IS_OFFERED}` },
  failed: { statuses: ['PENDING', 'EXPIRED'], and: `(b.status = 'EXPIRED' OR s.outcome IS NOT NULL)` },
  assigned: { statuses: WITH_PILOT, and: 'true' },
  cancelled: { statuses: ['CANCELLED'], and: 'true' },
  all: { statuses: [...WITH_PILOT, 'PENDING', 'CANCELLED', 'EXPIRED'], and: 'true' },
};

const LATEST = 'JOIN searches s ON s.booking_id = b.id AND s.search_no = b.search_no';
const PILOTS = `LEFT JOIN pilots p ON p.id = b.pilot_id
  LEFT JOIN offers live ON live.booking_id = b.id AND live.status = 'OFFERED'
  LEFT JOIN pilots asked ON asked.id = live.pilot_id`;
/** A filter looks at this many of the newest bookings of each status: text is compared row by row. */
const MOST_LOOKED_AT = 50_000;

/** The newest bookings of one status that fit; the status stands in the text, so that the planner knows how rare it is. */
function newestOf(status: BookingStatus, and: string): string {
  return `(SELECT b.id, b.number FROM
     (SELECT * FROM bookings WHERE status = '${status}' AND ($1::bigint IS NULL OR number < $1)
      ORDER BY number DESC LIMIT ${MOST_LOOKED_AT}) b ${LATEST} ${PILOTS}
   WHERE ${and} AND ($2::text IS NULL OR b.vehicle_type_id = $2)
     AND ($3::text IS NULL OR ('B-' || b.number) ILIKE $3 OR b.id::text ILIKE $3 OR b.pickup_address ILIKE $3
       OR b.dropoff_address ILIKE $3 OR b.user_name ILIKE $3 OR p.name ILIKE $3 OR asked.name ILIKE $3)
   ORDER BY b.number DESC LIMIT $4)`;
}

/**
 * The latest search of each booking, newest booking first, and Postgres' time. Each status is read from the
 * top of its own index, so that what ended long ago costs nothing; with `q` or a rare vehicle type the
 * 50,000 newest bookings of each status are looked at.
 *
 * @param receiptMs an offer that no app showed within this time is counted as not received
 */
export async function listSearches(
  manager: Manager,
  filter: SearchFilter,
  receiptMs: number,
): Promise<{ now: Date; found: SearchViewRow[] }> {
  const { statuses, and } = STATES[filter.state];
  const found = await rows<SearchViewRow & { now: Date }>(
    manager,
    `SELECT t.now, view.*
     FROM (SELECT clock_timestamp() AS now) t LEFT JOIN LATERAL (
       SELECT ${PROGRESS}, b.number, b.vehicle_type_id, b.user_name, b.pickup_lat, b.pickup_lng, b.pickup_address,
         b.dropoff_lat, b.dropoff_lng, b.dropoff_address, (b.limits->>'maxPilots')::int AS max_pilots,
         s.search_no, s.origin, s.created_at, s.ended_at, b.pilot_id, p.name AS pilot_name,
         live.pilot_id AS offer_pilot_id, asked.name AS offer_pilot_name, live.number AS offer_number,
         live.expires_at AS offer_expires_at, live.received_at AS offer_received_at,
         (SELECT count(*)::int FROM offers o
          WHERE o.booking_id = b.id AND o.search_no = b.search_no AND o.number > 0
            AND coalesce(o.received_at, o.accepted_at, o.ended_at, t.now) > o.offered_at + ${ms(5)}) AS unreceived
       FROM (SELECT id FROM (${statuses.map((one) => newestOf(one, and)).join(' UNION ALL ')}) any_status
             ORDER BY number DESC LIMIT $4) newest
         JOIN bookings b ON b.id = newest.id ${LATEST} ${PILOTS}
     ) view ON true ORDER BY view.number DESC`,
    [filter.beforeNumber ?? null, filter.vehicleTypeId ?? null, likeOf(filter.q), filter.limit, receiptMs],
  );
  return { now: nowOf(found), found: found.filter((one) => one.booking_id !== null) };
}

function nowOf(found: { now: Date }[]): Date {
  const [first] = found;
  if (first === undefined) throw new Error('no row, where one always is');
  return first.now;
}

/** A pilot who is online, where he was last. */
export interface PilotOnMapRow {
  id: string;
  name: string;
  vehicle_type_id: string;
  lat: number;
  lng: number;
  heading: number | null;
  received_at: Date;
  state: PilotState;
}

/** Pilots on one map at most. */
const MOST_PILOTS = 10_000;

/** Every pilot who is online and has a position (older than `staleMs`: `stale`), and Postgres' time. */
export async function pilotsOnMap(
  manager: Manager,
  staleMs: number,
): Promise<{ now: Date; found: PilotOnMapRow[] }> {
  const found = await rows<PilotOnMapRow & { now: Date }>(
    manager,
    `SELECT t.now, p.id, p.name, p.vehicle_type_id, round(pos.lat::numeric, 5)::double precision AS lat,
       round(pos.lng::numeric, 5)::double precision AS lng, round(pos.heading) AS heading, pos.received_at,
       CASE WHEN pos.received_at < t.now - ${ms(1)} THEN 'stale' WHEN held.status = 'OFFERED' THEN 'offered'
         WHEN held.status = 'ACCEPTED' THEN 'job' ELSE 'free' END AS state
     FROM (SELECT clock_timestamp() AS now) t
       LEFT JOIN (pilots p JOIN pilot_positions pos ON pos.pilot_id = p.id) ON p.online
       LEFT JOIN offers held ON held.pilot_id = p.id
         AND (held.status = 'OFFERED' OR (held.status = 'ACCEPTED' AND held.ended_at IS NULL))
     LIMIT ${MOST_PILOTS}`,
    [staleMs],
  );
  return { now: nowOf(found), found: found.filter((one) => one.id !== null) };
}

/**
 * The latest events of all bookings, newest first. The index on `at` is read from its end: a millisecond
 * among two million events, whatever their age. (A BRIN index, cheaper to write by a tenth, had to read every
 * event of its window: half a second for an hour of 200,000.)
 */
export function recentEvents(
  manager: Manager,
  limit: number,
): Promise<(EventRow & { booking_id: string; number: string })[]> {
  return rows(
    manager,
    `SELECT e.booking_id, b.number, e.seq, e.event, e.payload, e.at
     FROM booking_events e JOIN bookings b ON b.id = e.booking_id
     ORDER BY e.at DESC, e.booking_id, e.seq DESC LIMIT $1`,
    [limit],
  );
}
