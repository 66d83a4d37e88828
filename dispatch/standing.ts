import { selectStanding, type StandingRow } from '../database/statements/searches.js';
import type { Manager } from '../database/query.js';
import type { SearchStanding, Standing } from '../contract/activities.js';
import { NotFoundError } from './errors.js';
import type { DispatchContext } from './context.js';

/** Where a booking stands, by its rows. Throws NotFoundError when there is no such booking. */
export async function standingOf(manager: Manager, bookingId: string): Promise<Standing> {
  const found = await selectStanding(manager, bookingId);
  if (found === null) throw new NotFoundError(`no booking ${bookingId}`);
  return toStanding(found);
}

/** Reads the standing outside of a transaction. Safe to run twice. */
export function readStanding(context: DispatchContext, step: { bookingId: string }): Promise<Standing> {
  return standingOf(context.source.manager, step.bookingId);
}

/** The search of a standing, as the workflow keeps it. */
export function searchOf(found: StandingRow): SearchStanding {
  return {
    searchNo: found.search_no,
    startedAt: found.started_at?.toISOString() ?? null,
    endsAt: found.ends_at?.toISOString() ?? null,
    triedPilotIds: found.tried_pilot_ids,
  };
}

/** Pure: a row's meaning for the workflow. */
export function toStanding(found: StandingRow): Standing {
  const search = searchOf(found);
  switch (found.status) {
    case 'PENDING':
      return pendingStanding(found, search);
    case 'ASSIGNED':
    case 'ARRIVED':
    case 'PICKED_UP':
    case 'IN_TRANSIT':
      return { kind: 'assigned', search, pilotId: found.pilot_id ?? '', status: found.status };
    case 'DELIVERED':
    case 'CANCELLED':
    case 'EXPIRED':
      return { kind: 'closed', search, status: found.status };
  }
}

function pendingStanding(found: StandingRow, search: SearchStanding): Standing {
  if (found.outcome === 'no_pilots' || found.outcome === 'search_timeout')
    return { kind: 'failed', search, reason: found.outcome, retryWindowLeftMs: found.retry_left_ms ?? 0 };
  if (found.offer_id === null || found.offer_expires_at === null) return { kind: 'searching', search };
  return {
    kind: 'offered',
    search,
    offer: {
      offerId: found.offer_id,
      pilotId: found.offer_pilot_id ?? '',
      number: found.offer_number ?? 0,
      expiresAt: found.offer_expires_at.toISOString(),
      remainingMs: found.offer_left_ms ?? 0,
    },
  };
}
