/** What operators watch: the search of each booking, the pilots on the map, the latest events. Reads only. */
import {
  listSearches,
  pilotsOnMap,
  recentEvents,
  type SearchFilter,
} from '../database/statements/watching.js';
import type { SearchViewRow } from '../database/statements/watching.js';
import { OFFER_RECEIPT_MS } from '../contract/limits.js';
import { MESSAGES } from '../contract/messages.js';
import type { PilotMap, RecentEvent, SearchView } from '../contract/page-shapes.js';
import type { DispatchContext } from './context.js';
import { wirePayload } from './tidings.js';
import { bookingNumber, routeOf, toAssignment } from './views.js';

/** The workflow of a booking (uuid) in Temporal's Web UI; null where none is known. */
export type WorkflowLink = (bookingId: string) => string | null;

/**
 * The latest search of each booking, newest booking first; `serverTime` is Postgres' clock, by which
 * `expiresAt` and `endsAt` are to be read.
 */
export async function readSearches(
  context: DispatchContext,
  filter: SearchFilter,
): Promise<{ found: SearchViewRow[]; serverTime: string }> {
  const { now, found } = await listSearches(context.source.manager, filter, OFFER_RECEIPT_MS);
  return { found, serverTime: now.toISOString() };
}

/** Every pilot who is online and has a position; without one for `staleMs` he is `stale`. */
export async function readPilotMap(context: DispatchContext, staleMs: number): Promise<PilotMap> {
  const { now, found } = await pilotsOnMap(context.source.manager, staleMs);
  const items = found.map(({ id, name, vehicle_type_id, lat, lng, heading, received_at, state }) => ({
    id,
    name,
    vehicleTypeId: vehicle_type_id,
    lat,
    lng,
    heading,
    at: received_at.toISOString(),
    state,
  }));
  return { items, serverTime: now.toISOString() };
}

/** The latest events of all bookings, newest first, each as its user was or should have been sent it. */
export async function readRecentEvents(context: DispatchContext, limit: number): Promise<RecentEvent[]> {
  const found = await recentEvents(context.source.manager, limit);
  return found.map((one) => ({
    bookingId: one.booking_id,
    bookingNumber: bookingNumber(one),
    seq: one.seq,
    event: one.event,
    payload: wirePayload(one),
    at: one.at.toISOString(),
  }));
}

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

/** A search as operators see it; status, pilots tried and time are those of `GET /bookings/:id/assignment`. */
export function toSearchView(search: SearchViewRow, link: WorkflowLink): SearchView {
  const { status, triedPilots, elapsedMs, searchEndsAt } = toAssignment(search);
  return {
    bookingId: search.booking_id,
    bookingNumber: bookingNumber(search),
    bookingStatus: search.status,
    vehicleTypeId: search.vehicle_type_id,
    userName: search.user_name,
    ...routeOf(search),
    searchNo: search.search_no,
    origin: search.origin,
    status,
    triedPilots,
    offer: offerOf(search),
    pilot: search.pilot_id === null ? null : { id: search.pilot_id, name: search.pilot_name ?? '' },
    createdAt: search.created_at.toISOString(),
    startedAt: iso(search.started_at),
    endsAt: searchEndsAt,
    endedAt: iso(search.ended_at),
    elapsedMs,
    reason: reasonOf(search),
    unreceivedOffers: search.unreceived,
    workflowUrl: link(search.booking_id),
  };
}

function offerOf(search: SearchViewRow): SearchView['offer'] {
  const { live_offer: offerId, offer_pilot_id: pilotId, offer_expires_at: expiresAt } = search;
  if (offerId === null || pilotId === null || expiresAt === null) return null;
  return {
    offerId,
    pilotId,
    pilotName: search.offer_pilot_name ?? '',
    pilotNumber: search.offer_number ?? 0,
    expiresAt: expiresAt.toISOString(),
    received: search.offer_received_at !== null,
  };
}

/** Rule 3: that the most pilots were tried is looked at first, so their number tells which text was sent. */
function reasonOf(search: SearchViewRow): string | null {
  switch (search.outcome) {
    case 'no_pilots':
      return search.tried >= search.max_pilots ? MESSAGES.maxPilots : MESSAGES.nobodyNear;
    case 'search_timeout':
      return MESSAGES.searchTimeout;
    case 'assigned':
    case 'cancelled':
    case null:
      return null;
  }
}
