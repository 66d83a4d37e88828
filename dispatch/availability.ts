import { inTransaction, type DispatchContext, type Transaction } from './context.js';
import { lockBooking } from '../database/statements/bookings.js';
import { holdingOfferOfPilot } from '../database/statements/offers.js';
import { findPilot, setOnline } from '../database/statements/pilots.js';
import type { OfferRow, PilotWithPositionRow } from '../database/rows.js';
import type { Pilot } from '../contract/shapes.js';
import { MESSAGES } from '../contract/messages.js';
import { auditOperator } from './audit.js';
import { ConflictError, NotFoundError } from './errors.js';
import { settleOverdueOf } from './settle-offer.js';
import { withdraw } from './steps.js';
import { toPilot } from './views.js';

/** Thrown inside when the pilot got an offer between the look and the lock: look again. */
class HoldChangedError extends Error {}
const LOOKS = 5;

export interface AvailabilityRequest {
  pilotId: string;
  online: boolean;
  /** The operator who sets him offline; absent: the pilot himself. */
  operator?: { adminId: string; reason?: string | undefined };
}

/**
 * Sets a pilot online or offline. Offline withdraws his live offer, which counts as tried. Throws
 * NotFoundError for an unknown pilot, ConflictError during a job. Safe to run twice.
 */
export async function setAvailability(
  context: DispatchContext,
  request: AvailabilityRequest,
): Promise<Pilot> {
  // An offer whose time is over has timed out, whatever its pilot does before anybody has ended it.
  if (!request.online) await settleOverdueOf(context, request.pilotId);
  for (let look = 1; ; look += 1) {
    try {
      return await inTransaction(context, (tx) => setOnce(tx, request));
    } catch (error) {
      if (!(error instanceof HoldChangedError) || look >= LOOKS) throw error;
    }
  }
}

async function setOnce(tx: Transaction, request: AvailabilityRequest): Promise<Pilot> {
  if (request.online) {
    if ((await setOnline(tx.manager, request.pilotId, true)) === null)
      throw new NotFoundError('no such pilot');
    tx.log('pilot_online', { pilotId: request.pilotId });
  } else await goOffline(tx, request);
  return toPilot((await findPilot(tx.manager, request.pilotId)) as PilotWithPositionRow);
}

/**
 * Booking before pilot, as everywhere: the booking of what holds him is locked first, then he; once he
 * is locked no claim can take him, and if something else holds him by then, all is done again.
 */
async function goOffline(tx: Transaction, { pilotId, operator }: AvailabilityRequest): Promise<void> {
  const before = await holdingOfferOfPilot(tx.manager, pilotId);
  const booking = before === null ? null : await lockBooking(tx.manager, before.booking_id);
  if ((await setOnline(tx.manager, pilotId, false)) === null) throw new NotFoundError('no such pilot');
  const holding = await holdingOfferOfPilot(tx.manager, pilotId);
  if (holding !== null && holding.booking_id !== booking?.id) throw new HoldChangedError();
  refuseDuringJob(holding);
  if (holding !== null && booking !== null) {
    await withdraw(tx, booking, 'offline');
    tx.tidings.user(booking, 'booking:offer_expired', { message: MESSAGES.offerExpired, reason: 'offline' });
    tx.tellWorkflow(booking.id, 'nudge', operator === undefined ? {} : { by: operator.adminId });
  }
  if (operator !== undefined)
    await auditOperator(tx, operator, {
      action: 'offline',
      bookingId: holding?.booking_id ?? null,
      details: { pilotId },
    });
  tx.log('pilot_offline', { pilotId });
}

function refuseDuringJob(holding: OfferRow | null): void {
  if (holding?.status === 'ACCEPTED')
    throw new ConflictError('pilot_on_job', 'Finish the job or give it back before you go offline.');
}
