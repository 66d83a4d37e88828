/** Bookings in every state that lasts, each with a place, a user and pilots of its own. */
import { workflowIdOf } from '../../contract/workflow.js';
import { agreed } from './accounts.js';
import type { Cast, PilotActor, User } from './actors.js';
import { freshPlace } from './places.js';
import type { System } from './system.js';

export interface BookedState {
  id: string;
  user: User;
  /** Who is asked, or has the job. */
  pilot: PilotActor | null;
  offerId: string | null;
}

export interface OfferedBooking extends BookedState {
  pilot: PilotActor;
  offerId: string;
  /** When the offer ends, as `Date.now()` tells time. */
  expiresAt: number;
}

/** A booking whose first pilot is asked. */
export async function offeredBooking(cast: Cast): Promise<OfferedBooking> {
  const place = freshPlace();
  const [user, pilot] = await Promise.all([cast.user(), cast.pilot({ at: place })]);
  const { id } = await user.book(place);
  const { offerId, expiresAt } = await pilot.offered(id);
  return { user, pilot, id, offerId, expiresAt: Date.parse(expiresAt) };
}

/** One that waits with patience for a pilot; the system's patience must be long. */
export async function waitingBooking(system: System, cast: Cast): Promise<BookedState> {
  const user = await cast.user();
  const { id } = await user.book(freshPlace());
  await agreed(system, id, 'searching');
  return { user, id, pilot: null, offerId: null };
}

/** One whose search has failed: its patience is made to be over. */
export async function failedBooking(system: System, cast: Cast): Promise<BookedState> {
  const found = await waitingBooking(system, cast);
  await found.user.event(found.id, 'booking:search_started');
  await system.rows('UPDATE searches SET waiting_until = clock_timestamp() WHERE booking_id = $1', [
    found.id,
  ]);
  await system.temporal.client.workflow.getHandle(workflowIdOf(found.id)).signal('nudge', {});
  await found.user.event(found.id, 'booking:no_pilots');
  return found;
}

export const LASTING_STATES = ['offered', 'assigned', 'searching', 'failed'] as const;
export type LastingState = (typeof LASTING_STATES)[number];
type InEveryState = Record<LastingState, BookedState> & Record<'offered' | 'assigned', OfferedBooking>;

/** A booking in each state; `searching` is one that waits. The workflow shows the state, too. */
export async function inEveryState(system: System, cast: Cast): Promise<InEveryState> {
  const [offered, assigned, searching, failed] = await Promise.all([
    offeredBooking(cast),
    offeredBooking(cast),
    waitingBooking(system, cast),
    failedBooking(system, cast),
  ]);
  await assigned.pilot.accept(assigned.offerId);
  const all = { offered, assigned, searching, failed };
  await Promise.all(LASTING_STATES.map((state) => agreed(system, all[state].id, state)));
  return all;
}
