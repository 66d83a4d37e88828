/** How a booking's workflow shows itself: its query, its search attributes, its line in the Web UI. */
import { defineQuery, setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey, type SearchAttributeUpdatePair } from '@temporalio/common';
import type { SearchStanding, Standing } from '../contract/activities.js';
import {
  STATUS_QUERY,
  type AssignmentStatusView,
  type BookingAssignmentInput,
} from '../contract/workflow.js';
import type { AssignmentStatus } from '../contract/words.js';
import { details } from './words.js';

const KEYS = {
  status: defineSearchAttributeKey('AssignmentStatus', 'KEYWORD'),
  pilotId: defineSearchAttributeKey('PilotId', 'KEYWORD'),
  triedPilots: defineSearchAttributeKey('TriedPilots', 'INT'),
};

/** What every workflow starts with; the client sets the same as search attributes at its start. */
const FRESH: SearchStanding = { searchNo: 1, startedAt: null, endsAt: null, triedPilotIds: [] };

export interface Board {
  /** The standing that is shown now. */
  standing: Standing;
  /** False until the rows were first read: a new run knows nothing of its booking. */
  known: boolean;
  /** Shows a new standing to query, list and Web UI. */
  show: (standing: Standing) => void;
}

/** Registers the query and shows a booking whose search has not begun. */
export function openBoard(input: BookingAssignmentInput): Board {
  let shown = { status: 'searching', pilotId: '', triedPilots: 0 };
  const board: Board = {
    standing: { kind: 'searching', search: FRESH },
    known: false,
    show(standing) {
      board.standing = standing;
      board.known = true;
      setCurrentDetails(details(standing, input));
      // Between two offers nothing rests: what comes next is shown a moment later, in one event.
      if (!input.searchAttributes || standing.kind === 'searching') return;
      const next = {
        status: statusOf(standing),
        // A booking that is over is still found by the pilot who had it.
        pilotId: standing.kind === 'closed' ? shown.pilotId : (pilotOf(standing) ?? ''),
        triedPilots: standing.search.triedPilotIds.length,
      };
      const changes = changesBetween(shown, next);
      if (changes.length > 0) upsertSearchAttributes(changes);
      shown = next;
    },
  };
  setHandler(defineQuery<AssignmentStatusView>(STATUS_QUERY), () => viewOf(input.bookingId, board.standing));
  return board;
}

interface Shown {
  status: string;
  pilotId: string;
  triedPilots: number;
}

function changesBetween(before: Shown, after: Shown): SearchAttributeUpdatePair[] {
  const changes: SearchAttributeUpdatePair[] = [];
  if (after.status !== before.status) changes.push({ key: KEYS.status, value: after.status });
  if (after.pilotId !== before.pilotId)
    changes.push({ key: KEYS.pilotId, value: after.pilotId === '' ? null : after.pilotId });
  if (after.triedPilots !== before.triedPilots)
    changes.push({ key: KEYS.triedPilots, value: after.triedPilots });
  return changes;
}

function viewOf(bookingId: string, standing: Standing): AssignmentStatusView {
  const { search } = standing;
  return {
    bookingId,
    status: statusOf(standing),
    triedPilots: search.triedPilotIds.length,
    triedPilotIds: search.triedPilotIds,
    offer:
      standing.kind === 'offered'
        ? {
            offerId: standing.offer.offerId,
            pilotId: standing.offer.pilotId,
            expiresAt: standing.offer.expiresAt,
          }
        : null,
    searchStartedAt: search.startedAt,
    searchEndsAt: search.endsAt,
    canRetry: standing.kind === 'failed',
    canCancel: mayCancel(standing),
  };
}

function mayCancel(standing: Standing): boolean {
  if (standing.kind === 'closed') return false;
  return standing.kind !== 'assigned' || standing.status === 'ASSIGNED' || standing.status === 'ARRIVED';
}

function statusOf(standing: Standing): AssignmentStatus {
  switch (standing.kind) {
    case 'searching':
    case 'waiting':
      return 'searching';
    case 'offered':
      return 'offered';
    case 'failed':
      return 'failed';
    case 'assigned':
      return 'assigned';
    case 'closed':
      if (standing.status === 'CANCELLED') return 'cancelled';
      return standing.status === 'EXPIRED' ? 'failed' : 'assigned';
  }
}

function pilotOf(standing: Standing): string | null {
  if (standing.kind === 'offered') return standing.offer.pilotId;
  return standing.kind === 'assigned' ? standing.pilotId : null;
}
