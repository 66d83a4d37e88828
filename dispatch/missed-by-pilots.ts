/** What pilots were told in the last seconds, again, out of the rows: for those who could not hear it. */
import { pilotRoom } from '../contract/rooms.js';
import { MESSAGES } from '../contract/messages.js';
import type { PilotEvents } from '../contract/shapes.js';
import { OFFER_END_REASONS, isOneOf } from '../contract/words.js';
import type { Manager } from '../database/query.js';
import { liveOffersOf, selectJobView } from '../database/statements/lists.js';
import { recentEndsOf, type RecentEnd } from '../database/statements/offers.js';
import type { Emission } from '../events/emitter.js';
import { toBooking, toOffer } from './views.js';

/**
 * Of these pilots: offers that ended, jobs that were given or taken away in the last `sinceMs`, in the order of their
 * times, and all offers that live.
 */
export async function missedByPilots(
  manager: Manager,
  pilotIds: string[],
  sinceMs: number,
): Promise<Emission[]> {
  const missed: Emission[] = [];
  for (const end of await recentEndsOf(manager, pilotIds, sinceMs)) {
    const emission = end.ended_at === null ? await givenJob(manager, end) : toldOfEnd(end);
    if (emission !== null) missed.push(emission);
  }
  for (const offer of await liveOffersOf(manager, pilotIds))
    missed.push(told(offer.offer_pilot_id, 'booking:offer', toOffer(offer)));
  return missed;
}

async function givenJob(manager: Manager, { pilot_id, at }: RecentEnd): Promise<Emission | null> {
  const job = await selectJobView(manager, pilot_id);
  if (job === null) return null;
  return told(pilot_id, 'job:assigned', { ...toBooking(job, 'pilot'), at: at.toISOString() });
}

/** Null for an end that its pilot made himself. */
function toldOfEnd(end: RecentEnd): Emission | null {
  const { pilot_id, booking_id: bookingId, id: offerId, end_reason: reason } = end;
  const at = end.at.toISOString();
  if (end.status !== 'ACCEPTED')
    return isOneOf(OFFER_END_REASONS, reason)
      ? told(pilot_id, 'offer:expired', { offerId, bookingId, reason, at })
      : null;
  if (end.taken_by === null) return null;
  return told(pilot_id, 'booking:cancelled', {
    bookingId,
    by: end.taken_by,
    message: MESSAGES.cancelled,
    at,
  });
}

function told<E extends keyof PilotEvents>(pilotId: string, event: E, payload: PilotEvents[E]): Emission {
  return { room: pilotRoom(pilotId), event, payload: { ...payload } };
}
