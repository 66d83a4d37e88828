import { row, rows, type Manager } from '../query.js';

/** Of Postgres' clock: the number of the minute, and the seconds until it is over. */
const THIS_MINUTE = 'floor(extract(epoch FROM clock_timestamp()) / 60)::bigint';
const SECONDS_LEFT = 'ceil(60 - extract(epoch FROM clock_timestamp())::numeric % 60)::int';

/** Writes who did what by hand into the audit. */
export async function insertAudit(
  manager: Manager,
  entry: { bookingId: string | null; actor: string; action: string; details: object },
): Promise<void> {
  await rows(
    manager,
    'INSERT INTO audit_entries (booking_id, actor, action, details, at) VALUES ($1, $2, $3, $4, clock_timestamp())',
    [entry.bookingId, entry.actor, entry.action, entry.details],
  );
}

/**
 * Writes that an operator looked, once a minute for `key`, all processes together: one statement, so that a look that could
 * not be written does not count as written.
 *
 * @returns the seconds until the minute is over (by Postgres' clock)
 */
export async function noteLook(
  manager: Manager,
  key: string,
  look: { bookingId: string | null; actor: string; action: string },
): Promise<number> {
  const noted = await row<{ left_s: number }>(
    manager,
    `WITH first AS (
       INSERT INTO rate_counters (key, minute, used)
       SELECT $1, ${THIS_MINUTE}, 1
       ON CONFLICT (key, minute) DO NOTHING RETURNING 1),
     written AS (
       INSERT INTO audit_entries (booking_id, actor, action, details, at)
       SELECT $2::uuid, $3, $4, '{}', clock_timestamp() FROM first)
     SELECT ${SECONDS_LEFT} AS left_s`,
    [key, look.bookingId, look.actor, look.action],
  );
  return noted?.left_s ?? 0;
}

export interface AuditRow {
  id: string;
  booking_id: string | null;
  actor: string;
  action: string;
  details: Record<string, unknown>;
  at: Date;
}

export interface AuditFilter {
  bookingId?: string;
  actor?: string;
  /** The id of the last entry of the page before. */
  beforeId?: string;
  limit: number;
}

/** Entries of the audit, newest first. */
export function listAudit(manager: Manager, filter: AuditFilter): Promise<AuditRow[]> {
  return rows(
    manager,
    `SELECT id, booking_id, actor, action, details, at FROM audit_entries
     WHERE ($1::uuid IS NULL OR booking_id = $1) AND ($2::text IS NULL OR actor = $2)
       AND ($3::bigint IS NULL OR id < $3)
     ORDER BY id DESC LIMIT $4`,
    [filter.bookingId ?? null, filter.actor ?? null, filter.beforeId ?? null, filter.limit],
  );
}

/** Refuses a subject's tokens made until now, or one token by its id, from now on. */
export async function insertRevocation(manager: Manager, kind: 'sub' | 'jti', value: string): Promise<void> {
  await rows(
    manager,
    `INSERT INTO revoked_tokens (kind, value, revoked_at) VALUES ($1, $2, clock_timestamp())
     ON CONFLICT (kind, value) DO UPDATE SET revoked_at = excluded.revoked_at`,
    [kind, value],
  );
}

/** All revocations; few, since tokens expire. */
export function listRevocations(
  manager: Manager,
): Promise<{ kind: 'sub' | 'jti'; value: string; revoked_at: Date }[]> {
  return rows(manager, 'SELECT kind, value, revoked_at FROM revoked_tokens');
}

/**
 * Takes up to `wanted` of what a key may still use in its minute, all processes together.
 *
 * @returns how many were granted, and the seconds until the minute is over (by Postgres' clock)
 */
export async function takeFromMinute(
  manager: Manager,
  key: string,
  wanted: number,
  limit: number,
): Promise<{ granted: number; retryAfterSeconds: number; minute: number }> {
  const taken = await row<{ before: number; used: number; left_s: number; minute: string }>(
    manager,
    `INSERT INTO rate_counters AS c (key, minute, used)
     SELECT $1, ${THIS_MINUTE}, least($2::int, $3::int)
     ON CONFLICT (key, minute) DO UPDATE SET used = c.used + $2::int
     RETURNING c.used - $2::int AS before, c.used, c.minute,
       ${SECONDS_LEFT} AS left_s`,
    [key, wanted, limit],
  );
  const before = Math.max(0, taken?.before ?? 0);
  return {
    granted: Math.max(0, Math.min(wanted, limit - before)),
    retryAfterSeconds: Math.max(1, taken?.left_s ?? 1),
    minute: Number(taken?.minute ?? 0),
  };
}

/** Removes counters of minutes that are over and keys that are no longer valid. */
export async function sweepRecords(manager: Manager, idempotencyMs: number): Promise<void> {
  await rows(manager, `DELETE FROM rate_counters WHERE minute < ${THIS_MINUTE} - 1`);
  await rows(
    manager,
    `DELETE FROM idempotency_keys
     WHERE created_at < clock_timestamp() - ($1::double precision * interval '1 millisecond')`,
    [idempotencyMs],
  );
}
