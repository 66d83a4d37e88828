/** Ends that no tap brings: a retry window that closes, a pilot who vanishes. */
import { inTransaction, type DispatchContext } from './context.js';
import { lockBooking, setBookingStatus } from '../database/statements/bookings.js';
import { selectStanding } from '../database/statements/searches.js';
import { unreachableJobs } from '../database/statements/pilots.js';
import { rows } from '../database/query.js';
import type { Standing } from '../contract/activities.js';
import { MESSAGES, STATUS_MESSAGES } from '../contract/messages.js';
import { standingOf, toStanding } from './standing.js';

/** Ends a booking whose last search failed and whose retry window is over. Safe to run twice. */
export function expireBooking(context: DispatchContext, step: { bookingId: string }): Promise<Standing> {
  return inTransaction(context, async (tx) => {
    const booking = await lockBooking(tx.manager, step.bookingId);
    const found = await selectStanding(tx.manager, step.bookingId);
    const standing = found === null ? null : toStanding(found);
    if (booking !== null && standing?.kind === 'failed' && standing.retryWindowLeftMs <= 0) {
      await setBookingStatus(tx.manager, booking.id, 'EXPIRED');
      tx.tidings.user(booking, 'booking:status', {
        status: 'EXPIRED',
        message: STATUS_MESSAGES.EXPIRED ?? '',
      });
      tx.log('booking_expired', { bookingId: booking.id });
    }
    return standingOf(tx.manager, step.bookingId);
  });
}

/**
 * Rule 12: tells user and operators of each pilot who sent no position for `jobStaleMs` before pickup,
 * once for each job. Several processes may run it at once. Answers how many were told of.
 */
export async function tellOfUnreachablePilots(context: DispatchContext, jobStaleMs: number): Promise<number> {
  const candidates = await unreachableJobs(context.source.manager, jobStaleMs);
  for (const { booking_id: bookingId } of candidates)
    await inTransaction(context, async (tx) => {
      const booking = await lockBooking(tx.manager, bookingId);
      // Under the lock once more: he may have shown himself while we waited for it.
      const still = await unreachableJobs(tx.manager, jobStaleMs, bookingId);
      if (booking === null || booking.pilot_id === null || still.length === 0) return;
      await rows(tx.manager, 'UPDATE bookings SET unreachable_at = clock_timestamp() WHERE id = $1', [
        bookingId,
      ]);
      tx.tidings.user(booking, 'booking:driver_unreachable', {
        message: MESSAGES.unreachable,
        canCancel: true,
      });
      tx.tidings.admin('booking:driver_unreachable', { bookingId, pilotId: booking.pilot_id });
      tx.log('pilot_unreachable', { bookingId, pilotId: booking.pilot_id });
    });
  return candidates.length;
}
