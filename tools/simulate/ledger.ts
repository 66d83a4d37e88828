/**
 * Who held what, as the sockets and answers told it, and whether anybody ever held too much (rule 2 of
 * the contract). Facts are gathered in any order and judged afterwards, since the order of arrival is not
 * promised. Starts and ends are compared by the server's own times; where the server tells no time (a
 * decline), by the moments at which this process sent and received.
 */

/** One offer that a pilot was sent. Times of the server are epoch milliseconds. */
export interface OfferHold {
  pilotId: string;
  bookingId: string;
  offerId: string;
  /** Server: when it was made. */
  fromMs: number;
  /** Server: when its time is over. */
  expiresMs: number;
  /** Server: when it ended before its time; null when the server named no time. */
  endedMs: number | null;
  /** Own monotonic clock: when it was first seen here. */
  seenAtMs: number;
  /** Own monotonic clock: when the answer to it was sent. */
  answeredAtMs: number | null;
}

/** One job of a pilot. Server times, epoch milliseconds. */
export interface JobHold {
  pilotId: string;
  bookingId: string;
  fromMs: number;
  /** Own monotonic clock: when it was first seen here. */
  seenAtMs: number;
  /** When it was delivered, given back or cancelled; null while it is his. */
  untilMs: number | null;
}

/** Something that must not be: two holds that overlap, in words. */
export type Doubling = string;

export class Ledger {
  private readonly offersById = new Map<string, OfferHold>();
  private readonly jobsByStart = new Map<string, JobHold>();

  get offers(): OfferHold[] {
    return [...this.offersById.values()];
  }

  get jobs(): JobHold[] {
    return [...this.jobsByStart.values()];
  }

  /** A pilot was sent an offer; sent again (after a reconnect) it is the same one. Answers whether it is new. */
  offerSeen(offer: Omit<OfferHold, 'endedMs' | 'answeredAtMs'>): boolean {
    if (this.offersById.has(offer.offerId)) return false;
    this.offersById.set(offer.offerId, { ...offer, endedMs: null, answeredAtMs: null });
    return true;
  }

  /** The pilot sent his answer, at this moment of our own clock. */
  offerAnswered(offerId: string, atMs: number): void {
    const offer = this.offersById.get(offerId);
    if (offer !== undefined) offer.answeredAtMs ??= atMs;
  }

  /** The server says that the offer ended at this time. */
  offerEnded(offerId: string, atMs: number): void {
    const offer = this.offersById.get(offerId);
    if (offer !== undefined) offer.endedMs = Math.min(offer.endedMs ?? Infinity, atMs);
  }

  /** The server says that the offer became a job at this time: from then on, not from the tap on. */
  offerAccepted(offerId: string, atMs: number): void {
    const offer = this.offersById.get(offerId);
    if (offer === undefined) return;
    offer.answeredAtMs = null;
    this.offerEnded(offerId, atMs);
  }

  /** The server told the booking's user at this time that the offer which was live is over. */
  offerOfBookingEnded(bookingId: string, atMs: number): void {
    for (const offer of this.offersById.values())
      if (offer.bookingId === bookingId && offer.fromMs <= atMs) this.offerEnded(offer.offerId, atMs);
  }

  /** The server says that the pilot has a job since then; told twice it is the same. Answers whether it is new. */
  jobStarted(job: Omit<JobHold, 'untilMs'>): boolean {
    const key = `${job.bookingId}/${job.pilotId}/${job.fromMs}`;
    if (this.jobsByStart.has(key)) return false;
    this.jobsByStart.set(key, { ...job, untilMs: null });
    return true;
  }

  /** The server says that the booking had no pilot any more from then on. */
  jobEnded(bookingId: string, atMs: number): void {
    for (const job of this.jobsByStart.values())
      if (job.bookingId === bookingId && job.fromMs <= atMs)
        job.untilMs = Math.min(job.untilMs ?? Infinity, atMs);
  }
}

/** Every pair of a live offer and another live offer or a job: of one pilot, or of one booking. */
export function findDoubleOffers(offers: readonly OfferHold[], jobs: readonly JobHold[]): Doubling[] {
  return [
    ...twoOffers(offers, 'pilot', (offer) => offer.pilotId),
    ...twoOffers(offers, 'booking', (offer) => offer.bookingId),
    ...offersBesideJobs(offers, jobs),
  ];
}

function twoOffers(
  offers: readonly OfferHold[],
  whose: string,
  key: (offer: OfferHold) => string,
): Doubling[] {
  return group(offers, key)
    .flatMap(pairs)
    .filter(([first, second]) => !offerWasOver(first, second))
    .map(
      ([first, second]) =>
        `${whose} ${key(first)} had live offer ${first.offerId} (until ${time(offerEndMs(first))}) when offer ${second.offerId} was made (${time(second.fromMs)})`,
    );
}

function offersBesideJobs(offers: readonly OfferHold[], jobs: readonly JobHold[]): Doubling[] {
  const found: Doubling[] = [];
  const jobsOf = new Map(group(jobs, (job) => job.pilotId).map((held) => [held[0]?.pilotId, held]));
  for (const offer of offers)
    for (const job of jobsOf.get(offer.pilotId) ?? []) {
      if (job.bookingId === offer.bookingId) continue;
      const both = offer.fromMs < job.fromMs ? !offerWasOver(offer, job) : during(offer.fromMs, job);
      if (both)
        found.push(
          `pilot ${offer.pilotId} had live offer ${offer.offerId} (${time(offer.fromMs)}) and booking ${job.bookingId} (${time(job.fromMs)})`,
        );
    }
  return found;
}

/** Every pair of jobs at one time of one pilot, or of one booking. */
export function findDoubleJobs(jobs: readonly JobHold[]): Doubling[] {
  const found: Doubling[] = [];
  for (const held of group(jobs, (job) => job.pilotId))
    for (const [first, second] of pairs(held))
      if (during(second.fromMs, first))
        found.push(
          `pilot ${first.pilotId} was given booking ${second.bookingId} (${time(second.fromMs)}) while on ${first.bookingId}`,
        );
  for (const held of group(jobs, (job) => job.bookingId))
    for (const [first, second] of pairs(held))
      if (first.pilotId !== second.pilotId && during(second.fromMs, first))
        found.push(
          `booking ${first.bookingId} was given to pilot ${second.pilotId} (${time(second.fromMs)}) while pilot ${first.pilotId} had it`,
        );
  return found;
}

function offerEndMs(offer: OfferHold): number {
  return Math.min(offer.expiresMs, offer.endedMs ?? Infinity);
}

/** The offer was over when `next` was made: by the server's times, or since its answer had gone out. */
function offerWasOver(offer: OfferHold, next: { fromMs: number; seenAtMs: number }): boolean {
  if (offerEndMs(offer) <= next.fromMs) return true;
  return offer.answeredAtMs !== null && offer.answeredAtMs <= next.seenAtMs;
}

function during(atMs: number, job: JobHold): boolean {
  return atMs >= job.fromMs && (job.untilMs === null || atMs < job.untilMs);
}

function group<T>(holds: readonly T[], key: (hold: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const hold of holds) {
    const known = groups.get(key(hold));
    if (known === undefined) groups.set(key(hold), [hold]);
    else known.push(hold);
  }
  return [...groups.values()];
}

/** All pairs, the earlier one first. */
function pairs<T extends { fromMs: number }>(holds: readonly T[]): [T, T][] {
  const sorted = [...holds].sort((a, b) => a.fromMs - b.fromMs);
  return sorted.flatMap((first, index) => sorted.slice(index + 1).map((second): [T, T] => [first, second]));
}

function time(ms: number): string {
  return new Date(ms).toISOString().slice(11);
}
