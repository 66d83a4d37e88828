import { ms, row, rows, type Manager } from '../query.js';

export interface OutboxRow {
  id: string;
  booking_id: string;
  kind: string;
  payload: Record<string, unknown>;
  attempts: number;
}

/**
 * Puts a line into the outbox, leased for `leaseMs` to the process that writes it: it delivers at once
 * after its commit, and the relay takes over when it does not.
 */
export async function insertOutboxLine(
  manager: Manager,
  line: { bookingId: string; kind: string; payload: object; leaseMs: number },
): Promise<OutboxRow> {
  const inserted = await row<OutboxRow>(
    manager,
    `INSERT INTO outbox (booking_id, kind, payload, created_at, due_at)
     SELECT $1, $2, $3, t.now, t.now + ${ms(4)} FROM (SELECT clock_timestamp() AS now) t
     RETURNING id, booking_id, kind, payload, attempts`,
    [line.bookingId, line.kind, line.payload, line.leaseMs],
  );
  return inserted as OutboxRow;
}

/** The same line for many bookings, in one statement. */
export function insertOutboxLines(
  manager: Manager,
  lines: { bookingIds: string[]; kind: string; payload: object; leaseMs: number },
): Promise<OutboxRow[]> {
  return rows<OutboxRow>(
    manager,
    `INSERT INTO outbox (booking_id, kind, payload, created_at, due_at)
     SELECT told.id, $2, $3, t.now, t.now + ${ms(4)}
     FROM unnest($1::uuid[]) told (id), (SELECT clock_timestamp() AS now) t
     RETURNING id, booking_id, kind, payload, attempts`,
    [lines.bookingIds, lines.kind, lines.payload, lines.leaseMs],
  );
}

/** Leases up to `limit` due lines for `leaseMs`; two relays at once never lease the same one. */
export function leaseOutboxLines(manager: Manager, limit: number, leaseMs: number): Promise<OutboxRow[]> {
  return rows<OutboxRow>(
    manager,
    `UPDATE outbox SET due_at = clock_timestamp() + ${ms(2)}, attempts = attempts + 1
     WHERE id IN (SELECT id FROM outbox WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $1
       FOR UPDATE SKIP LOCKED)
     RETURNING id, booking_id, kind, payload, attempts`,
    [limit, leaseMs],
  );
}

/** Delivered: the lines go. */
export async function deleteOutboxLines(manager: Manager, ids: string[]): Promise<void> {
  await rows(manager, 'DELETE FROM outbox WHERE id = ANY ($1::bigint[])', [ids]);
}

/** Not delivered: due again after `delayMs`. */
export async function postponeOutboxLine(manager: Manager, id: string, delayMs: number): Promise<void> {
  await rows(manager, `UPDATE outbox SET due_at = clock_timestamp() + ${ms(2)} WHERE id = $1`, [id, delayMs]);
}

/** How many lines wait, and how old the oldest is in milliseconds (0 with none). */
export async function outboxBacklog(manager: Manager): Promise<{ lines: number; oldest_ms: number }> {
  const backlog = await row<{ lines: number; oldest_ms: number }>(
    manager,
    `SELECT count(*)::int AS lines,
       coalesce(extract(epoch FROM clock_timestamp() - min(created_at)) * 1000, 0)::double precision AS oldest_ms
     FROM outbox`,
  );
  return backlog ?? { lines: 0, oldest_ms: 0 };
}
