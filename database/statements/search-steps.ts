/** What each look of a search came to, and why the pilots near by were not asked. */
import { chordKm } from '../../contract/geo.js';
import { REACHABLE_MS, type SearchLimits } from '../../contract/limits.js';
import type { NearPilotReason, SearchStepKind } from '../../contract/words.js';
import { ms, rows, type Manager } from '../query.js';
import type { BookingRow, OfferRow } from '../rows.js';

/** Pilots looked at for one step at most, nearest first, and of how many it is kept why not. */
const LOOKED_AT = 50;
const KEPT = 20;
/** How far around the wider radius one looks, as a multiple of it: who is just outside is told so. */
const AROUND = 1.5;
/** Steps removed in one sweep at most. */
const SWEPT_AT_ONCE = 20_000;

/** Why a pilot was not asked; the first that holds. A nearer one who was free was locked by another claim. */
const REASON = `CASE
  WHEN p.id = $9::uuid THEN 'asked'
  WHEN look.chord > $6 THEN 'out_of_radius'
  WHEN mine.end_reason = 'released' THEN 'gave_it_back'
  WHEN mine.status = 'DECLINED' THEN 'declined'
  WHEN mine.pilot_id IS NOT NULL THEN 'tried'
  WHEN p.id = ANY (s.passed_pilot_ids) THEN 'lost_race'
  WHEN p.vehicle_type_id <> $3 THEN 'other_vehicle'
  WHEN NOT p.online THEN 'offline'
  WHEN held.status = 'ACCEPTED' THEN 'on_job'
  WHEN held.status = 'OFFERED' THEN 'holding_offer'
  WHEN look.received_at <= clock_timestamp() - ${ms(7)} THEN 'stale_position'
  WHEN seen.seen_at IS NULL OR seen.seen_at <= clock_timestamp() - interval '${REACHABLE_MS} milliseconds'
    THEN 'unreachable'
  WHEN p.cooldown_until >= clock_timestamp() THEN 'cooling_down'
  WHEN look.implausible_until >= clock_timestamp() THEN 'implausible'
  WHEN $9::uuid IS NULL OR look.chord < $10::double precision - 1e-6 THEN 'lost_race'
  ELSE 'farther' END`;

/** In a query of its own: worked out once, not for each pilot that is looked at. */
const PICKUP = '(SELECT dispatch_place($4, $5))';

/** The nearest of those who are listed (all who are online) or not: each kind has an index of its own. */
function nearest(kind: 'listed' | 'NOT listed'): string {
  return `(SELECT pilot_id, received_at, implausible_until, place <-> ${PICKUP} AS chord
       FROM pilot_positions
       WHERE ${kind} AND place <@ cube_enlarge(${PICKUP}, $12, 3)
       ORDER BY place <-> ${PICKUP} LIMIT ${LOOKED_AT})`;
}

const NOTE_STEP = `WITH look AS MATERIALIZED (
       ${nearest('listed')} UNION ALL ${nearest('NOT listed')} ORDER BY chord LIMIT ${LOOKED_AT}
     ), mine AS MATERIALIZED (
       SELECT DISTINCT ON (pilot_id) pilot_id, status, end_reason FROM offers
       WHERE booking_id = $1 AND ($8::uuid IS NULL OR id <> $8::uuid)
         AND (search_no = $2 OR end_reason = 'released')
       ORDER BY pilot_id, offered_at DESC
     ), judged AS MATERIALIZED (
       SELECT p.id, round((2 * 6371.0088 * asin(least(1, look.chord / (2 * 6371.0088))))::numeric, 2) AS km,
         ${REASON} AS reason, row_number() OVER (ORDER BY look.chord, p.id) AS place
       FROM look JOIN pilots p ON p.id = look.pilot_id
         JOIN searches s ON s.booking_id = $1 AND s.search_no = $2
         LEFT JOIN pilot_presence seen ON seen.pilot_id = p.id
         LEFT JOIN offers held ON held.pilot_id = p.id
           AND (held.status = 'OFFERED' OR (held.status = 'ACCEPTED' AND held.ended_at IS NULL))
         LEFT JOIN mine ON mine.pilot_id = p.id
     ), found AS (
       SELECT count(*)::int AS looked_at,
         count(*) FILTER (WHERE reason IN ('asked', 'farther', 'lost_race'))::int AS candidates,
         coalesce(jsonb_agg(jsonb_build_object('pilotId', id, 'km', km, 'reason', reason) ORDER BY place)
           FILTER (WHERE place <= ${KEPT}), '[]') AS reasons
       FROM judged
     ), last AS (
       SELECT step, kind FROM search_steps WHERE booking_id = $1 AND search_no = $2 ORDER BY step DESC LIMIT 1
     )
     INSERT INTO search_steps AS old
       (booking_id, search_no, step, kind, offer_id, pilot_id, distance_km, looked_at, candidates, reasons, at)
     SELECT $1, $2,
       coalesce((SELECT CASE WHEN kind = $11::text AND $8::uuid IS NULL THEN step ELSE step + 1 END FROM last), 1),
       $11::text, $8::uuid, $9::uuid, $13::double precision, found.looked_at, found.candidates, found.reasons, clock_timestamp()
     FROM found
     ON CONFLICT (booking_id, search_no, step) DO UPDATE SET times = old.times + 1, looked_at = excluded.looked_at,
       candidates = excluded.candidates, reasons = excluded.reasons`;

/**
 * Writes one step of a search, in one statement: the nearest ${LOOKED_AT} pilots are looked at, of whatever state,
 * and the nearest ${KEPT} kept with their reason. The same again without an offer counts the last step on. The
 * caller holds the booking's lock.
 */
export async function noteStep(
  manager: Manager,
  booking: BookingRow,
  limits: SearchLimits,
  step: { kind: SearchStepKind; offer: OfferRow | null },
): Promise<void> {
  const widest = Math.max(limits.searchRadiusKm, limits.maxRadiusKm);
  await rows(manager, NOTE_STEP, [
    booking.id,
    booking.search_no,
    booking.vehicle_type_id,
    booking.pickup_lat,
    booking.pickup_lng,
    chordKm(widest),
    limits.pilotStaleMs,
    step.offer?.id ?? null,
    step.offer?.pilot_id ?? null,
    step.offer === null ? null : chordKm(step.offer.distance_km),
    step.kind,
    chordKm(widest * AROUND),
    step.offer?.distance_km ?? null,
  ]);
}

export interface SearchStepRow {
  search_no: number;
  step: number;
  kind: SearchStepKind;
  offer_id: string | null;
  looked_at: number;
  candidates: number;
  times: number;
  reasons: { pilotId: string; pilotName: string; km: number; reason: NearPilotReason }[];
  at: Date;
}

/** The steps of all searches of a booking, oldest first, with the pilots' names. */
export function stepsOf(manager: Manager, bookingId: string): Promise<SearchStepRow[]> {
  return rows(
    manager,
    `SELECT st.search_no, st.step, st.kind, st.offer_id, st.looked_at, st.candidates, st.times, st.at,
       coalesce((SELECT jsonb_agg(near.one || jsonb_build_object('pilotName', p.name) ORDER BY near.n)
         FROM jsonb_array_elements(st.reasons) WITH ORDINALITY near (one, n)
           JOIN pilots p ON p.id = (near.one->>'pilotId')::uuid), '[]') AS reasons
     FROM search_steps st WHERE st.booking_id = $1 ORDER BY st.search_no, st.step LIMIT 1000`,
    [bookingId],
  );
}

/** Removes steps older than `keepMs`, some at a time; the rest goes with the next sweep. */
export async function sweepSteps(manager: Manager, keepMs: number): Promise<void> {
  await rows(
    manager,
    `DELETE FROM search_steps WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM search_steps WHERE at < clock_timestamp() - ${ms(1)} ORDER BY at LIMIT ${SWEPT_AT_ONCE}))`,
    [keepMs],
  );
}
