/** A pilot's app and the pilot who holds it: moves, reports positions, answers offers, carries out jobs. */
import type { AcceptAnswer, Booking, PilotEvents } from '../../contract/shapes.js';
import type { LatLng } from '../../contract/geo.js';
import { CallError, type Api } from './api.js';
import type { Ledger } from './ledger.js';
import { between, type Random } from './random.js';
import { headingOf, onJob, STEP_AT, towards } from './roam.js';
import { drawAnswer, type Answer, type AnswerShares } from './shares.js';
import { ask, connect, openLine, type Line } from './socket.js';
import { pause } from './time.js';
import type { Identity } from './tokens.js';

const CONNECT_MS = 20_000;

export interface PilotHabits {
  answers: AnswerShares;
  /** Mean time to answer, milliseconds. */
  answerMs: number;
  /** How far an answer's time may be from its mean, as a part of it; 0.75 unless told. */
  answerSpread?: number;
  /** From accept to delivered, milliseconds. */
  jobMs: number;
  /** Between two positions, milliseconds. */
  locationMs: number;
  /** Speed without a job, kilometres an hour. */
  kph: number;
  /** Where he starts. */
  home: LatLng;
  /** Draws the next place he wanders to. */
  wanderTo: () => LatLng;
  /** His own stream for answers, so that a seed means the same answers whatever the network does. */
  random: Random;
}

/** What a pilot did; for reports. */
export interface PilotCounts {
  offers: number;
  accepted: number;
  declined: number;
  silent: number;
  /** His answer came too late, or what he answered was gone: 409 or 404. */
  refused: number;
  delivered: number;
  /** Positions or receipts that the system did not acknowledge with `ok`. */
  unacknowledged: number;
}

/** One pilot with one device. */
export class SimulatedPilot {
  readonly counts: PilotCounts = {
    offers: 0,
    accepted: 0,
    declined: 0,
    silent: 0,
    refused: 0,
    delivered: 0,
    unacknowledged: 0,
  };
  private readonly api: Api;
  private readonly line: Line;
  private readonly ended = new AbortController();
  /** Pop-ups on his screen, each with what takes it off. */
  private readonly popUps = new Map<string, AbortController>();
  private job: { booking: Booking; over: AbortController; startedAtMs: number; from: LatLng } | null = null;
  private target: LatLng;
  position: LatLng;

  constructor(
    door: { api: Api; url: string },
    readonly identity: Identity,
    private readonly habits: PilotHabits,
    private readonly ledger: Ledger,
    private readonly onError: (error: Error) => void = () => undefined,
  ) {
    this.api = door.api.as(identity.token);
    this.line = openLine(door.url, identity.token);
    this.position = habits.home;
    this.target = habits.wanderTo();
  }

  get busy(): boolean {
    return this.job !== null;
  }

  /** Connects, says where he is and goes online. Throws when the system refuses. */
  async start(): Promise<void> {
    this.on('booking:offer', (offer) => this.background(this.consider(offer)));
    this.on('offer:expired', ({ offerId, at }) => {
      this.ledger.offerEnded(offerId, Date.parse(at));
      this.popUps.get(offerId)?.abort();
    });
    this.on('job:assigned', (booking) => this.takeJob(booking));
    this.on('booking:cancelled', ({ bookingId, at }) => {
      this.ledger.jobEnded(bookingId, Date.parse(at));
      if (this.job?.booking.id === bookingId) this.job.over.abort();
    });
    await connect(this.line, CONNECT_MS);
    await this.reportPosition();
    await this.api.call('PUT', '/pilots/me/availability', { body: { online: true } });
    this.background(this.roam());
  }

  /** Goes offline, if no job forbids it, and leaves. */
  async stop(): Promise<void> {
    this.ended.abort();
    try {
      await this.api.call('PUT', '/pilots/me/availability', { body: { online: false } });
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
    } finally {
      this.line.disconnect();
    }
  }

  private on<E extends keyof PilotEvents>(event: E, hear: (payload: PilotEvents[E]) => void): void {
    this.line.on(event, hear as never);
  }

  /** What runs beside the events must not end the process. */
  private background(work: Promise<void>): void {
    work.catch((error: unknown) => this.onError(error instanceof Error ? error : new Error(String(error))));
  }

  private async consider(offer: PilotEvents['booking:offer']): Promise<void> {
    this.background(this.say('offer:received', { offerId: offer.offerId }));
    const isNew = this.ledger.offerSeen({
      pilotId: this.identity.id,
      bookingId: offer.bookingId,
      offerId: offer.offerId,
      fromMs: Date.parse(offer.serverTime),
      expiresMs: Date.parse(offer.expiresAt),
      seenAtMs: performance.now(),
    });
    if (!isNew) return;
    this.counts.offers += 1;
    const { random, answers, answerMs, answerSpread = 0.75 } = this.habits;
    const answer = drawAnswer(random, answers);
    const thinkMs = answerMs * between(random, 1 - answerSpread, 1 + answerSpread);
    if (answer === 'silent') {
      this.counts.silent += 1;
      return;
    }
    const popUp = new AbortController();
    this.popUps.set(offer.offerId, popUp);
    const stillThere = await pause(thinkMs, AbortSignal.any([popUp.signal, this.ended.signal]));
    this.popUps.delete(offer.offerId);
    if (stillThere) await this.answer(offer.offerId, answer);
  }

  private async answer(offerId: string, answer: Exclude<Answer, 'silent'>): Promise<void> {
    this.ledger.offerAnswered(offerId, performance.now());
    try {
      if (answer === 'decline') {
        await this.api.call('POST', `/offers/${offerId}/decline`);
        this.counts.declined += 1;
        return;
      }
      const { booking } = await this.api.call<AcceptAnswer>('POST', `/offers/${offerId}/accept`);
      this.counts.accepted += 1;
      if (booking.assignedAt !== null) this.ledger.offerAccepted(offerId, Date.parse(booking.assignedAt));
      this.takeJob(booking);
    } catch (error) {
      if (!(error instanceof CallError) || (error.status !== 409 && error.status !== 404)) throw error;
      this.counts.refused += 1;
    }
  }

  /** The answer to his accept and the socket both bring the job: the first begins it. */
  private takeJob(booking: Booking): void {
    if (booking.assignedAt === null) return;
    const isNew = this.ledger.jobStarted({
      pilotId: this.identity.id,
      bookingId: booking.id,
      fromMs: Date.parse(booking.assignedAt),
      seenAtMs: performance.now(),
    });
    if (!isNew || this.job !== null) return;
    this.job = {
      booking,
      over: new AbortController(),
      startedAtMs: performance.now(),
      from: this.position,
    };
    this.background(this.carryOut(this.job).finally(() => (this.job = null)));
  }

  private async carryOut(job: NonNullable<typeof this.job>): Promise<void> {
    for (const [status, part] of Object.entries(STEP_AT)) {
      const going = await pause(
        job.startedAtMs + part * this.habits.jobMs - performance.now(),
        AbortSignal.any([job.over.signal, this.ended.signal]),
      );
      if (!going) return;
      try {
        const booking = await this.api.call<Booking>('POST', `/jobs/${job.booking.id}/status`, {
          body: { status },
        });
        if (booking.deliveredAt !== null) this.ledger.jobEnded(booking.id, Date.parse(booking.deliveredAt));
      } catch (error) {
        if (error instanceof CallError && (error.status === 409 || error.status === 404)) return;
        throw error;
      }
    }
    this.counts.delivered += 1;
    this.position = job.booking.dropoff;
    this.target = this.habits.wanderTo();
  }

  private async roam(): Promise<void> {
    // Not all of them in the same moment.
    let waitMs = this.habits.locationMs * Math.random();
    let movedAtMs = performance.now();
    while (await pause(waitMs, this.ended.signal)) {
      const now = performance.now();
      this.move((now - movedAtMs) / 1000, now);
      movedAtMs = now;
      this.background(this.reportPosition());
      waitMs = this.habits.locationMs;
    }
  }

  private move(seconds: number, nowMs: number): void {
    if (this.job !== null) {
      const { booking, from, startedAtMs } = this.job;
      const part = this.habits.jobMs === 0 ? 1 : (nowMs - startedAtMs) / this.habits.jobMs;
      this.target = part < STEP_AT.ARRIVED ? booking.pickup : booking.dropoff;
      this.position = onJob(from, booking.pickup, booking.dropoff, part);
      return;
    }
    const { at, arrived } = towards(this.position, this.target, this.habits.kph, seconds);
    this.position = at;
    if (arrived) this.target = this.habits.wanderTo();
  }

  private async reportPosition(): Promise<void> {
    const { lat, lng } = this.position;
    const heading = headingOf(this.position, this.target);
    await this.say('pilot:location', { lat, lng, heading, at: new Date().toISOString() });
  }

  private async say(event: string, payload: object): Promise<void> {
    const answer = await ask(this.line, event, payload);
    if (answer?.ok !== true && !this.ended.signal.aborted) this.counts.unacknowledged += 1;
  }
}
