/** How one booking stands for its user: a fold over its events, in the order of their `seq`. Pure. */
import type { Assignment, Booking, BookingEvent, UserEvents, UserLiveEvents } from '../../contract/shapes.js';
import { BOOKING_STATUSES, FINAL_STATUSES, isOneOf, type BookingStatus } from '../../contract/words.js';
import { RETRYING, STATUS_WORDS, USER_EVENTS, WORDS } from './story-words.js';

export type PilotCard = NonNullable<Booking['pilot']>;
export type PilotLocation = UserLiveEvents['booking:pilot_location'];
export type Failure = 'no_pilots' | 'search_timeout';
export type Phase = 'loading' | 'finding' | 'failed' | 'tracking' | 'delivered' | 'cancelled' | 'expired';

export interface Story {
  readonly bookingId: string;
  /** What does not change while it runs; null before the first answer. */
  readonly booking: Booking | null;
  readonly assignment: Assignment | null;
  /** The last event that was told. */
  readonly seq: number;
  /** Events that came before one that is missing, in their order. */
  readonly ahead: readonly BookingEvent[];
  readonly phase: Phase;
  readonly status: BookingStatus | null;
  readonly message: string;
  /** Drivers asked in this search. */
  readonly asked: number;
  readonly searchStartedAt: string | null;
  readonly failure: { reason: Failure; message: string } | null;
  /** Tapped here, and not yet heard of by an event. */
  readonly retrying: boolean;
  readonly retryFailed: boolean;
  readonly pilot: PilotCard | null;
  readonly assignedAt: string | null;
  readonly distanceKm: number | null;
  readonly etaSeconds: number | null;
  readonly location: PilotLocation | null;
  /** Since when the driver cannot be reached. */
  readonly unreachableSince: string | null;
  readonly cancelledBy: 'user' | 'admin' | null;
  readonly endedAt: string | null;
}

/** What `booking:sync` is acknowledged with. */
export interface SyncAnswer {
  booking: Booking;
  assignment: Assignment;
  events: readonly BookingEvent[];
  /** The pilot's last position, where there is one. */
  location?: PilotLocation | null;
}

const NOBODY = {
  pilot: null,
  assignedAt: null,
  distanceKm: null,
  etaSeconds: null,
  location: null,
  unreachableSince: null,
} as const;
const NOT_FAILED = { failure: null, retrying: false, retryFailed: false } as const;

export function newStory(bookingId: string): Story {
  return {
    bookingId,
    booking: null,
    assignment: null,
    seq: 0,
    ahead: [],
    phase: 'loading',
    status: null,
    message: '',
    asked: 0,
    searchStartedAt: null,
    ...NOT_FAILED,
    ...NOBODY,
    cancelledBy: null,
    endedAt: null,
  };
}

export function isFinal(status: BookingStatus | null): boolean {
  return isOneOf(FINAL_STATUSES, status);
}

/** The event of a message as the socket brought it; null when it has no number. */
export function eventOf(event: string, payload: Record<string, unknown>): BookingEvent | null {
  const { seq, at } = payload;
  return typeof seq === 'number' ? { seq, event, payload, at: typeof at === 'string' ? at : '' } : null;
}

/**
 * Tells what follows without a gap, and holds what is ahead of one. What is known already and what is of another
 * booking is dropped.
 */
export function tell(story: Story, events: readonly BookingEvent[]): Story {
  const waiting = new Map(story.ahead.map((event) => [event.seq, event]));
  const fresh = events.filter(
    ({ seq, payload }) =>
      payload['bookingId'] === story.bookingId &&
      seq > story.seq &&
      !waiting.has(seq) &&
      Number.isInteger(seq),
  );
  if (fresh.length === 0) return story;
  for (const event of fresh) waiting.set(event.seq, event);
  const sorted = [...waiting.values()].sort((one, other) => one.seq - other.seq);
  let now = story;
  let told = 0;
  for (const event of sorted) {
    if (event.seq !== now.seq + 1) break;
    now = step(now, event);
    told += 1;
  }
  return { ...now, ahead: sorted.slice(told) };
}

type Change<K extends keyof UserEvents> = (
  payload: Partial<UserEvents[K]>,
  at: string,
  story: Story,
) => Partial<Story>;

const CHANGES: { [K in keyof UserEvents]: Change<K> } = {
  'booking:created': () => ({ status: 'PENDING' }),
  'booking:search_started': (_payload, at) => ({
    ...NOBODY,
    ...NOT_FAILED,
    status: 'PENDING',
    asked: 0,
    searchStartedAt: at,
  }),
  'booking:offer_sent': ({ pilotNumber }, _at, { asked }) => ({ asked: pilotNumber ?? asked + 1 }),
  'booking:offer_expired': () => ({}),
  'booking:offer_declined': () => ({}),
  'booking:driver_assigned': ({ pilot, distanceKm, etaSeconds }, at) => ({
    ...NOBODY,
    status: 'ASSIGNED',
    failure: null,
    pilot: pilot ?? null,
    assignedAt: at,
    distanceKm: distanceKm ?? null,
    etaSeconds: etaSeconds ?? null,
  }),
  'booking:no_pilots': ({ message }) => ({ status: 'PENDING', failure: failed('no_pilots', message) }),
  'booking:search_timeout': ({ message }) => ({
    status: 'PENDING',
    failure: failed('search_timeout', message),
  }),
  'booking:cancelled': ({ by }, at) => ({ status: 'CANCELLED', cancelledBy: by ?? null, endedAt: at }),
  'booking:driver_released': () => ({ ...NOBODY, status: 'PENDING', asked: 0, searchStartedAt: null }),
  'booking:driver_unreachable': (_payload, at) => ({ unreachableSince: at }),
  'booking:status': ({ status }, at, story) =>
    isOneOf(BOOKING_STATUSES, status)
      ? // On the way to somewhere else now: the distance of before says nothing.
        {
          status,
          unreachableSince: null,
          ...(isFinal(status) ? { endedAt: at } : {}),
          ...onTheWay(status, story),
        }
      : {},
};

function onTheWay(status: BookingStatus, story: Story): Partial<Story> {
  return status === 'PICKED_UP' && story.status === 'ARRIVED' ? { distanceKm: null, etaSeconds: null } : {};
}

function failed(reason: Failure, message: string | undefined): Story['failure'] {
  return { reason, message: message ?? WORDS[`booking:${reason}`] };
}

function step(story: Story, { seq, event, payload, at }: BookingEvent): Story {
  if (!isOneOf(USER_EVENTS, event)) return { ...story, seq };
  const change = (CHANGES[event] as Change<typeof event>)(payload, at, story);
  // What is final stays; only the event of that very end may say more about it.
  if (isFinal(story.status) && change.status !== story.status) return { ...story, seq };
  const said = payload['message'];
  const words = event === 'booking:status' ? STATUS_WORDS[change.status ?? 'PENDING'] : WORDS[event];
  const message = typeof said === 'string' && said !== '' ? said : words;
  return phased({ ...story, retrying: false, retryFailed: false, ...change, seq, message });
}

function phased(story: Story): Story {
  return { ...story, phase: phaseOf(story) };
}

function phaseOf({ status, failure, retrying }: Story): Phase {
  if (status === null) return 'loading';
  if (status === 'PENDING') return failure !== null && !retrying ? 'failed' : 'finding';
  if (status === 'DELIVERED') return 'delivered';
  if (status === 'CANCELLED') return 'cancelled';
  return status === 'EXPIRED' ? 'expired' : 'tracking';
}

/**
 * Takes in an answer of `booking:sync`. Its events are read after its booking, so they are never older: they say
 * how it stands. Only where there are none, or where it has ended, does the booking.
 */
export function synced(story: Story, answer: SyncAnswer): Story {
  const told = tell(story, answer.events);
  const before = { ...told, assignment: answer.assignment };
  const next = adopted(before, answer.booking);
  if (next.phase !== 'tracking') return next;
  const pilot = next.pilot ?? answer.booking.pilot;
  return answer.location == null ? { ...next, pilot } : located({ ...next, pilot }, answer.location, true);
}

/** Takes in the booking as the server answered it. */
export function adopted(story: Story, booking: Booking): Story {
  if (booking.id !== story.bookingId) return story;
  const next = { ...story, booking };
  if (isFinal(story.status) || (story.seq > 0 && !isFinal(booking.status))) return next;
  const lost = story.assignment?.status === 'failed' && booking.status === 'PENDING';
  return phased({
    ...next,
    status: booking.status,
    message: lost ? WORDS['booking:no_pilots'] : STATUS_WORDS[booking.status],
    failure: lost ? failed('no_pilots', undefined) : null,
    endedAt: booking.deliveredAt ?? booking.cancelledAt,
  });
}

/** Takes in where the driver is; `surely` of this driver, or only if it is from after he was assigned. */
export function located(story: Story, location: PilotLocation, surely = false): Story {
  if (location.bookingId !== story.bookingId || story.phase !== 'tracking') return story;
  if (story.location !== null && location.at <= story.location.at) return story;
  if (!surely && story.assignedAt !== null && location.at < story.assignedAt) return story;
  const back = story.unreachableSince !== null && location.at > story.unreachableSince;
  return {
    ...story,
    location,
    distanceKm: location.distanceKm,
    etaSeconds: location.etaSeconds,
    ...(back ? { unreachableSince: null, message: STATUS_WORDS[story.status ?? 'ASSIGNED'] } : {}),
  };
}

/** Try Again was tapped: it is shown at once, from zero. */
export function retryTapped(story: Story, nowIso: string): Story {
  if (story.phase !== 'failed') return story;
  const zero = { asked: 0, searchStartedAt: nowIso, message: RETRYING };
  return phased({ ...story, ...zero, retrying: true, retryFailed: false });
}

/** The retry did not get through, and no event says otherwise. */
export function retryRefused(story: Story): Story {
  if (!story.retrying) return story;
  return phased({ ...story, retrying: false, retryFailed: true, message: story.failure?.message ?? '' });
}
