/** A pilot at this page: hears the line, asks and answers the server, and keeps the desk. */
import { signal, type Signal } from '@preact/signals';
import type { AcceptAnswer, Booking, Offer, Pilot, PilotEvents } from '../../contract/shapes.js';
import type { JobStatus } from '../../contract/words.js';
import { Refusal, wordsOf } from '../door/api.js';
import { hearServerTime, msUntil } from '../door/clock.js';
import { Line } from '../door/line.js';
import type { Session } from '../door/session.js';
import { beat } from './beat.js';
import * as desk from './desk.js';
import { Position } from './position.js';

const AGAIN_AFTER_MS = 400;
/** Between two looks at what is so when nothing is heard: an event may be lost with its process. */
const LOOK_EVERY_MS = 15_000;
/** Nobody tells this page that the offer was declined on another device. */
const LOOK_AT_OFFER_EVERY_MS = 3_000;
/** A look that others keep overtaking is given up: the next is near. */
const LOOKS_AT_MOST = 4;
/** The answer of a job's step is asked for this often on a bad line. */
const STEP_AGAIN = 4;

export class Shift {
  readonly desk: Signal<desk.Desk> = signal(desk.EMPTY_DESK);
  /** What is under way: its button shows it. */
  readonly busy: Signal<'accept' | 'decline' | 'online' | 'step' | 'release' | null> = signal(null);
  readonly line: Line;
  readonly position: Position;
  private readonly stopBeat: () => void;
  private closed = false;
  private looks = 0;
  private lookedAtMs = -Infinity;

  constructor(
    private readonly session: Session,
    pilotId: string,
  ) {
    this.line = new Line(session);
    this.position = new Position(this.line, pilotId);
    this.listen();
    this.stopBeat = beat(() => this.tick());
    document.addEventListener('visibilitychange', this.seen);
  }

  close(): void {
    this.closed = true;
    this.stopBeat();
    document.removeEventListener('visibilitychange', this.seen);
    this.position.close();
    this.line.close();
  }

  /** Says it on the page; null takes it away. */
  tell(notice: desk.DeskNotice | null): void {
    this.change(desk.told, notice);
  }

  async setOnline(online: boolean): Promise<void> {
    // Without a fresh position a pilot who is online is not asked.
    if (online) await this.position.send();
    await this.act('online', async () => {
      const pilot = await this.session.api.put<Pilot>('/pilots/me/availability', { online }, { again: 2 });
      this.change(desk.pilotIs, pilot);
      if (this.desk.value.notice !== null) this.tell(null);
    });
  }

  /** Says it over and over on a bad line, for as long as the offer lasts. */
  async accept(offer: Offer): Promise<void> {
    await this.answer('accept', offer, async () => {
      const answer = await this.session.api.post<AcceptAnswer>(`/offers/${offer.offerId}/accept`);
      this.desk.value = desk.accepted(this.desk.value, offer.offerId, answer.booking);
      void this.position.send();
    });
  }

  async decline(offer: Offer, reason: string): Promise<void> {
    await this.answer('decline', offer, async () => {
      const body = reason.trim() === '' ? {} : { reason: reason.trim() };
      await this.session.api.post(`/offers/${offer.offerId}/decline`, body);
      this.change(desk.declined, offer.offerId);
    });
  }

  timeUp(offer: Offer): void {
    this.desk.value = desk.timeUp(this.desk.value, offer.offerId, this.busy.value === 'accept');
  }

  /** The pop-up is on the screen. */
  async shown(offer: Offer): Promise<void> {
    await this.line.ask('offer:received', { offerId: offer.offerId });
  }

  async step(job: Booking, status: JobStatus): Promise<void> {
    await this.act('step', async () => {
      const booking = await this.session.api.post<Booking>(
        `/jobs/${job.id}/status`,
        { status },
        { again: STEP_AGAIN },
      );
      this.change(desk.stepped, booking);
    });
  }

  async release(job: Booking, reason: string): Promise<void> {
    await this.act('release', async () => {
      await this.session.api.post(`/jobs/${job.id}/release`, { reason }, { again: 2 });
      this.change(desk.released, job.id);
    });
  }

  /** Asks the server what is so, and shows it; a look that began later is the one that counts. */
  async look(): Promise<void> {
    this.looks += 1;
    this.lookedAtMs = performance.now();
    const mine = this.looks;
    // What moves while the answers are on their way makes them old: then they are asked for again.
    for (let tries = 0; tries < LOOKS_AT_MOST; tries += 1) {
      const before = this.desk.value;
      const truth = await this.askTruth();
      if (truth === null || this.closed || mine !== this.looks) return;
      for (const offer of truth.offers) hearServerTime(offer.serverTime);
      this.position.begin(truth.pilot.position);
      if (!desk.sameStanding(before, this.desk.value)) continue;
      this.desk.value = desk.standing(this.desk.value, truth, (offer) => msUntil(offer.expiresAt));
      return;
    }
  }

  private listen(): void {
    const { line } = this;
    line.onConnect(() => {
      void this.look();
      void this.position.send();
    });
    line.on<Offer>('booking:offer', (offer) => {
      hearServerTime(offer.serverTime);
      this.desk.value = desk.offerCame(this.desk.value, offer, msUntil(offer.expiresAt));
    });
    line.on<PilotEvents['offer:expired']>('offer:expired', (end) => {
      this.change(desk.offerEnded, end);
      if (end.reason === 'offline') void this.look();
    });
    line.on<PilotEvents['job:assigned']>('job:assigned', (job) => {
      this.change(desk.jobAssigned, job);
      void this.look();
    });
    line.on<PilotEvents['booking:cancelled']>('booking:cancelled', (end) => {
      this.change(desk.jobCancelled, end);
      void this.look();
    });
  }

  private readonly seen = (): void => {
    if (document.visibilityState === 'visible') void this.look();
  };

  private tick(): void {
    const { pilot, offer, job } = this.desk.value;
    const lookEveryMs = offer === null ? LOOK_EVERY_MS : LOOK_AT_OFFER_EVERY_MS;
    if (this.line.status.value === 'up') this.position.tick(pilot?.online === true || job !== null);
    if (performance.now() - this.lookedAtMs > lookEveryMs) void this.look();
  }

  /** Null when there is no answer now; the next connection asks again. */
  private async askTruth(): Promise<desk.Truth | null> {
    const { api } = this.session;
    try {
      const [pilot, offers, job] = await Promise.all([
        api.get<Pilot>('/pilots/me'),
        api.get<Offer[]>('/pilots/me/offers'),
        api.get<Booking | undefined>('/pilots/me/job'),
      ]);
      return { pilot, offers, job: job ?? null };
    } catch (error) {
      if (error instanceof Refusal && !error.passing) this.tell({ tone: 'error', text: wordsOf(error) });
      return null;
    }
  }

  /** Carries out one thing at a time; a refusal is told, and what is so is asked for. */
  private async act(name: NonNullable<typeof this.busy.value>, work: () => Promise<void>): Promise<void> {
    if (this.busy.value !== null) return;
    this.busy.value = name;
    try {
      await work();
    } catch (error) {
      this.tell({ tone: 'error', text: wordsOf(error) });
      await this.look();
    } finally {
      this.busy.value = null;
    }
  }

  private async answer(name: 'accept' | 'decline', offer: Offer, work: () => Promise<void>): Promise<void> {
    if (this.busy.value !== null) return;
    this.busy.value = name;
    try {
      await this.whileItLasts(offer, work);
    } catch (error) {
      if (error instanceof Refusal && !error.passing)
        this.desk.value = desk.answerRefused(this.desk.value, offer.offerId, wordsOf(error));
      await this.look();
    } finally {
      this.busy.value = null;
    }
  }

  private async whileItLasts(offer: Offer, work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await work();
        return;
      } catch (error) {
        const open = this.desk.value.offer?.offerId === offer.offerId && msUntil(offer.expiresAt) > 0;
        if (!(error instanceof Refusal) || !error.passing || !open || this.closed) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.min(error.retryAfterMs, AGAIN_AFTER_MS)));
      }
    }
  }

  private change<T>(how: (before: desk.Desk, input: T) => desk.Desk, input: T): void {
    this.desk.value = how(this.desk.value, input);
  }
}
