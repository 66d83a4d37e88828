import { randomUUID } from 'node:crypto';
import { inTransaction, type DispatchContext, type Transaction } from './context.js';
import { advanceSearchNo, lockBooking } from '../database/statements/bookings.js';
import { insertSearch, selectStanding } from '../database/statements/searches.js';
import { findPilot, lockPilot } from '../database/statements/pilots.js';
import { holdingOfferOfPilot, insertJobByHand } from '../database/statements/offers.js';
import { selectBookingView, type BookingViewRow } from '../database/statements/lists.js';
import type { BookingRow, PilotRow } from '../database/rows.js';
import type { Booking } from '../contract/shapes.js';
import { greatCircleKm } from '../contract/geo.js';
import { auditOperator } from './audit.js';
import { ConflictError, NotFoundError } from './errors.js';
import { settleOverdueOf } from './settle-offer.js';
import { giveJob, tellOfJob, withdraw } from './steps.js';
import { pickupOf, toBooking } from './views.js';

export interface HandAssignment {
  bookingId: string;
  pilotId: string;
  adminId: string;
  reason?: string | undefined;
}

/**
 * An operator gives a PENDING booking (searching or failed) to a pilot, without an offer. A live offer to
 * another is withdrawn. Throws NotFoundError for an unknown booking or pilot, ConflictError when the
 * booking is not PENDING or the pilot is offline, taken, or has another vehicle.
 */
export async function assignByHand(context: DispatchContext, request: HandAssignment): Promise<Booking> {
  await settleOverdueOf(context, request.pilotId);
  return inTransaction(context, async (tx) => {
    const booking = await lockBooking(tx.manager, request.bookingId);
    if (booking === null) throw new NotFoundError('no such booking');
    if (booking.status !== 'PENDING')
      throw new ConflictError('booking_not_pending', `A booking in ${booking.status} cannot be assigned.`);
    const pilot = await lockPilot(tx.manager, request.pilotId);
    if (pilot === null) throw new NotFoundError('no such pilot');
    await refuseUnlessFree(tx, booking, pilot);
    await takeOver(tx, booking, pilot.id);
    tx.tellWorkflow(booking.id, 'nudge', { by: request.adminId });
    await auditOperator(tx, request, {
      action: 'assign',
      bookingId: booking.id,
      details: { pilotId: pilot.id },
    });
    const view = await selectBookingView(tx.manager, booking.id);
    return toBooking(view as BookingViewRow, 'admin');
  });
}

async function refuseUnlessFree(tx: Transaction, booking: BookingRow, pilot: PilotRow): Promise<void> {
  if (!pilot.online) throw new ConflictError('pilot_offline', 'This pilot is offline.');
  if (pilot.vehicle_type_id !== booking.vehicle_type_id)
    throw new ConflictError(
      'pilot_wrong_vehicle',
      `This pilot has a ${pilot.vehicle_type_id}, the booking wants a ${booking.vehicle_type_id}.`,
    );
  const holding = await holdingOfferOfPilot(tx.manager, pilot.id);
  if (holding === null || (holding.booking_id === booking.id && holding.status === 'OFFERED')) return;
  throw new ConflictError(
    'pilot_busy',
    holding.status === 'OFFERED'
      ? 'This pilot holds an offer of another booking.'
      : 'This pilot is on a job.',
  );
}

async function takeOver(tx: Transaction, booking: BookingRow, pilotId: string): Promise<void> {
  await withdraw(tx, booking, 'reassigned');
  const current = await searchForHand(tx, booking);
  const pilot = await findPilot(tx.manager, pilotId);
  const here =
    pilot?.lat === null || pilot?.lng === null || pilot === null ? null : { lat: pilot.lat, lng: pilot.lng };
  const job = { id: randomUUID(), pilot_id: pilotId };
  await insertJobByHand(tx.manager, {
    id: job.id,
    bookingId: booking.id,
    searchNo: current.search_no,
    pilotId,
    distanceKm: here === null ? 0 : greatCircleKm(here, pickupOf(booking)),
  });
  tellOfJob(tx, current, job, await giveJob(tx, current, job.id), true);
}

/** A failed search stays failed in the counts: the assignment by hand gets a search of its own. */
async function searchForHand(tx: Transaction, booking: BookingRow): Promise<BookingRow> {
  const found = await selectStanding(tx.manager, booking.id);
  if (found?.outcome === null) return booking;
  const next = (await advanceSearchNo(tx.manager, booking.id)) as BookingRow;
  await insertSearch(tx.manager, booking.id, next.search_no, 'by_hand');
  return next;
}
