/** Who did what, and why. The reason's text stays here: histories hold none. */
import type { AuditEntry } from '../contract/operator-shapes.js';
import { TOKEN_TYPES, isOneOf, type TokenType } from '../contract/words.js';
import { insertAudit, listAudit, type AuditFilter, type AuditRow } from '../database/statements/records.js';
import type { DispatchContext, Transaction } from './context.js';

export interface Act {
  action: string;
  bookingId?: string | null;
  reason?: string | undefined;
  details?: object;
}

/** Writes what a caller did into the audit, in the transaction that does it. */
export function audit(tx: Transaction, actor: { type: TokenType; id: string }, act: Act): Promise<void> {
  return insertAudit(tx.manager, {
    bookingId: act.bookingId ?? null,
    actor: actor.id,
    action: act.action,
    details: {
      ...act.details,
      actorType: actor.type,
      ...(act.reason === undefined ? {} : { reason: act.reason }),
    },
  });
}

/** The same for an operator's request. */
export function auditOperator(
  tx: Transaction,
  request: { adminId: string; reason?: string | undefined },
  act: Omit<Act, 'reason'>,
): Promise<void> {
  return audit(tx, { type: 'admin', id: request.adminId }, { ...act, reason: request.reason });
}

/** Entries of the audit, newest first. */
export function readAudit(context: DispatchContext, filter: AuditFilter): Promise<AuditRow[]> {
  return listAudit(context.source.manager, filter);
}

export function toAuditEntry(entry: AuditRow): AuditEntry {
  const { reason, actorType, through, ...details } = entry.details;
  return {
    id: entry.id,
    at: entry.at.toISOString(),
    bookingId: entry.booking_id,
    actor: entry.actor,
    actorType: isOneOf(TOKEN_TYPES, actorType) ? actorType : null,
    through: through === 'signal' ? 'signal' : 'call',
    action: entry.action,
    reason: typeof reason === 'string' && reason !== '' ? reason : null,
    details,
  };
}
