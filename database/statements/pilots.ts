import { row, rows, type Manager } from '../query.js';
import type { PilotRow, PilotWithPositionRow } from '../rows.js';
import { IMPLAUSIBLE_JUMP_KM, IMPLAUSIBLE_MS, IMPLAUSIBLE_SPEED_KPH } from '../../contract/limits.js';
import { chordKm } from '../../contract/geo.js';
import type { CreatePilot } from '../../contract/schemas.js';

const WITH_POSITION = `SELECT p.*, pos.lat, pos.lng, pos.received_at
  FROM pilots p LEFT JOIN pilot_positions pos ON pos.pilot_id = p.id`;

/** A pilot with his last position; null when there is none of this id. */
export function findPilot(manager: Manager, pilotId: string): Promise<PilotWithPositionRow | null> {
  return row<PilotWithPositionRow>(manager, `${WITH_POSITION} WHERE p.id = $1`, [pilotId]);
}

/** Locks a pilot as the claim does; waits for the claim that holds him. */
export function lockPilot(manager: Manager, pilotId: string): Promise<PilotRow | null> {
  return row<PilotRow>(manager, 'SELECT * FROM pilots WHERE id = $1 FOR NO KEY UPDATE', [pilotId]);
}

/** Pilots in the order of their ids, after `cursor` (an id). */
export function listPilots(
  manager: Manager,
  limit: number,
  cursor: string | null,
): Promise<PilotWithPositionRow[]> {
  return rows(
    manager,
    `${WITH_POSITION} WHERE ($2::uuid IS NULL OR p.id > $2::uuid) ORDER BY p.id LIMIT $1`,
    [limit, cursor],
  );
}

/** Adds a pilot, offline; changes nothing when the id exists. Fails on an unknown vehicle type (23503). */
export async function insertPilot(manager: Manager, id: string, pilot: CreatePilot): Promise<void> {
  await rows(
    manager,
    `INSERT INTO pilots (id, name, phone, vehicle_type_id, avatar, rating) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (id) DO NOTHING`,
    [id, pilot.name, pilot.phone, pilot.vehicleTypeId, pilot.avatar ?? null, pilot.rating ?? null],
  );
}

/**
 * Sets a pilot online or offline; waits for a claim that holds him, so that none can follow unseen. At the commit a trigger
 * puts his position among those that claims look at, or takes it away.
 */
export function setOnline(manager: Manager, pilotId: string, online: boolean): Promise<PilotRow | null> {
  return row<PilotRow>(manager, 'UPDATE pilots SET online = $2 WHERE id = $1 RETURNING *', [pilotId, online]);
}

/** Cools a pilot down who gave `releases` jobs back within `windowMs`. */
export async function coolDown(
  manager: Manager,
  pilotId: string,
  releases: number,
  windowMs: number,
): Promise<void> {
  await rows(
    manager,
    `UPDATE pilots SET cooldown_until = clock_timestamp() + ($3::double precision * interval '1 millisecond')
     WHERE id = $1 AND $2 <= (SELECT count(*) FROM offers WHERE pilot_id = $1 AND end_reason = 'released'
       AND ended_at > clock_timestamp() - ($3::double precision * interval '1 millisecond'))`,
    [pilotId, releases, windowMs],
  );
}

/** One report of a position, degrees WGS 84. */
export interface PositionReport {
  pilotId: string;
  lat: number;
  lng: number;
  heading: number | null;
  speedKph: number | null;
}

/**
 * Writes many positions at once, one for each pilot; unknown pilots are passed over. A jump of more than
 * 50 km at more than 1,000 km/h is kept, and flagged for a minute (rule 1). Written in the order of ids, so that two
 * batches never wait for each other: without ORDER BY the plan looks pilots up in an order of its own.
 *
 * @returns the ids that were written
 */
export async function upsertPositions(manager: Manager, reports: PositionReport[]): Promise<string[]> {
  const written = await rows<{ pilot_id: string }>(
    manager,
    `INSERT INTO pilot_positions AS old (pilot_id, lat, lng, place, heading, speed_kph, received_at)
     SELECT r.pilot_id, r.lat, r.lng, dispatch_place(r.lat, r.lng), r.heading, r.speed_kph, clock_timestamp()
     FROM unnest($1::uuid[], $2::double precision[], $3::double precision[], $4::double precision[],
       $5::double precision[]) AS r (pilot_id, lat, lng, heading, speed_kph)
     WHERE EXISTS (SELECT FROM pilots p WHERE p.id = r.pilot_id) ORDER BY r.pilot_id
     ON CONFLICT (pilot_id) DO UPDATE SET lat = excluded.lat, lng = excluded.lng, place = excluded.place,
       heading = excluded.heading, speed_kph = excluded.speed_kph, received_at = excluded.received_at,
       implausible_until = CASE
         WHEN old.place <-> excluded.place > ${chordKm(IMPLAUSIBLE_JUMP_KM)}
           AND old.place <-> excluded.place > ${IMPLAUSIBLE_SPEED_KPH / 3600}
             * extract(epoch FROM excluded.received_at - old.received_at)
         THEN excluded.received_at + interval '${IMPLAUSIBLE_MS} milliseconds'
         ELSE old.implausible_until END
     RETURNING pilot_id`,
    [
      reports.map((report) => report.pilotId),
      reports.map((report) => report.lat),
      reports.map((report) => report.lng),
      reports.map((report) => report.heading),
      reports.map((report) => report.speedKph),
    ],
  );
  return written.map((found) => found.pilot_id);
}

/**
 * Deletes where pilots were last, once that is older than `keptMs`: nobody needs it any more. During a job it stays.
 *
 * @returns how many were deleted
 */
export async function forgetOldPositions(manager: Manager, keptMs: number): Promise<number> {
  const gone = await rows(
    manager,
    `DELETE FROM pilot_positions pos
     WHERE pos.received_at < clock_timestamp() - ($1::double precision * interval '1 millisecond')
       AND NOT EXISTS (SELECT FROM offers o
         WHERE o.pilot_id = pos.pilot_id AND o.status = 'ACCEPTED' AND o.ended_at IS NULL)
     RETURNING pilot_id`,
    [keptMs],
  );
  return gone.length;
}

/**
 * Notes when pilots were last alive: `agoMs` milliseconds before now, by Postgres' clock. Never moves
 * the time back; unknown pilots are passed over.
 */
export async function markSeen(manager: Manager, seen: { pilotId: string; agoMs: number }[]): Promise<void> {
  await rows(
    manager,
    `INSERT INTO pilot_presence AS old (pilot_id, seen_at)
     SELECT r.pilot_id, clock_timestamp() - r.ago_ms * interval '1 millisecond'
     FROM unnest($1::uuid[], $2::double precision[]) AS r (pilot_id, ago_ms)
     WHERE EXISTS (SELECT FROM pilots p WHERE p.id = r.pilot_id) ORDER BY r.pilot_id
     ON CONFLICT (pilot_id) DO UPDATE SET seen_at = excluded.seen_at WHERE old.seen_at < excluded.seen_at`,
    [seen.map((one) => one.pilotId), seen.map((one) => one.agoMs)],
  );
}

/** Jobs of the given pilots: whom to tell that they moved. */
export interface JobWatchRow {
  booking_id: string;
  user_id: string;
  pilot_id: string;
  status: string;
  pickup_lat: number;
  pickup_lng: number;
  dropoff_lat: number;
  dropoff_lng: number;
}

const JOB_WATCH = `b.id AS booking_id, b.user_id, o.pilot_id, b.status, b.pickup_lat, b.pickup_lng,
  b.dropoff_lat, b.dropoff_lng`;

/** The job of a booking with its pilot's last position; null without a live job or a position. */
export function jobPosition(
  manager: Manager,
  bookingId: string,
): Promise<(JobWatchRow & { lat: number; lng: number; heading: number | null; received_at: Date }) | null> {
  return row(
    manager,
    `SELECT ${JOB_WATCH}, pos.lat, pos.lng, pos.heading, pos.received_at
     FROM offers o JOIN bookings b ON b.id = o.booking_id JOIN pilot_positions pos ON pos.pilot_id = o.pilot_id
     WHERE o.booking_id = $1 AND o.status = 'ACCEPTED' AND o.ended_at IS NULL`,
    [bookingId],
  );
}

/** The live jobs of the given pilots, and Postgres' time. */
export function jobsOfPilots(manager: Manager, pilotIds: string[]): Promise<(JobWatchRow & { now: Date })[]> {
  return rows(
    manager,
    `SELECT ${JOB_WATCH}, clock_timestamp() AS now
     FROM offers o JOIN bookings b ON b.id = o.booking_id
     WHERE o.pilot_id = ANY ($1::uuid[]) AND o.status = 'ACCEPTED' AND o.ended_at IS NULL`,
    [pilotIds],
  );
}

/** Bookings before pickup whose pilot sent no position for `staleMs`, and whose user was not told yet. */
export function unreachableJobs(
  manager: Manager,
  staleMs: number,
  bookingId: string | null = null,
): Promise<{ booking_id: string }[]> {
  return rows(
    manager,
    `SELECT b.id AS booking_id FROM bookings b LEFT JOIN pilot_positions pos ON pos.pilot_id = b.pilot_id
     WHERE b.status IN ('ASSIGNED', 'ARRIVED') AND b.unreachable_at IS NULL AND ($2::uuid IS NULL OR b.id = $2)
       AND greatest(b.assigned_at, pos.received_at)
         < clock_timestamp() - ($1::double precision * interval '1 millisecond')
     LIMIT 200`,
    [staleMs, bookingId],
  );
}
