/** What the tables must say when all is over. Pure. */
import { FINAL_STATUSES, isOneOf } from '../../contract/words.js';
import { groupBy, type Evidence, type OfferFact, type Violation } from './evidence.js';

/** Every booking that was asked for is there once, and those that were acknowledged are the ones that are there. */
export function findLost({ planned, answers, bookings, keys }: Evidence): Violation[] {
  const found: Violation[] = [];
  const lost = (id: string, text: string): void => void found.push({ rule: 'lost', id, text });
  const rows = new Set(bookings.map(({ id }) => id));
  const byAsk = new Map(answers.map((answer) => [answer.ask, answer]));
  for (const key of planned) {
    const answered = byAsk.get(`book ${key}`)?.bookingIds ?? [];
    if (answered.length === 0) lost(key, 'its POST /bookings was never answered 201');
    for (const id of answered)
      if (!rows.has(id)) lost(id, `acknowledged for key ${key}, and not in the table`);
  }
  for (const { key, bookingId } of keys)
    if (!rows.has(bookingId)) lost(bookingId, `named by key ${key}, and not in the table`);
  return found;
}

/** Everything has come to its end: bookings, searches, offers, jobs, and what Temporal had to be told. */
export function findStuck({ bookings, searches, offers, outbox }: Evidence): Violation[] {
  const stuck = (id: string, text: string): Violation => ({ rule: 'stuck', id, text });
  return [
    ...bookings
      .filter(({ status }) => !isOneOf(FINAL_STATUSES, status))
      .map(({ id, status }) => stuck(id, `the booking is ${status}`)),
    ...searches
      .filter(({ outcome }) => outcome === null)
      .map(({ bookingId, searchNo }) => stuck(bookingId, `its search ${searchNo} has no end`)),
    ...offers
      .filter(({ endedAtUs }) => endedAtUs === null)
      .map(({ id, bookingId, status }) => stuck(bookingId, `its offer ${id} is ${status} and has not ended`)),
    ...(outbox > 0 ? [stuck('outbox', `${outbox} lines are left`)] : []),
  ];
}

/** At every instant a pilot has one live offer or job, a booking one, a key one booking, a booking one key. */
export function findDoubled({ offers, answers, bookings, keys }: Evidence): Violation[] {
  const byBooking = groupBy(keys, ({ bookingId }) => bookingId);
  return [
    ...overlaps(offers, 'pilot', ({ pilotId }) => pilotId),
    ...overlaps(offers, 'booking', ({ bookingId }) => bookingId),
    ...answers
      .filter(({ ask, bookingIds }) => ask.startsWith('book ') && bookingIds.length > 1)
      .map(({ ask, bookingIds }) => doubled(ask, `made ${bookingIds.length}: ${bookingIds.join(', ')}`)),
    ...bookings
      .filter(({ id }) => byBooking.get(id)?.length !== 1)
      .map(({ id }) => doubled(id, `the booking has ${byBooking.get(id)?.length ?? 0} keys`)),
    ...jobsOf(offers),
  ];
}

/** Two holds of one pilot or booking that share an instant, by the rows' own times. */
function overlaps(
  offers: readonly OfferFact[],
  whose: string,
  key: (offer: OfferFact) => string,
): Violation[] {
  const found: Violation[] = [];
  for (const [id, held] of groupBy(offers, key)) {
    let last: OfferFact | null = null;
    for (const offer of held.toSorted((a, b) => a.offeredAtUs - b.offeredAtUs)) {
      if (last !== null && offer.offeredAtUs < endOf(last))
        found.push(
          doubled(id, `${whose} had ${last.id} (${span(last)}) when ${offer.id} (${span(offer)}) began`),
        );
      if (last === null || endOf(offer) > endOf(last)) last = offer;
    }
  }
  return found;
}

/** No booking was delivered twice, or by a pilot other than the one whom it names. */
function jobsOf(offers: readonly OfferFact[]): Violation[] {
  return [...groupBy(offers, ({ bookingId }) => bookingId)].flatMap(([id, held]) => {
    const delivered = held.filter(({ endReason }) => endReason === 'delivered');
    return delivered.length > 1
      ? [doubled(id, `delivered by ${delivered.map(({ pilotId }) => pilotId).join(' and ')}`)]
      : [];
  });
}

/** The rows of a booking agree among themselves about its end. */
export function findDisagreeing({ bookings, offers }: Evidence): Violation[] {
  const jobs = groupBy(
    offers.filter(({ status }) => status === 'ACCEPTED'),
    ({ bookingId }) => bookingId,
  );
  return bookings.flatMap(({ id, status, pilotId }): Violation[] => {
    const last = (jobs.get(id) ?? []).toSorted((a, b) => a.offeredAtUs - b.offeredAtUs).at(-1);
    const delivered = last?.endReason === 'delivered';
    if ((status === 'DELIVERED') === delivered && (!delivered || last.pilotId === pilotId)) return [];
    const text = `the booking is ${status} with pilot ${pilotId}, its last job ended '${last?.endReason}' with pilot ${last?.pilotId}`;
    return [{ rule: 'doubled', id, text }];
  });
}

/** Numbers of offers and events run from 1 without gaps. */
export function findGaps({ bookings, events, offers }: Evidence): Violation[] {
  const found: Violation[] = [];
  const byBooking = groupBy(events, ({ bookingId }) => bookingId);
  for (const { id, eventSeq } of bookings) {
    const seqs = (byBooking.get(id) ?? []).map(({ seq }) => seq).toSorted((a, b) => a - b);
    if (seqs.length !== eventSeq || seqs.some((seq, index) => seq !== index + 1))
      found.push({ rule: 'events with a gap', id, text: `numbers ${seqs.join(' ')} of ${eventSeq}` });
  }
  const asked = offers.filter(({ number }) => number > 0);
  for (const [search, held] of groupBy(asked, ({ bookingId, searchNo }) => `${bookingId} ${searchNo}`)) {
    const numbers = held.map(({ number }) => number).toSorted((a, b) => a - b);
    if (numbers.some((number, index) => number !== index + 1))
      found.push({ rule: 'doubled', id: search, text: `its offers are numbered ${numbers.join(' ')}` });
  }
  return found;
}

function doubled(id: string, text: string): Violation {
  return { rule: 'doubled', id, text };
}

function endOf({ endedAtUs }: OfferFact): number {
  return endedAtUs ?? Infinity;
}

function span({ offeredAtUs, endedAtUs }: OfferFact): string {
  const time = (us: number): string => new Date(us / 1000).toISOString().slice(11);
  return `${time(offeredAtUs)} to ${endedAtUs === null ? 'now' : time(endedAtUs)}`;
}
