/** What a small chaos run leaves behind when all went well, for tests of the checker to plant faults in. */
import type { Evidence, OfferFact } from '../../tools/chaos/evidence.js';
import type { ToldEvent } from '../../tools/simulate/story.js';
import type { Answered } from '../../tools/chaos/watched-api.js';

export const BOOKING = 'booking-a';
export const CANCELLED = 'booking-b';
export const PILOT = 'pilot-1';
export const OTHER = 'pilot-2';

const T0_US = 1_800_000_000_000_000;
const SECOND_US = 1_000_000;

/** An offer from and to seconds after the start; accepted, it is a job to its end. */
export function offer(
  id: string,
  seconds: [number, number | null],
  more: Partial<OfferFact> = {},
): OfferFact {
  const [from, to] = seconds;
  const offeredAtUs = T0_US + from * SECOND_US;
  return {
    ...{ id, bookingId: BOOKING, pilotId: PILOT, searchNo: 1, number: 1, status: 'DECLINED' },
    ...{ offeredAtUs, expiresAtUs: offeredAtUs + 2.5 * SECOND_US, acceptedAtUs: null },
    endedAtUs: to === null ? null : T0_US + to * SECOND_US,
    endReason: 'declined',
    ...more,
  };
}

export function answer(ask: string, more: Partial<Answered> = {}): Answered {
  return { ask, done: 1, refused: 0, unsure: 0, bookingIds: [], ...more };
}

/** Told by the socket: number and time stand in the payload too. */
function told(seq: number, event: string, payload: object): ToldEvent {
  const at = new Date(T0_US / 1000 + seq).toISOString();
  return { seq, event: event as ToldEvent['event'], payload: { ...payload, seq, at }, at };
}

const STORIES = {
  [BOOKING]: [
    told(1, 'booking:created', { bookingId: BOOKING }),
    told(2, 'booking:offer_sent', { bookingId: BOOKING, pilotNumber: 1 }),
    told(3, 'booking:offer_declined', { bookingId: BOOKING }),
    told(4, 'booking:driver_assigned', { bookingId: BOOKING, pilot: { id: OTHER } }),
    told(5, 'booking:status', { bookingId: BOOKING, status: 'DELIVERED' }),
  ],
  [CANCELLED]: [
    told(1, 'booking:created', { bookingId: CANCELLED }),
    told(2, 'booking:cancelled', { bookingId: CANCELLED }),
  ],
};

/** A booking that was declined once and then delivered, and one that was cancelled. */
export function goodEvidence(): Evidence {
  const stories = Object.entries(STORIES).map(([bookingId, events]) => ({
    bookingId,
    events: structuredClone(events),
  }));
  const accepted = {
    acceptedAtUs: T0_US + 2.5 * SECOND_US,
    status: 'ACCEPTED',
    endReason: 'delivered',
  } as const;
  const offers = [
    offer('offer-1', [0, 1]),
    offer('offer-2', [2, 6], { pilotId: OTHER, number: 2, ...accepted }),
  ];
  const search = { searchNo: 1, createdAtUs: T0_US, startedAtUs: T0_US, endsAtUs: T0_US, endedAtUs: T0_US };
  return {
    planned: ['key-a', 'key-b'],
    answers: [
      answer('book key-a', { done: 2, bookingIds: [BOOKING] }),
      answer('book key-b', { unsure: 1, bookingIds: [CANCELLED] }),
      answer('decline offer-1'),
      answer('accept offer-1', { done: 0, refused: 1 }),
      answer('accept offer-2', { done: 2, unsure: 1 }),
      answer(`DELIVERED ${BOOKING}`),
      answer(`cancel ${CANCELLED}`, { done: 2 }),
      answer(`cancel ${BOOKING}`, { done: 0, refused: 2 }),
    ],
    bookings: [
      { id: BOOKING, status: 'DELIVERED', pilotId: OTHER, searchNo: 1, eventSeq: 5 },
      { id: CANCELLED, status: 'CANCELLED', pilotId: null, searchNo: 1, eventSeq: 2 },
    ],
    offers,
    searches: [
      { bookingId: BOOKING, outcome: 'assigned', ...search },
      { bookingId: CANCELLED, outcome: 'cancelled', ...search },
    ],
    events: stories.flatMap(({ bookingId, events }) =>
      events.map(({ seq, event, payload: { seq: _seq, at: _at, ...payload } }) => ({
        ...{ bookingId, seq, event, payload },
      })),
    ),
    keys: [
      { key: 'key-a', bookingId: BOOKING },
      { key: 'key-b', bookingId: CANCELLED },
    ],
    outbox: 0,
    runs: [
      run(BOOKING, 'run-1', 'TERMINATED', null, 1),
      run(BOOKING, 'run-2', 'COMPLETED', 'DELIVERED', 2),
      run(CANCELLED, 'run-3', 'COMPLETED', 'CANCELLED', 1),
    ],
    stories,
    offersSeen: offers.map(({ id, pilotId, offeredAtUs, expiresAtUs }) => ({
      ...{ pilotId, bookingId: BOOKING, offerId: id, remainingSeconds: 3, totalSeconds: 3 },
      serverTimeMs: offeredAtUs / 1000,
      expiresAtMs: expiresAtUs / 1000,
    })),
    jobsSeen: [{ pilotId: OTHER, bookingId: BOOKING }],
    left: [{ pilotId: PILOT, offers: 0, job: false }],
    serverErrors: [],
    deaths: [],
  };
}

function run(bookingId: string, runId: string, status: string, result: string | null, startedAtMs: number) {
  return { bookingId, runId, status, result, startedAtMs, replayError: null };
}
