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
import { apisWereAway } from '../database/statements/repairs.js';
import type { BookingRow, SearchRow } from '../database/rows.js';
import type { Standing } from '../contract/activities.js';
import { SHORTEST_OFFER_MS } from '../contract/limits.js';
import { MESSAGES } from '../contract/messages.js';
import { makeOffer, note } from './make-offer.js';
import { CONTENDED_WAIT_MS, takePilot } from './take-pilot.js';
import { failForTime, failForWantOfPilots } from './steps.js';
import { settleOffer } from './settle-offer.js';
import { searchOf, standingOf, toStanding } from './standing.js';

/** No pilot could be heard until a moment ago: it is looked again this often, until they had the time to be. */
const UNHEARD_WAIT_MS = 500;

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
    const [booking, found] = await Promise.all([
      lockBooking(tx.manager, step.bookingId),
      selectBeforeClaim(tx.manager, step.bookingId, step.offerId),
    ]);
    if (booking === null || found === null) return standingOf(tx.manager, step.bookingId);
    const standing = toStanding(found);
    // A second run of a claim whose offer was made, and has ended since, makes no other.
    if (standing.kind !== 'searching' || found.offer_made) return standing;
    if (!settled && found.overdue.length > 0) return { overdue: found.overdue };
    return askOrFail(tx, booking, found, step.offerId);
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
  before: StandingRow,
  offerId: string,
): Promise<Standing> {
  const tried = before.tried_pilot_ids.length;
  const leftMs = before.started_at === null ? booking.limits.searchTimeoutMs : (before.search_left_ms ?? 0);
  const beginning = begin(tx, booking, before);
  if (tried >= booking.limits.maxPilots || leftMs < SHORTEST_OFFER_MS || before.paused)
    return askNobody(tx, booking, { ...before, ...(await beginning) }, leftMs);
  // Together: a search that begins takes its first pilot on the same way.
  const [begun, offer] = await Promise.all([beginning, takePilot(tx, booking, offerId, tried + 1)]);
  const found = { ...before, ...begun };
  if (offer === 'too_late' || offer === 'contended') {
    note(tx, booking, offer);
    return offer === 'too_late'
      ? waiting(found, SHORTEST_OFFER_MS, 'search_end')
      : waiting(found, CONTENDED_WAIT_MS, 'patience');
  }
  if (offer === null) return nobodyToAsk(tx, booking, found);
  return makeOffer(tx, booking, found, offer);
}

/** Nobody is asked: enough were, the time is over or too short for an offer, or the vehicle type is paused. */
async function askNobody(
  tx: Transaction,
  booking: BookingRow,
  found: StandingRow,
  leftMs: number,
): Promise<Standing> {
  const tried = found.tried_pilot_ids.length;
  if (tried >= booking.limits.maxPilots) {
    await failForWantOfPilots(tx, booking, MESSAGES.maxPilots, tried);
    return standingOf(tx.manager, booking.id);
  }
  if (leftMs <= 0) {
    await failForTime(tx, booking, tried);
    return standingOf(tx.manager, booking.id);
  }
  if (leftMs < SHORTEST_OFFER_MS) return waiting(found, leftMs, 'search_end');
  await holdSearch(tx.manager, booking.id, booking.search_no);
  note(tx, booking, 'held');
  return waiting(found, leftMs, 'resume');
}

function waiting(found: StandingRow, waitMs: number, until: 'patience' | 'search_end' | 'resume'): Standing {
  return { kind: 'waiting', search: searchOf(found), waitMs, until };
}

async function nobodyToAsk(tx: Transaction, booking: BookingRow, found: StandingRow): Promise<Standing> {
  tx.log('no_pilot_found', { bookingId: booking.id, searchNo: booking.search_no });
  note(tx, booking, 'no_one');
  if (await apisWereAway(tx.manager)) return waiting(found, UNHEARD_WAIT_MS, 'patience');
  // The wait for a pause that is over is no patience used up.
  if (found.held_at !== null) await stopWaiting(tx.manager, booking.id, booking.search_no);
  const patienceMs = booking.limits.searchPatienceMs;
  if (patienceMs > 0) {
    const waitMs = await waitForPilots(tx.manager, booking.id, booking.search_no, patienceMs);
    if (waitMs > 0) return waiting(found, waitMs, 'patience');
  }
  await failForWantOfPilots(tx, booking, MESSAGES.nobodyNear, found.tried_pilot_ids.length);
  return standingOf(tx.manager, booking.id);
}
