/** What clients were told, held against the rows. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { retell } from '../simulate/story.js';
import { groupBy, type Evidence, type OfferFact, type Violation } from './evidence.js';
import type { Answered } from './watched-api.js';

/** What an answer of 2xx promises, and what one of 4xx denies, by what was asked. */
const PROMISES: Record<string, (offer: OfferFact) => boolean> = {
  accept: ({ acceptedAtUs }) => acceptedAtUs !== null,
  decline: ({ status }) => status === 'DECLINED',
};

/** Every answer stands: a yes in the rows, a no not, unless a try without an answer may have been the yes. */
export function findDishonoured(evidence: Evidence): Violation[] {
  const offers = new Map(evidence.offers.map((offer) => [offer.id, offer]));
  const bookings = new Map(evidence.bookings.map((booking) => [booking.id, booking]));
  const stepped = new Set(
    evidence.events
      .filter(({ event }) => event === 'booking:status')
      .map(({ bookingId, payload }) => `${String(payload['status'])} ${bookingId}`),
  );
  return evidence.answers.flatMap((answer) => {
    const [what = '', id = ''] = answer.ask.split(' ');
    const promise = PROMISES[what];
    if (promise !== undefined) {
      const offer = offers.get(id);
      return judge(
        answer,
        id,
        offer !== undefined && promise(offer),
        `offer ${JSON.stringify(offer ?? null)}`,
      );
    }
    const status = bookings.get(id)?.status;
    if (what === 'release') {
      const released = evidence.offers.some(
        ({ bookingId, endReason }) => bookingId === id && endReason === 'released',
      );
      return judge({ ...answer, refused: 0 }, id, released, 'no job of it was given back');
    }
    if (what === 'cancel') return judge(answer, id, status === 'CANCELLED', `booking ${status}`);
    if (/^[A-Z_]+$/.test(what))
      return judge(answer, id, stepped.has(answer.ask), `events of the booking, which is ${status}`);
    return [];
  });
}

function judge(answer: Answered, id: string, stands: boolean, rows: string): Violation[] {
  const { ask, done, refused, unsure } = answer;
  const broken = done > 0 ? !stands : stands && refused > 0 && unsure === 0;
  if (!broken) return [];
  const said = done > 0 ? `was answered yes ${done} times` : `was only ever refused, ${refused} times`;
  return [{ rule: 'answer not honoured', id, text: `${ask} ${said}; the rows say: ${rows}` }];
}

/** After the last sync each user has every event of the table, each the same, and knows the right end. */
export function findUntold(evidence: Evidence): Violation[] {
  const rows = groupBy(evidence.events, ({ bookingId }) => bookingId);
  const statuses = new Map(evidence.bookings.map(({ id, status }) => [id, status]));
  return evidence.stories.flatMap(({ bookingId, events }): Violation[] => {
    const stored = (rows.get(bookingId) ?? []).toSorted((a, b) => a.seq - b.seq);
    const told = events.toSorted((a, b) => a.seq - b.seq);
    const gap = told.findIndex(({ seq }, index) => seq !== index + 1);
    if (gap >= 0 || told.length !== stored.length) {
      const text = `the user has ${told.map(({ seq }) => seq).join(' ')} of ${stored.length}`;
      return [{ rule: 'events with a gap', id: bookingId, text }];
    }
    const { end, doubleAssignments } = retell(told);
    const found = told
      .filter((one, index) => !isSame(one, stored[index] as (typeof stored)[number]))
      .map((one) => otherwise(bookingId, `event ${one.seq}: ${JSON.stringify(one)}`));
    if (end?.toUpperCase() !== statuses.get(bookingId))
      found.push(
        otherwise(bookingId, `the screen says ${end ?? 'no end'}, the row ${statuses.get(bookingId)}`),
      );
    if (doubleAssignments > 0)
      found.push({ rule: 'doubled', id: bookingId, text: 'given to a pilot while another had it' });
    return found;
  });
}

/** On the socket number and time stand within the payload, in the table beside it. */
function isSame(
  told: { event: string; payload: Record<string, unknown> },
  stored: { event: string; payload: Record<string, unknown> },
): boolean {
  return told.event === stored.event && isDeepStrictEqual(bare(told.payload), bare(stored.payload));
}

function bare({ seq: _seq, at: _at, ...payload }: Record<string, unknown>): Record<string, unknown> {
  return payload;
}

/** What pilots were shown is in the rows, with a countdown that needs no right clock, and is gone at the end. */
export function findPilotsMisled({ offers, offersSeen, jobsSeen, left }: Evidence): Violation[] {
  const byId = new Map(offers.map((offer) => [offer.id, offer]));
  const jobs = new Set(
    offers
      .filter(({ acceptedAtUs }) => acceptedAtUs !== null)
      .map(({ pilotId, bookingId }) => `${pilotId} ${bookingId}`),
  );
  return [
    ...offersSeen.flatMap((seen) => {
      const offer = byId.get(seen.offerId);
      const same = offer?.pilotId === seen.pilotId && offer.bookingId === seen.bookingId;
      if (offer === undefined || !same)
        return [otherwise(seen.offerId, `pilot ${seen.pilotId} was shown an offer that is not his`)];
      const leftMs = seen.expiresAtMs - seen.serverTimeMs;
      const right =
        seen.expiresAtMs === Math.floor(offer.expiresAtUs / 1000) &&
        Math.abs(seen.remainingSeconds - leftMs / 1000) <= 1 &&
        seen.remainingSeconds <= seen.totalSeconds;
      return right ? [] : [otherwise(seen.offerId, `a wrong countdown: ${JSON.stringify(seen)}`)];
    }),
    ...jobsSeen
      .filter(({ pilotId, bookingId }) => !jobs.has(`${pilotId} ${bookingId}`))
      .map(({ pilotId, bookingId }) => otherwise(bookingId, `pilot ${pilotId} was told it is his job`)),
    ...left
      .filter((one) => one.offers > 0 || one.job)
      .map((one) => otherwise(one.pilotId, `still has ${one.offers} offers, ${one.job ? 'a' : 'no'} job`)),
  ];
}

function otherwise(id: string, text: string): Violation {
  return { rule: 'client told otherwise', id, text };
}
