/** Steps that several transactions share. Each expects the booking's lock to be held. */
import type { Transaction } from './context.js';
import type { BookingRow, OfferRow, SearchRow } from '../database/rows.js';
import { assignBooking } from '../database/statements/bookings.js';
import { endSearch } from '../database/statements/searches.js';
import { withdrawOffer } from '../database/statements/offers.js';
import { selectAssignedView, type AssignedViewRow } from '../database/statements/lists.js';
import type { Booking } from '../contract/shapes.js';
import { MESSAGES } from '../contract/messages.js';
import type { OfferEndReason, SearchOutcome } from '../contract/words.js';
import { approach, pickupOf, toBooking } from './views.js';

/** A job as its rows say it, and the search that ended with it, if one did. */
export interface Job {
  view: AssignedViewRow;
  ended: Pick<SearchRow, 'started_at' | 'ended_at'> | null;
}

/** The booking becomes the job of the offer's pilot, if the offer is accepted: the rows alone. */
export async function giveJob(tx: Transaction, booking: BookingRow, offerId: string): Promise<Job> {
  const [ended, view] = await Promise.all([
    assignBooking(tx.manager, booking, offerId),
    selectAssignedView(tx.manager, booking.id),
  ]);
  return { ended, view: view as AssignedViewRow };
}

/** What user, pilot and operators are told of a job that was given. */
export function tellOfJob(
  tx: Transaction,
  booking: BookingRow,
  offer: Pick<OfferRow, 'id' | 'pilot_id'>,
  { view, ended }: Job,
  byHand: boolean,
): void {
  const pilotId = offer.pilot_id;
  logSearchEnd(tx, booking, 'assigned', ended);
  const job = toBooking(view, 'pilot');
  const pilot = job.pilot as NonNullable<Booking['pilot']>;
  const here =
    view.pilot_lat === null || view.pilot_lng === null ? null : { lat: view.pilot_lat, lng: view.pilot_lng };
  const way = here === null ? { distanceKm: null, etaSeconds: null } : approach(here, pickupOf(booking));
  tx.tidings.user(booking, 'booking:driver_assigned', {
    pilot,
    ...way,
    message: byHand ? MESSAGES.assignedByHand(pilot.name) : MESSAGES.accepted(pilot.name),
  });
  tx.tidings.pilot(pilotId, 'job:assigned', job);
  tx.tidings.admin('booking:assigned', { bookingId: booking.id, pilotId, pilotName: pilot.name });
  tx.log('booking_assigned', { bookingId: booking.id, offerId: offer.id, pilotId, byHand });
}

/** Ends the search, if it runs still, and says how long it took. */
export async function closeSearch(
  tx: Transaction,
  booking: BookingRow,
  outcome: SearchOutcome,
): Promise<void> {
  logSearchEnd(tx, booking, outcome, await endSearch(tx.manager, booking.id, booking.search_no, outcome));
}

/** Nothing is logged of a search that had ended before. */
function logSearchEnd(
  tx: Transaction,
  booking: BookingRow,
  outcome: SearchOutcome,
  ended: Pick<SearchRow, 'started_at' | 'ended_at'> | null,
): void {
  if (ended === null) return;
  const tookMs = msBetween(ended.started_at, ended.ended_at);
  tx.log('search_ended', { bookingId: booking.id, searchNo: booking.search_no, outcome, tookMs });
}

/** Milliseconds from one of Postgres' times to another; null where one is missing. */
export function msBetween(from: Date | null, to: Date | null): number | null {
  return from === null || to === null ? null : Math.max(0, to.getTime() - from.getTime());
}

/** Takes the booking's live offer back, if it has one, and tells its pilot why. */
export async function withdraw(
  tx: Transaction,
  booking: BookingRow,
  reason: OfferEndReason,
): Promise<OfferRow | null> {
  const offer = await withdrawOffer(tx.manager, booking.id, reason);
  if (offer === null) return null;
  tx.tidings.pilot(offer.pilot_id, 'offer:expired', { offerId: offer.id, bookingId: booking.id, reason });
  tx.log('offer_withdrawn', { bookingId: booking.id, offerId: offer.id, pilotId: offer.pilot_id, reason });
  return offer;
}

/** The search failed for want of pilots: user and operators are told and the user may retry. */
export async function failForWantOfPilots(
  tx: Transaction,
  booking: BookingRow,
  message: string,
  triedPilots: number,
): Promise<void> {
  await closeSearch(tx, booking, 'no_pilots');
  tx.tidings.user(booking, 'booking:no_pilots', { message, canRetry: true, canCancel: true });
  tx.tidings.admin('booking:no_pilots', { bookingId: booking.id, reason: message, triedPilots });
  tx.log('search_failed', { bookingId: booking.id, reason: 'no_pilots', triedPilots });
}

/** The search's time is over: the live offer goes with it, only the search's end is told to the user. */
export async function failForTime(tx: Transaction, booking: BookingRow, triedPilots: number): Promise<void> {
  await withdraw(tx, booking, 'search_timeout');
  await closeSearch(tx, booking, 'search_timeout');
  tx.tidings.user(booking, 'booking:search_timeout', {
    message: MESSAGES.searchTimeout,
    canRetry: true,
    canCancel: true,
  });
  tx.tidings.admin('booking:search_timeout', { bookingId: booking.id, triedPilots });
  tx.log('search_failed', { bookingId: booking.id, reason: 'search_timeout', triedPilots });
}
