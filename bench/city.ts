/** Pilots and customers of a bench, made by SQL: how they came is not what is measured. */
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import pg from 'pg';
import type { LatLng } from '../contract/geo.js';

export const CENTRE: LatLng = { lat: 45.5, lng: -73.6 };

export interface CityOptions {
  pilots: number;
  /** All of them, unless told: the others are offline. */
  online?: number;
  /** They are spread over a square of this side around the centre, kilometres. */
  sideKm: number;
}

/** Fills an empty database with pilots who stay available: fresh and reachable for a day. */
export async function fillCity(url: string, options: CityOptions): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `INSERT INTO pilots (id, name, phone, vehicle_type_id, rating, online)
     SELECT gen_random_uuid(), 'Pilot ' || n, '+1 514 555 0100', 'bike', 4.8, n <= $2
     FROM generate_series(1, $1::int) AS n`,
    [options.pilots, options.online ?? options.pilots],
  );
  const halfLat = options.sideKm / 2 / 111.2;
  const halfLng = halfLat / Math.cos((CENTRE.lat * Math.PI) / 180);
  await client.query(
    `INSERT INTO pilot_positions (pilot_id, lat, lng, place, received_at, listed)
     SELECT id, lat, lng, dispatch_place(lat, lng), clock_timestamp() + interval '1 day', online
     FROM (SELECT id, online, $1 + (random() - 0.5) * 2 * $3::double precision AS lat,
             $2 + (random() - 0.5) * 2 * $4::double precision AS lng FROM pilots) AS p`,
    [CENTRE.lat, CENTRE.lng, halfLat, halfLng],
  );
  await client.query(
    `INSERT INTO pilot_presence (pilot_id, seen_at) SELECT id, clock_timestamp() + interval '1 day' FROM pilots`,
  );
  // Not the empty tables: whatever they grow to in the next minute would be planned for as empty.
  await client.query('ANALYZE pilots, pilot_positions, pilot_presence');
  await client.end();
}

/** Ids of pilots who are online, at most `limit`. */
export async function onlinePilots(url: string, limit: number): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const found = await client.query<{ id: string }>('SELECT id FROM pilots WHERE online LIMIT $1', [limit]);
  await client.end();
  return found.rows.map((row) => row.id);
}

/** Ends every job as a delivery would, every so often, so that pilots come free again; the answer stops it. */
export function deliverAllTheTime(pool: pg.Pool, everyMs: number): () => Promise<void> {
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(() => deliverAll(pool));
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await running;
    await deliverAll(pool);
  };
}

/** Every booking with a pilot is delivered, and its pilot free. */
export async function deliverAll(pool: pg.Pool): Promise<void> {
  await pool.query(
    `WITH ended AS (
       UPDATE offers SET ended_at = clock_timestamp(), end_reason = 'delivered'
       WHERE status = 'ACCEPTED' AND ended_at IS NULL RETURNING booking_id
     )
     UPDATE bookings SET status = 'DELIVERED', delivered_at = clock_timestamp() FROM ended WHERE id = ended.booking_id`,
  );
}

/** A place within `sideKm` ÷ 2 of the centre. */
export function somewhere(sideKm: number): LatLng {
  const off = (): number => (Math.random() - 0.5) * (sideKm / 111.2);
  return { lat: CENTRE.lat + off(), lng: CENTRE.lng + off() };
}

/** A token of the bench's own secret, as every contender verifies them. */
export function tokenOf(
  secret: string,
  type: 'user' | 'pilot' | 'admin',
  id: string = randomUUID(),
): Promise<string> {
  return new SignJWT({ type, name: `Bench ${type}` })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(id)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('6h')
    .sign(new TextEncoder().encode(secret));
}
