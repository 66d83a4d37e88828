/** What states and events are called on this page. */
import type { AssignmentStatus, PilotState, SearchState } from '../../contract/words.js';
import type { Tone } from '../kit/controls.js';
import { storedName } from './feed.js';
import type { FeedItem } from './feed.js';

export const STATUS_WORDS: Readonly<Record<AssignmentStatus, { words: string; tone: Tone }>> = {
  searching: { words: 'Searching', tone: 'primary' },
  offered: { words: 'Offered', tone: 'warning' },
  assigned: { words: 'Assigned', tone: 'success' },
  failed: { words: 'Failed', tone: 'error' },
  cancelled: { words: 'Cancelled', tone: 'plain' },
};

export const FILTER_WORDS: Readonly<Record<SearchState, string>> = {
  open: 'Open',
  searching: 'Searching',
  offered: 'Offered',
  failed: 'Failed',
  assigned: 'Assigned',
  cancelled: 'Cancelled',
  all: 'All',
};

export const PILOT_WORDS: Readonly<Record<PilotState, string>> = {
  free: 'Free',
  offered: 'Being asked',
  job: 'On a job',
  stale: 'Position too old',
};

const EVENT_WORDS: Readonly<Record<string, { words: string; tone: Tone }>> = {
  'booking:created': { words: 'Booked', tone: 'plain' },
  'booking:search_started': { words: 'Search started', tone: 'primary' },
  'booking:offer_sent': { words: 'Driver asked', tone: 'warning' },
  'booking:offer_expired': { words: 'No answer', tone: 'plain' },
  'booking:offer_declined': { words: 'Declined', tone: 'plain' },
  'booking:driver_assigned': { words: 'Assigned', tone: 'success' },
  'booking:no_pilots': { words: 'No drivers', tone: 'error' },
  'booking:search_timeout': { words: 'Search timed out', tone: 'error' },
  'booking:cancelled': { words: 'Cancelled', tone: 'plain' },
  'booking:driver_released': { words: 'Job given back', tone: 'warning' },
  'booking:driver_unreachable': { words: 'Driver unreachable', tone: 'error' },
  'booking:status': { words: 'Status', tone: 'info' },
};

/** The name of an event in words. */
export function eventWords(event: string): { words: string; tone: Tone } {
  return EVENT_WORDS[storedName(event)] ?? { words: event, tone: 'plain' };
}

/** What an event says: its own message, else what a socket's payload tells. */
export function messageOf({ event, payload }: FeedItem): string {
  const text = (field: string): string => (typeof payload[field] === 'string' ? payload[field] : '');
  if (event === 'booking:assigned') return `${text('pilotName')} has the job.`;
  if (text('message') !== '') return text('message');
  if (text('reason') !== '') return text('reason');
  if (event === 'booking:search_timeout') return `Asked ${Number(payload['triedPilots'] ?? 0)} in vain.`;
  return event === 'booking:driver_unreachable' ? 'The driver’s position is no longer received.' : '';
}
