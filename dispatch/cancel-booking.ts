import { inTransaction, type DispatchContext, type Transaction } from './context.js';
import {
  assignedAgoMs,
  findBooking,
  lockBooking,
  setBookingStatus,
} from '../database/statements/bookings.js';
import { endJob } from '../database/statements/offers.js';
import { selectBookingView, type BookingViewRow } from '../database/statements/lists.js';
import { insertAudit } from '../database/statements/records.js';
import type { BookingRow } from '../database/rows.js';
import type { Booking } from '../contract/shapes.js';
import type { Standing } from '../contract/activities.js';
import { MESSAGES } from '../contract/messages.js';
import { CANCELLABLE_STATUSES, isOneOf, type BookingStatus } from '../contract/words.js';
import { audit } from './audit.js';
import { ConflictError, NotFoundError } from './errors.js';
import { closeSearch, withdraw } from './steps.js';
import { standingOf } from './standing.js';
import { toBooking } from './views.js';

/** Who asks: the booking's user, or an operator. */
export interface Caller {
  type: 'user' | 'admin';
  id: string;
}

/** Who a signal says has sent it: operators by their id, the customer as such. */
export function senderOf(caller: Caller): string {
  return caller.type === 'admin' ? caller.id : caller.type;
}

export interface CancelRequest {
  bookingId: string;
  caller: Caller;
  reason?: string;
  /** How long ago the request reached us, milliseconds: tells a cancel that crossed an accept. */
  ageMs: number;
}

/**
 * Cancels before pickup (rule 5); twice is fine. Throws NotFoundError when it is not the caller's,
 * ConflictError from pickup on, when expired, and when a pilot accepted while this very request was
 * under way (rule 8: accept and cancel never both succeed; asked again, knowing it, it cancels).
 */
export function cancelByCaller(context: DispatchContext, request: CancelRequest): Promise<Booking> {
  const askedAt = performance.now() - request.ageMs;
  return inTransaction(context, async (tx) => {
    const { booking, before } = await lockOwnBooking(tx, request.bookingId, request.caller);
    if (booking.status !== 'CANCELLED') {
      // Its age now, after the wait for the lock that the accept may have held.
      const ageMs = (): number => (before === 'PENDING' ? Infinity : performance.now() - askedAt);
      await refuseUnlessCancellable(tx, booking, ageMs);
      await cancel(tx, booking, request.caller.type);
      tx.tellWorkflow(booking.id, 'cancel', { by: senderOf(request.caller) });
      await audit(tx, request.caller, {
        action: 'cancel',
        bookingId: booking.id,
        reason: request.reason,
      });
    }
    const view = await selectBookingView(tx.manager, booking.id);
    return toBooking(view as BookingViewRow, request.caller.type);
  });
}

/** Cancels by a signal or Temporal's Cancel, if it may still be; safe to run twice. */
export function cancelBySignal(
  context: DispatchContext,
  step: { bookingId: string; by: string },
): Promise<Standing> {
  return inTransaction(context, async (tx) => {
    const booking = await lockBooking(tx.manager, step.bookingId);
    if (booking !== null && isOneOf(CANCELLABLE_STATUSES, booking.status)) {
      await cancel(tx, booking, step.by === 'user' ? 'user' : 'admin');
      await insertAudit(tx.manager, {
        bookingId: booking.id,
        actor: step.by,
        action: 'cancel',
        details: { through: 'signal' },
      });
    }
    return standingOf(tx.manager, step.bookingId);
  });
}

/**
 * Locks a booking that is the caller's; an operator may touch all. Answers also the status that it had before
 * the wait for the lock. Throws NotFoundError otherwise.
 */
export async function lockOwnBooking(
  tx: Transaction,
  bookingId: string,
  caller: Caller,
): Promise<{ booking: BookingRow; before: BookingStatus }> {
  // Looked at before it is locked, so that a stranger never waits on another's booking.
  const seen = await findBooking(tx.manager, bookingId);
  if (seen === null || (caller.type === 'user' && seen.user_id !== caller.id))
    throw new NotFoundError('no such booking');
  return { booking: (await lockBooking(tx.manager, bookingId)) as BookingRow, before: seen.status };
}

async function refuseUnlessCancellable(
  tx: Transaction,
  booking: BookingRow,
  ageMs: () => number,
): Promise<void> {
  switch (booking.status) {
    case 'PENDING':
    case 'ARRIVED':
      return;
    case 'ASSIGNED':
      if (await crossedAccept(tx, booking.id, ageMs))
        throw new ConflictError(
          'booking_assigned',
          'A driver accepted at the same moment. Cancel again if you still want to.',
        );
      return;
    case 'EXPIRED':
      throw new ConflictError('booking_expired', 'This booking has expired.');
    case 'DELIVERED':
      throw new ConflictError('booking_delivered', 'This booking was delivered.');
    case 'CANCELLED':
    case 'PICKED_UP':
    case 'IN_TRANSIT':
      throw new ConflictError('booking_in_progress', 'The package is on its way and cannot be cancelled.');
  }
}

/** Looks at most, while the two clocks leave it open which was first. */
const CROSSING_LOOKS = 12;

/**
 * Was the booking assigned after the request had reached us? Between the two clocks lies the way to Postgres and
 * back: the request's age at Postgres' answer is between its age before the question and after the answer. What
 * that leaves open is asked again, and in the end counts as crossed: the user may simply ask again.
 */
async function crossedAccept(tx: Transaction, bookingId: string, ageMs: () => number): Promise<boolean> {
  for (let look = 0; look < CROSSING_LOOKS; look += 1) {
    const atLeastMs = ageMs();
    const assignedMs = (await assignedAgoMs(tx.manager, bookingId)) ?? 0;
    if (assignedMs < atLeastMs) return true;
    if (assignedMs >= ageMs()) return false;
  }
  return true;
}

async function cancel(tx: Transaction, booking: BookingRow, by: 'user' | 'admin'): Promise<void> {
  await withdraw(tx, booking, 'cancelled');
  const job = await endJob(tx.manager, booking.id, 'cancelled');
  await setBookingStatus(tx.manager, booking.id, 'CANCELLED');
  await closeSearch(tx, booking, 'cancelled');
  tx.tidings.user(booking, 'booking:cancelled', { by, message: MESSAGES.cancelled });
  if (job !== null)
    tx.tidings.pilot(job.pilot_id, 'booking:cancelled', {
      bookingId: booking.id,
      by,
      message: MESSAGES.cancelled,
    });
  tx.log('booking_cancelled', { bookingId: booking.id, by, offerId: job?.id, pilotId: job?.pilot_id });
}
