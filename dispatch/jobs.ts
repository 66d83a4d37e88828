/** A job under way: its steps, and giving it back. */
import { inTransaction, type DispatchContext, type Transaction } from './context.js';
import {
  findBooking,
  lockBooking,
  setBookingStatus,
  unassignBooking,
} from '../database/statements/bookings.js';
import { insertSearch } from '../database/statements/searches.js';
import { endJob } from '../database/statements/offers.js';
import { coolDown } from '../database/statements/pilots.js';
import { selectBookingView, type BookingViewRow } from '../database/statements/lists.js';
import type { BookingRow } from '../database/rows.js';
import type { Booking } from '../contract/shapes.js';
import { COOLDOWN_MS, RELEASES_BEFORE_COOLDOWN } from '../contract/limits.js';
import { MESSAGES, STATUS_MESSAGES } from '../contract/messages.js';
import { JOB_STATUSES, RELEASABLE_STATUSES, isOneOf, type JobStatus } from '../contract/words.js';
import { audit, auditOperator } from './audit.js';
import { ConflictError, NotFoundError } from './errors.js';
import { toBooking, type Reader } from './views.js';

/**
 * Moves a job one step forward; the same step twice is fine. Throws NotFoundError when the job is not
 * the pilot's, ConflictError for any other step. Delivery ends the job and the booking's workflow.
 */
export function stepJob(
  context: DispatchContext,
  step: { bookingId: string; pilotId: string; status: JobStatus },
): Promise<Booking> {
  return inTransaction(context, async (tx) => {
    const booking = await lockJob(tx, step.bookingId, step.pilotId);
    if (booking.status !== step.status) {
      if (booking.status === 'CANCELLED')
        throw new ConflictError('booking_cancelled', 'This booking was cancelled.');
      if (JOB_STATUSES.indexOf(step.status) !== JOB_STATUSES.indexOf(booking.status as JobStatus) + 1)
        throw new ConflictError(
          'job_step_invalid',
          `A job in ${booking.status} cannot become ${step.status}.`,
        );
      await setBookingStatus(tx.manager, booking.id, step.status);
      tx.tidings.user(booking, 'booking:status', {
        status: step.status,
        message: STATUS_MESSAGES[step.status] ?? '',
      });
      tx.log('job_step', { bookingId: booking.id, pilotId: step.pilotId, status: step.status });
      if (step.status === 'DELIVERED') await endJob(tx.manager, booking.id, 'delivered');
      tx.tellWorkflow(booking.id, 'nudge', {});
    }
    return answer(tx, booking.id, 'pilot');
  });
}

/**
 * Rule 7: the pilot gives his job back before pickup and a new search begins without him. Throws
 * NotFoundError when it is not his, ConflictError from pickup on.
 */
export function releaseByPilot(
  context: DispatchContext,
  request: { bookingId: string; pilotId: string; reason: string },
): Promise<Booking> {
  return inTransaction(context, async (tx) => {
    const booking = await lockJob(tx, request.bookingId, request.pilotId);
    await release(tx, booking, request.pilotId, {});
    await audit(
      tx,
      { type: 'pilot', id: request.pilotId },
      {
        action: 'release',
        bookingId: booking.id,
        reason: request.reason,
        details: { pilotId: request.pilotId },
      },
    );
    return answer(tx, booking.id, 'user');
  });
}

/** Rule 12: an operator takes a job back from its pilot; as rule 7. */
export function releaseByOperator(
  context: DispatchContext,
  request: { bookingId: string; adminId: string; reason: string },
): Promise<Booking> {
  return inTransaction(context, async (tx) => {
    const booking = await lockBooking(tx.manager, request.bookingId);
    if (booking === null) throw new NotFoundError('no such booking');
    const pilotId = booking.pilot_id;
    if (pilotId === null) throw notReleasable(booking);
    await release(tx, booking, pilotId, { by: request.adminId });
    tx.tidings.pilot(pilotId, 'booking:cancelled', {
      bookingId: booking.id,
      by: 'admin',
      message: MESSAGES.cancelled,
    });
    await auditOperator(tx, request, { action: 'release', bookingId: booking.id, details: { pilotId } });
    return answer(tx, booking.id, 'admin');
  });
}

async function release(
  tx: Transaction,
  booking: BookingRow,
  pilotId: string,
  nudge: { by?: string },
): Promise<void> {
  if (!isOneOf(RELEASABLE_STATUSES, booking.status)) throw notReleasable(booking);
  const job = await endJob(tx.manager, booking.id, 'released');
  const next = (await unassignBooking(tx.manager, booking.id)) as BookingRow;
  await insertSearch(tx.manager, booking.id, next.search_no, 'release');
  await coolDown(tx.manager, pilotId, RELEASES_BEFORE_COOLDOWN, COOLDOWN_MS);
  tx.tidings.user(booking, 'booking:driver_released', { message: MESSAGES.released });
  tx.tellWorkflow(booking.id, 'nudge', nudge);
  tx.log('job_released', {
    bookingId: booking.id,
    offerId: job?.id,
    pilotId,
    searchNo: next.search_no,
  });
}

function notReleasable(booking: BookingRow): ConflictError {
  return new ConflictError('job_not_releasable', `A booking in ${booking.status} cannot be given back.`);
}

async function lockJob(tx: Transaction, bookingId: string, pilotId: string): Promise<BookingRow> {
  const seen = await findBooking(tx.manager, bookingId);
  if (seen?.pilot_id !== pilotId) throw new NotFoundError('no such job');
  const booking = await lockBooking(tx.manager, bookingId);
  if (booking?.pilot_id !== pilotId) throw new NotFoundError('no such job');
  return booking;
}

async function answer(tx: Transaction, bookingId: string, reader: Reader): Promise<Booking> {
  return toBooking((await selectBookingView(tx.manager, bookingId)) as BookingViewRow, reader);
}
