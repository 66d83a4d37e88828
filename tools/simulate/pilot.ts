/** A pilot's app and the pilot who holds it: moves, reports positions, answers offers, carries out jobs. */
import type { AcceptAnswer, Booking, PilotEvents } from '../../contract/shapes.js';
import type { LatLng } from '../../contract/geo.js';
import { CallError, type Api } from './api.js';
import { newCounts, type PilotHabits } from './habits.js';
import type { Ledger } from './ledger.js';
import { between } from './random.js';
import { headingOf, onJob, STEP_AT, towards } from './roam.js';
import { drawAnswer, type Answer } from './shares.js';
import { ask, closeLine, connect, openLine, type Line } from './socket.js';
import { pause } from './time.js';
import type { Identity } from './tokens.js';

const CONNECT_MS = 20_000;

/** A job that he carries out, or has carried out without having been told so. */
interface Job {
  booking: Booking;
  over: AbortController;
  startedAtMs: number;
  from: LatLng;
}

/** One pilot with one device. */
export class SimulatedPilot {
  readonly counts = newCounts();
  private readonly api: Api;
  private readonly line: Line;
  private readonly ended = new AbortController();
  /** Pop-ups on his screen, each with what takes it off. */
  private readonly popUps = new Map<string, AbortController>();
  private job: Job | null = null;
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
      closeLine(this.line);
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
    this.habits.onOffer?.(offer);
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

  /**
   * The answer to his accept and the socket both bring the job: the first begins it. The server gives one at a time, so a
   * later one says that the one before is over, though the answer to its last step may be lost.
   */
  private takeJob(booking: Booking): void {
    if (booking.assignedAt === null) return;
    const isNew = this.ledger.jobStarted({
      pilotId: this.identity.id,
      bookingId: booking.id,
      fromMs: Date.parse(booking.assignedAt),
      seenAtMs: performance.now(),
    });
    if (!isNew || (this.job?.booking.assignedAt ?? '') >= booking.assignedAt) return;
    this.job?.over.abort();
    const job = {
      booking,
      over: new AbortController(),
      startedAtMs: performance.now(),
      from: this.position,
    };
    this.job = job;
    this.background(
      this.carryOut(job).finally(() => {
        if (this.job === job) this.job = null;
      }),
    );
  }

  private async carryOut(job: Job): Promise<void> {
    const { givesBack = 0, random } = this.habits;
    if (givesBack > 0 && random() < givesBack) return this.giveBack(job.booking.id);
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
    if (this.job !== job) return;
    this.position = job.booking.dropoff;
    this.target = this.habits.wanderTo();
  }

  private async giveBack(bookingId: string): Promise<void> {
    try {
      await this.api.call('POST', `/jobs/${bookingId}/release`, { body: { reason: 'flat tyre' } });
    } catch (error) {
      // It was cancelled, say: what is so, the server knows.
      if (!(error instanceof CallError) || (error.status !== 409 && error.status !== 404)) throw error;
    }
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
    await this.say('pilot:location', {
      lat,
      lng,
      heading,
      at: new Date(this.habits.now?.() ?? Date.now()).toISOString(),
    });
  }

  private async say(event: string, payload: object): Promise<void> {
    const answer = await ask(this.line, event, payload);
    if (answer?.ok !== true && !this.ended.signal.aborted) this.counts.unacknowledged += 1;
  }
}
