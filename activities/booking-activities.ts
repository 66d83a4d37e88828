import { ApplicationFailure } from '@temporalio/common';
import type { BookingAssignmentActivities } from '../contract/activities.js';
import { cancelBySignal } from '../dispatch/cancel-booking.js';
import { claimNextPilot } from '../dispatch/claim-next-pilot.js';
import type { DispatchContext } from '../dispatch/context.js';
import { NotFoundError } from '../dispatch/errors.js';
import { retryBySignal } from '../dispatch/retry-search.js';
import { settleOffer } from '../dispatch/settle-offer.js';
import { readStanding } from '../dispatch/standing.js';
import { expireBooking } from '../dispatch/sweeps.js';

/**
 * The activities of one worker, over its database and emitter. Each is one transaction that may run
 * twice. A database error is retried without end; only a booking that does not exist is final.
 */
export function createBookingActivities(context: DispatchContext): BookingAssignmentActivities {
  return {
    claimNextPilot: (step) => orFinal(claimNextPilot(context, step)),
    settleOffer: (step) => orFinal(settleOffer(context, step)),
    retrySearch: (step) => orFinal(retryBySignal(context, step)),
    cancelBooking: (step) => orFinal(cancelBySignal(context, step)),
    expireBooking: (step) => orFinal(expireBooking(context, step)),
    readStanding: (step) => orFinal(readStanding(context, step)),
  };
}

/** A workflow of a booking that does not exist must end, not retry for ever. */
async function orFinal<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof NotFoundError)
      throw ApplicationFailure.nonRetryable(error.message, 'booking_not_found');
    // The driver's own error carries statements and values: histories must hold neither.
    throw ApplicationFailure.retryable(`database: ${safeMessage(error)}`, 'database');
  }
}

function safeMessage(error: unknown): string {
  const code = (error as { code?: unknown; driverError?: { code?: unknown } } | null)?.driverError?.code;
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'error';
}
