import { inTransaction, sqlState, type DispatchContext, type Transaction } from './context.js';
import { lockBooking } from '../database/statements/bookings.js';
import {
  holdSearch,
  startSearch,
  stopWaiting,
  waitForPilots,
  type StandingRow,
} from '../database/statements/searches.js';
import {
  bestAvailable,
  passPilotOver,
  selectBeforeClaim,
  type OverdueOffer,
} from '../database/statements/claim.js';
import { noteStep } from '../database/statements/search-steps.js';
import type { BookingRow, OfferRow, SearchRow } from '../database/rows.js';
import type { Standing } from '../contract/activities.js';
import { SHORTEST_OFFER_MS } from '../contract/limits.js';
import { MESSAGES } from '../contract/messages.js';
import type { SearchStepKind } from '../contract/words.js';
import { CONTENDED_WAIT_MS, takePilot, type MadeOffer } from './take-pilot.js';
import { failForTime, failForWantOfPilots } from './steps.js';
import { settleOffer } from './settle-offer.js';
import { searchOf, standingOf, toStanding } from './standing.js';
import { toOffer } from './views.js';

export interface ClaimStep {
  bookingId: string;
  /** The new offer's id, made in the workflow: a second run with it makes no second offer. */
  offerId: string;
}

/**
 * Rules 1, 3, 6 and 9: begins the search if it has not begun, and asks the best available pilot; with
 * nobody to ask it waits or fails, as the limits of the booking say. Safe to run twice.
 *
 * @returns where the booking stands now; what the workflow has to do follows from it
 */
export async function claimNextPilot(context: DispatchContext, step: ClaimStep): Promise<Standing> {
  let settled = false;
  for (let passedOver = 0; ;) {
    try {
      const claimed = await claimOnce(context, step, settled);
      if (!isOverdue(claimed)) return claimed;
      await settleAll(context, claimed.overdue);
      settled = true;
    } catch (error) {
      if (passedOver >= PASSED_OVER_AT_ONCE || !writeWasRefused(error)) throw error;
      if (!(await passBestOver(context, step.bookingId))) throw error;
      passedOver += 1;
      settled = false;
    }
  }
}

/** More refused writes than this in one claim are no single pilot's: the error is told instead. */
const PASSED_OVER_AT_ONCE = 3;

/** Offers near by that are over and hold pilots for nobody: they have to be settled first. */
interface Overdue {
  overdue: OverdueOffer[];
}

function isOverdue(claimed: Standing | Overdue): claimed is Overdue {
  return 'overdue' in claimed;
}

/** @param settled overdue offers near by were settled a moment ago: what is overdue now is left alone */
function claimOnce(context: DispatchContext, step: ClaimStep, settled: boolean): Promise<Standing | Overdue> {
  return inTransaction(context, async (tx) => {
    const booking = await lockBooking(tx.manager, step.bookingId);
    const found = booking === null ? null : await selectBeforeClaim(tx.manager, step.bookingId, step.offerId);
    if (booking === null || found === null) return standingOf(tx.manager, step.bookingId);
    const standing = toStanding(found);
    // A second run of a claim whose offer was made, and has ended since, makes no other.
    if (standing.kind !== 'searching' || found.offer_made) return standing;
    if (!settled && found.overdue.length > 0) return { overdue: found.overdue };
    const search = await begin(tx, booking, found);
    return askOrFail(tx, booking, { ...found, ...search }, step.offerId);
  });
}

/** Each in a transaction of its own: the lock of one booking is never held while another's is waited for. */
async function settleAll(context: DispatchContext, overdue: OverdueOffer[]): Promise<void> {
  for (const offer of overdue) await settleOffer(context, { bookingId: offer.booking_id, offerId: offer.id });
}

/** SQLSTATE classes of a row that Postgres would not take: data, integrity, check option, raised. */
function writeWasRefused(error: unknown): boolean {
  return /^(22|23|44|P0)/.test(sqlState(error) ?? '');
}

/** Rule 6: the write of an offer to the best pilot failed; the next one is asked instead. */
function passBestOver(context: DispatchContext, bookingId: string): Promise<boolean> {
  return inTransaction(context, async (tx) => {
    const booking = await lockBooking(tx.manager, bookingId);
    const pilotId = booking === null ? null : await bestAvailable(tx.manager, booking, booking.limits);
    if (booking === null || pilotId === null) return false;
    await passPilotOver(tx.manager, booking.id, booking.search_no, pilotId);
    return true;
  });
}

/** Starts the search's time, at the first claim only. */
async function begin(
  tx: Transaction,
  booking: BookingRow,
  found: StandingRow,
): Promise<Partial<StandingRow>> {
  if (found.started_at !== null) return {};
  const started = await startSearch(
    tx.manager,
    booking.id,
    booking.search_no,
    booking.limits.searchTimeoutMs,
  );
  if (started === null) return {};
  const again = (started as SearchRow).origin === 'retry';
  tx.tidings.user(booking, 'booking:search_started', {
    message: again ? MESSAGES.searchRestarted : MESSAGES.searchStarted,
  });
  tx.log('search_started', { bookingId: booking.id, searchNo: booking.search_no, origin: started.origin });
  return {
    started_at: started.started_at,
    ends_at: started.ends_at,
    search_left_ms: booking.limits.searchTimeoutMs,
  };
}

async function askOrFail(
  tx: Transaction,
  booking: BookingRow,
  found: StandingRow,
  offerId: string,
): Promise<Standing> {
  const tried = found.tried_pilot_ids.length;
  const leftMs = found.search_left_ms ?? 0;
  if (tried >= booking.limits.maxPilots) {
    await failForWantOfPilots(tx, booking, MESSAGES.maxPilots, tried);
    return standingOf(tx.manager, booking.id);
  }
  if (leftMs <= 0) {
    await failForTime(tx, booking, tried);
    return standingOf(tx.manager, booking.id);
  }
  const wait = (waitMs: number, until: 'patience' | 'search_end' | 'resume'): Standing => ({
    ...{ kind: 'waiting', search: searchOf(found), waitMs, until },
  });
  if (leftMs < SHORTEST_OFFER_MS) return wait(leftMs, 'search_end');
  if (found.paused) {
    await holdSearch(tx.manager, booking.id, booking.search_no);
    await note(tx, booking, 'held');
    return wait(leftMs, 'resume');
  }
  const offer = await takePilot(tx, booking, offerId, tried + 1);
  if (offer === 'too_late' || offer === 'contended') {
    await note(tx, booking, offer);
    return offer === 'too_late' ? wait(SHORTEST_OFFER_MS, 'search_end') : wait(CONTENDED_WAIT_MS, 'patience');
  }
  if (offer === null) return nobodyToAsk(tx, booking, found);
  await makeOffer(tx, booking, found, offer);
  return toStanding(withOffer(found, offer));
}

/** The standing now that the offer is made: what the statement that made it said, without asking again. */
function withOffer(found: StandingRow, offer: MadeOffer): StandingRow {
  return {
    ...found,
    offer_id: offer.id,
    offer_pilot_id: offer.pilot_id,
    offer_number: offer.number,
    offer_expires_at: offer.expires_at,
    offer_left_ms: leftMsOf(offer),
    tried_pilot_ids: [...found.tried_pilot_ids, offer.pilot_id],
  };
}

function leftMsOf(offer: MadeOffer): number {
  return Math.max(0, offer.expires_at.getTime() - offer.now.getTime());
}

/** Leaves why whom, for those who ask later; in the same transaction, so that it is as true as the offer. */
function note(
  tx: Transaction,
  booking: BookingRow,
  kind: SearchStepKind,
  offer: OfferRow | null = null,
): Promise<void> {
  return noteStep(tx.manager, booking, booking.limits, { kind, offer });
}

async function nobodyToAsk(tx: Transaction, booking: BookingRow, found: StandingRow): Promise<Standing> {
  tx.log('no_pilot_found', { bookingId: booking.id, searchNo: booking.search_no });
  await note(tx, booking, 'no_one');
  // The wait for a pause that is over is no patience used up.
  if (found.held_at !== null) await stopWaiting(tx.manager, booking.id, booking.search_no);
  const patienceMs = booking.limits.searchPatienceMs;
  if (patienceMs > 0) {
    const waitMs = await waitForPilots(tx.manager, booking.id, booking.search_no, patienceMs);
    if (waitMs > 0) return { kind: 'waiting', search: searchOf(found), waitMs, until: 'patience' };
  }
  await failForWantOfPilots(tx, booking, MESSAGES.nobodyNear, found.tried_pilot_ids.length);
  return standingOf(tx.manager, booking.id);
}

async function makeOffer(
  tx: Transaction,
  booking: BookingRow,
  found: StandingRow,
  offer: MadeOffer,
): Promise<void> {
  if (found.waiting_until !== null) await stopWaiting(tx.manager, booking.id, booking.search_no);
  await note(tx, booking, 'asked', offer);
  const ids = { bookingId: booking.id, offerId: offer.id, pilotId: offer.pilot_id };
  tx.log('pilot_found', { ...ids, distanceKm: offer.distance_km });
  tx.tidings.user(booking, 'booking:offer_sent', {
    pilotNumber: offer.number,
    message: MESSAGES.offerSent(offer.number),
  });
  const { at: _at, ...shown } = toOffer({
    ...booking,
    offer_id: offer.id,
    offer_pilot_id: offer.pilot_id,
    distance_km: offer.distance_km,
    expires_at: offer.expires_at,
    now: offer.now,
    left_ms: leftMsOf(offer),
    total_ms: offer.expires_at.getTime() - offer.offered_at.getTime(),
  });
  tx.tidings.pilot(offer.pilot_id, 'booking:offer', shown);
  tx.log('offer_sent', { ...ids, number: offer.number, expiresAt: offer.expires_at.toISOString() });
}
