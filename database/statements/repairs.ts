/** What the reconciler looks for: bookings that no one is working on, by their rows. */
import { ms, row, rows, type Manager } from '../query.js';

/** The lease of the APIs' reconciler, and for how long it is taken. */
export const RECONCILER_LEASE = 'reconciler';
/** All APIs together keep this one, whatever else they have to do: each renews it more than twice a second. */
export const APIS_LEASE = { name: 'apis', holder: 'any of them' } as const;
export const LEASE_MS = 5_000;
/** Not renewed for this long, no API could write. */
const MISSED_AFTER_MS = 2_000;
/** So long after that, apps have connected again, and pilots been heard: a socket is pinged every 5 s. */
const HEARD_AGAIN_MS = 6_000;

/** Takes or keeps a lease for `holder`; false while another has it. */
export async function takeLease(
  manager: Manager,
  name: string,
  holder: string,
  leaseMs: number,
): Promise<boolean> {
  const taken = await row(
    manager,
    `INSERT INTO leases AS l (name, holder, until) VALUES ($1, $2, clock_timestamp() + ${ms(3)})
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until,
       begun_anew_at = CASE WHEN excluded.until - l.until > ${ms(4)} THEN clock_timestamp() ELSE l.begun_anew_at END
       WHERE l.holder = excluded.holder OR l.until < clock_timestamp()
     RETURNING name`,
    [name, holder, leaseMs, MISSED_AFTER_MS],
  );
  return taken !== null;
}

/**
 * Could no API write until a moment ago, since Postgres was away for them, or all of them died? Then pilots who are
 * connected look unreachable, and that nobody is near is not known. False where no API has ever run.
 */
export async function apisWereAway(manager: Manager): Promise<boolean> {
  const found = await row<{ away: boolean }>(
    manager,
    `SELECT until < clock_timestamp() + ${ms(2)}
       OR coalesce(begun_anew_at > clock_timestamp() - ${ms(3)}, false) AS away
     FROM leases WHERE name = $1`,
    [APIS_LEASE.name, LEASE_MS - MISSED_AFTER_MS, HEARD_AGAIN_MS],
  );
  return found?.away ?? false;
}

/** Gives a lease back, so that another process need not wait for its end. */
export async function dropLease(manager: Manager, name: string, holder: string): Promise<void> {
  await rows(manager, 'DELETE FROM leases WHERE name = $1 AND holder = $2', [name, holder]);
}

/**
 * PENDING bookings whose workflow should have acted at least `graceMs` ago and has not: a search that
 * was never started, one past its end, one past its retry window; none with a line in the outbox.
 */
export function stalledBookings(manager: Manager, graceMs: number): Promise<{ booking_id: string }[]> {
  return rows(
    manager,
    `SELECT b.id AS booking_id
     FROM bookings b JOIN searches s ON s.booking_id = b.id AND s.search_no = b.search_no
     WHERE b.status = 'PENDING'
       AND (CASE WHEN s.outcome IS NOT NULL
                 THEN s.ended_at + ((b.limits->>'retryWindowMs')::double precision * interval '1 millisecond')
                 -- A search that was not started may wait for a busy worker: it has longer.
                 ELSE coalesce(s.ends_at, s.created_at + interval '7 seconds') END) < clock_timestamp() - ${ms(1)}
       AND NOT EXISTS (SELECT FROM outbox o WHERE o.booking_id = b.id)
     ORDER BY b.number LIMIT 200`,
    [graceMs],
  );
}

/**
 * PENDING bookings that must have a workflow by now: their search, which is older than `ageMs`, runs or has failed, and
 * nothing in the outbox is on its way to Temporal. In the order of their numbers, behind `afterNumber`; at most `limit`.
 */
export function bookingsWithWorkflow(
  manager: Manager,
  page: { ageMs: number; afterNumber: string; limit: number },
): Promise<{ booking_id: string; number: string }[]> {
  return rows(
    manager,
    `SELECT b.id AS booking_id, b.number::text AS number
     FROM bookings b JOIN searches s ON s.booking_id = b.id AND s.search_no = b.search_no
     WHERE b.status = 'PENDING' AND b.number > $2 AND s.created_at < clock_timestamp() - ${ms(1)}
       AND (s.outcome IS NOT NULL OR s.ends_at > clock_timestamp())
       AND NOT EXISTS (SELECT FROM outbox o WHERE o.booking_id = b.id)
     ORDER BY b.number LIMIT $3`,
    [page.ageMs, page.afterNumber, page.limit],
  );
}

/** Of the given bookings, those that still need a workflow. */
export function unfinishedOf(manager: Manager, bookingIds: string[]): Promise<{ booking_id: string }[]> {
  return rows(
    manager,
    `SELECT id AS booking_id FROM bookings
     WHERE id = ANY ($1::uuid[]) AND status NOT IN ('DELIVERED', 'CANCELLED', 'EXPIRED')`,
    [bookingIds],
  );
}

/** Live offers that no app has shown within `receiptMs`, and that are young enough to be counted once. */
export async function countUnreceivedOffers(manager: Manager, receiptMs: number): Promise<number> {
  const counted = await row<{ count: number }>(
    manager,
    `SELECT count(*)::int AS count FROM offers WHERE status = 'OFFERED' AND received_at IS NULL
       AND offered_at < clock_timestamp() - ${ms(1)}`,
    [receiptMs],
  );
  return counted?.count ?? 0;
}

/** Searches that run now. */
export async function countLiveSearches(manager: Manager): Promise<number> {
  const counted = await row<{ count: number }>(
    manager,
    'SELECT count(*)::int AS count FROM searches WHERE outcome IS NULL',
  );
  return counted?.count ?? 0;
}

/** Postgres' clock: the one clock of all decisions. */
export async function databaseNow(manager: Manager): Promise<Date> {
  const found = await row<{ now: Date }>(manager, 'SELECT clock_timestamp() AS now');
  if (found === null) throw new Error('Postgres told no time');
  return found.now;
}
