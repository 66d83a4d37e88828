/** Bookings in every state that lasts, each with a place, a user and pilots of its own. */
import { workflowIdOf } from '../../contract/workflow.js';
import type { AssignmentStatus } from '../../contract/words.js';
import { agreed, completed, offersOf } from './accounts.js';
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

/** A worker's first workflow waits for its code to be compiled: for tests of how soon a search begins. */
export async function oneSearchBegins(cast: Cast): Promise<void> {
  const user = await cast.user({ connected: false });
  const { id } = await user.book(freshPlace());
  await user.event(id, 'booking:search_started');
}

/** The near pilot keeps silent; the next is asked within this time, and takes it. */
export async function acceptedByNext(
  { next, id }: { next: PilotActor; id: string },
  withinMs: number,
): Promise<void> {
  const offer = await next.offered(id, withinMs);
  expect((await next.accept(offer.offerId)).status).toBe(200);
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

/** The states of a job, in their order. */
export const JOB_STATES = ['assigned', 'arrived', 'pickedUp', 'inTransit'] as const;
export type JobState = (typeof JOB_STATES)[number];
export const LASTING_STATES = ['offered', ...JOB_STATES, 'searching', 'failed'] as const;
export type LastingState = (typeof LASTING_STATES)[number];

export type InEveryState = Record<LastingState, BookedState> & Record<'offered' | JobState, OfferedBooking>;

const STEPS = ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const;
/** How many of them are done in a state. */
const STEPS_DONE: Record<JobState, number> = { assigned: 0, arrived: 1, pickedUp: 2, inTransit: 3 };

const isJob = (state: LastingState): state is JobState => state in STEPS_DONE;

/** What the workflow says of itself in a state: it knows no steps of a job. */
export const shownAs = (state: LastingState): AssignmentStatus => (isJob(state) ? 'assigned' : state);

/** Until pickup. */
export const mayCancel = (state: LastingState): boolean => !isJob(state) || STEPS_DONE[state] < 2;

/** A job whose steps are done up to a state. */
export async function jobIn(cast: Cast, state: JobState): Promise<OfferedBooking> {
  const job = await offeredBooking(cast);
  expect((await job.pilot.accept(job.offerId)).status).toBe(200);
  for (const status of STEPS.slice(0, STEPS_DONE[state]))
    expect((await job.pilot.step(job.id, status)).status).toBe(200);
  return job;
}

/** A booking in each state; `searching` is one that waits. The workflow shows the state, too. */
export async function inEveryState(system: System, cast: Cast): Promise<InEveryState> {
  const [offered, assigned, arrived, pickedUp, inTransit, searching, failed] = await Promise.all([
    offeredBooking(cast),
    jobIn(cast, 'assigned'),
    jobIn(cast, 'arrived'),
    jobIn(cast, 'pickedUp'),
    jobIn(cast, 'inTransit'),
    waitingBooking(system, cast),
    failedBooking(system, cast),
  ]);
  const all = { offered, assigned, arrived, pickedUp, inTransit, searching, failed };
  await agreedInEveryState(system, all);
  return all;
}

/** Until each shows its state, as `inEveryState` left it. */
export function agreedInEveryState(
  system: System,
  states: InEveryState,
  withinMs?: number,
): Promise<unknown> {
  return Promise.all(
    LASTING_STATES.map((state) => agreed(system, states[state].id, shownAs(state), withinMs)),
  );
}

/** What the rows say of a booking, for comparison. */
async function rowsOf(system: System, id: string): Promise<unknown> {
  const [booking, searches, offers, audited] = await Promise.all([
    system.rows('SELECT status, pilot_id, search_no, event_seq FROM bookings WHERE id = $1', [id]),
    system.rows('SELECT search_no, outcome FROM searches WHERE booking_id = $1 ORDER BY search_no', [id]),
    offersOf(system, id),
    system.rows('SELECT actor, action FROM audit_entries WHERE booking_id = $1 ORDER BY id', [id]),
  ]);
  return { booking, searches, offers, audited };
}

/** The same of all of them. */
export const rowsInEveryState = (system: System, states: InEveryState): Promise<unknown[]> =>
  Promise.all(LASTING_STATES.map((state) => rowsOf(system, states[state].id)));

/** Each goes on from its state as if nothing had been; jobs are delivered, and their workflows complete. */
export async function allGoOn(system: System, cast: Cast, states: InEveryState): Promise<void> {
  const { offered, searching, failed } = states;
  expect((await offered.pilot.accept(offered.offerId)).status).toBe(200);
  await agreed(system, offered.id, 'assigned');
  for (const state of JOB_STATES) {
    const { id, pilot } = states[state];
    for (const status of STEPS.slice(STEPS_DONE[state]))
      expect((await pilot.step(id, status)).status).toBe(200);
    await completed(system, id);
  }
  const { lat, lng } = (await searching.user.booking(searching.id)).pickup;
  const newcomer = await cast.pilot({ at: { lat, lng } });
  expect((await newcomer.offered(searching.id)).bookingId).toBe(searching.id);
  expect((await failed.user.retry(failed.id)).status).toBe(200);
  await failed.user.event(failed.id, 'booking:search_started', 10_000, 2);
}
