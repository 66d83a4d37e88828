import { ApplicationFailure } from '@temporalio/common';
import type { BookingAssignmentActivities, Standing } from '../contract/activities.js';
import { isUuid } from '../contract/workflow.js';
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
  /** A workflow of a booking that does not exist must end, not retry for ever. */
  const orFinal =
    <Step extends { bookingId: string }>(work: (context: DispatchContext, step: Step) => Promise<Standing>) =>
    async (step: Step): Promise<Standing> => {
      try {
        if (!isUuid(step.bookingId)) throw new NotFoundError('no booking has such an id');
        return await work(context, step);
      } catch (error) {
        if (error instanceof NotFoundError)
          throw ApplicationFailure.nonRetryable(error.message, 'booking_not_found');
        // The driver's own error carries statements and values: histories must hold neither.
        throw ApplicationFailure.retryable(`database: ${safeMessage(error)}`, 'database');
      }
    };
  return {
    claimNextPilot: orFinal(claimNextPilot),
    settleOffer: orFinal(settleOffer),
    retrySearch: orFinal(retryBySignal),
    cancelBooking: orFinal(cancelBySignal),
    expireBooking: orFinal(expireBooking),
    readStanding: orFinal(readStanding),
  };
}

function safeMessage(error: unknown): string {
  const code = (error as { code?: unknown; driverError?: { code?: unknown } } | null)?.driverError?.code;
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'error';
}
