/** What callers may read: a booking, its search, its events; NotFoundError for what is not theirs. */
import { eventsAfter, MOST_EVENTS_AT_ONCE } from '../database/statements/events.js';
import {
  liveOffersOf,
  selectBookingView,
  selectJobView,
  type BookingViewRow,
} from '../database/statements/lists.js';
import { findPilot, jobPosition } from '../database/statements/pilots.js';
import { selectProgress } from '../database/statements/searches.js';
import type { Assignment, Booking, BookingEvent, Offer, Pilot, UserLiveEvents } from '../contract/shapes.js';
import type { TokenType } from '../contract/words.js';
import type { DispatchContext } from './context.js';
import { NotFoundError } from './errors.js';
import { wirePayload } from './tidings.js';
import { toAssignment, toBooking, toLocation, toOffer, toPilot } from './views.js';

type Location = UserLiveEvents['booking:pilot_location'];

export interface ReadingCaller {
  type: TokenType;
  id: string;
}

/** A booking, for its user, the pilot who has it, and operators. */
export async function readBooking(
  context: DispatchContext,
  bookingId: string,
  caller: ReadingCaller,
): Promise<Booking> {
  return toBooking(await visible(context, bookingId, caller), caller.type);
}

/** How the current or last search stands, for the booking's user and operators. */
export async function readAssignment(
  context: DispatchContext,
  bookingId: string,
  caller: ReadingCaller,
): Promise<Assignment> {
  await visible(context, bookingId, caller);
  return assignmentOf(context, bookingId);
}

/** All events after `afterSeq`, as the user's sockets were or should have been sent them. */
export async function readEvents(
  context: DispatchContext,
  bookingId: string,
  caller: ReadingCaller,
  afterSeq: number,
): Promise<BookingEvent[]> {
  await visible(context, bookingId, caller);
  const events: BookingEvent[] = [];
  for (;;) {
    const more = await eventsOf(context, bookingId, events.at(-1)?.seq ?? afterSeq);
    events.push(...more);
    if (more.length < MOST_EVENTS_AT_ONCE) return events;
  }
}

/** All that a screen shows of a booking: itself, its search, its events after `afterSeq`, and where its pilot is. */
export async function readWhole(
  context: DispatchContext,
  bookingId: string,
  caller: ReadingCaller,
  afterSeq: number,
): Promise<{ booking: Booking; assignment: Assignment; events: BookingEvent[]; location: Location | null }> {
  return {
    booking: await readBooking(context, bookingId, caller),
    assignment: await assignmentOf(context, bookingId),
    events: await eventsOf(context, bookingId, afterSeq),
    location: await locationOf(context, bookingId),
  };
}

async function assignmentOf({ source }: DispatchContext, bookingId: string): Promise<Assignment> {
  const progress = await selectProgress(source.manager, bookingId);
  if (progress === null) throw new NotFoundError('no such booking');
  return toAssignment(progress);
}

async function eventsOf(
  { source }: DispatchContext,
  bookingId: string,
  afterSeq: number,
): Promise<BookingEvent[]> {
  const found = await eventsAfter(source.manager, bookingId, afterSeq);
  return found.map((one) => ({
    seq: one.seq,
    event: one.event,
    payload: wirePayload(one),
    at: one.at.toISOString(),
  }));
}

/** Where the booking's pilot was last, during a job; null when there is none, or he sent no position. */
async function locationOf({ source }: DispatchContext, bookingId: string): Promise<Location | null> {
  const found = await jobPosition(source.manager, bookingId);
  return found === null ? null : toLocation(found, found, found.received_at);
}

/** The pilot himself, with his last position. */
export async function readPilot(context: DispatchContext, pilotId: string): Promise<Pilot> {
  const pilot = await findPilot(context.source.manager, pilotId);
  if (pilot === null) throw new NotFoundError('no such pilot');
  return toPilot(pilot);
}

/** The pilot's live offers (the index allows one). */
export async function readOffers(context: DispatchContext, pilotId: string): Promise<Offer[]> {
  return (await liveOffersOf(context.source.manager, [pilotId])).map(toOffer);
}

/** The booking of the pilot's job, or null. */
export async function readJob(context: DispatchContext, pilotId: string): Promise<Booking | null> {
  const job = await selectJobView(context.source.manager, pilotId);
  return job === null ? null : toBooking(job, 'pilot');
}

async function visible(
  context: DispatchContext,
  bookingId: string,
  caller: ReadingCaller,
): Promise<BookingViewRow> {
  const booking = await selectBookingView(context.source.manager, bookingId);
  const mine =
    caller.type === 'admin' ||
    (caller.type === 'user' && booking?.user_id === caller.id) ||
    (caller.type === 'pilot' && booking?.pilot_id === caller.id);
  if (booking === null || !mine) throw new NotFoundError('no such booking');
  return booking;
}
