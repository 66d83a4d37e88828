import { inTransaction, type DispatchContext, type Transaction } from './context.js';
import { advanceSearchNo, lockBooking } from '../database/statements/bookings.js';
import { insertSearch, selectStanding } from '../database/statements/searches.js';
import { insertAudit } from '../database/statements/records.js';
import type { BookingRow } from '../database/rows.js';
import type { Standing } from '../contract/activities.js';
import { MESSAGES } from '../contract/messages.js';
import { audit } from './audit.js';
import { lockOwnBooking, senderOf, type Caller } from './cancel-booking.js';
import { NotFoundError } from './errors.js';
import { standingOf } from './standing.js';

/**
 * Rule 4: a new search for a booking that is the caller's and PENDING; while one runs it starts nothing
 * and succeeds. Throws NotFoundError otherwise. Safe to run twice.
 */
export function retryByCaller(
  context: DispatchContext,
  request: { bookingId: string; caller: Caller; reason?: string | undefined },
): Promise<{ success: true; message: string }> {
  return inTransaction(context, async (tx) => {
    const { booking } = await lockOwnBooking(tx, request.bookingId, request.caller);
    if (booking.status !== 'PENDING') throw new NotFoundError('no such booking');
    const searchNo = (await beginRetry(tx, booking)) ?? booking.search_no;
    // Told even when a search runs: if its workflow is gone, this brings it back.
    tx.tellWorkflow(booking.id, 'retry', { by: senderOf(request.caller), searchNo });
    if (request.caller.type === 'admin' || request.reason !== undefined)
      await audit(tx, request.caller, {
        action: 'retry',
        bookingId: booking.id,
        reason: request.reason,
        details: { searchNo },
      });
    return { success: true, message: MESSAGES.searchRestarted };
  });
}

/** Retries by a signal sent by hand, if the search that it follows failed and is the last. Safe to run twice. */
export function retryBySignal(
  context: DispatchContext,
  step: { bookingId: string; by: string; afterSearchNo: number },
): Promise<Standing> {
  return inTransaction(context, async (tx) => {
    const booking = await lockBooking(tx.manager, step.bookingId);
    const follows = booking?.status === 'PENDING' && booking.search_no === step.afterSearchNo;
    if (follows && (await beginRetry(tx, booking)) !== null)
      await insertAudit(tx.manager, {
        bookingId: booking.id,
        actor: step.by,
        action: 'retry',
        details: { through: 'signal' },
      });
    return standingOf(tx.manager, step.bookingId);
  });
}

/** Makes the next search known if the last one has ended; answers its number, or null. */
async function beginRetry(tx: Transaction, booking: BookingRow): Promise<number | null> {
  const found = await selectStanding(tx.manager, booking.id);
  if (found === null || found.outcome === null) return null;
  const next = await advanceSearchNo(tx.manager, booking.id);
  if (next === null) return null;
  await insertSearch(tx.manager, booking.id, next.search_no, 'retry');
  tx.log('search_retried', { bookingId: booking.id, searchNo: next.search_no });
  return next.search_no;
}
