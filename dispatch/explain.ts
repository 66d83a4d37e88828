/** The whole story of a booking, for operators. Reads only. */
import type { Explanation } from '../contract/operator-shapes.js';
import { databaseNow } from '../database/statements/repairs.js';
import { listAudit } from '../database/statements/records.js';
import { stepsOf } from '../database/statements/search-steps.js';
import { eventsAfter } from '../database/statements/events.js';
import { selectBookingView } from '../database/statements/lists.js';
import { offersOfStory, searchesOfStory } from '../database/statements/story.js';
import { isPaused } from '../database/statements/vehicle-types.js';
import type { DispatchContext } from './context.js';
import { NotFoundError } from './errors.js';
import { tellStory } from './story.js';
import { bookingNumber } from './views.js';
import type { WorkflowLink } from './watching.js';

/** Audit entries of one booking that its story tells at most. */
const MOST_ACTS = 500;

/**
 * Every step of a booking in the order of time: searches, whom they asked and why not others, answers, the job, what
 * people did and why. Throws NotFoundError when there is no such booking.
 */
export async function explainBooking(
  context: DispatchContext,
  bookingId: string,
  link: WorkflowLink,
): Promise<Explanation> {
  const { manager } = context.source;
  const booking = await selectBookingView(manager, bookingId);
  if (booking === null) throw new NotFoundError('no such booking');
  const [searches, offers, steps, events, acts, paused, now] = await Promise.all([
    searchesOfStory(manager, bookingId),
    offersOfStory(manager, bookingId),
    stepsOf(manager, bookingId),
    eventsAfter(manager, bookingId, 0),
    listAudit(manager, { bookingId, limit: MOST_ACTS }),
    isPaused(manager, booking.vehicle_type_id),
    databaseNow(manager),
  ]);
  return {
    bookingId,
    bookingNumber: bookingNumber(booking),
    status: booking.status,
    vehicleTypeId: booking.vehicle_type_id,
    paused,
    serverTime: now.toISOString(),
    workflowUrl: link(bookingId),
    story: tellStory({ createdAt: booking.created_at, searches, offers, steps, events, acts }),
  };
}
