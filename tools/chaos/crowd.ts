/** Customers and pilots of a chaos run: their clocks are wrong, they say things twice, some change their minds. */
import { setMaxListeners } from 'node:events';
import type { PilotEvents } from '../../contract/shapes.js';
import { SIGNALS, type SignalName } from '../../contract/workflow.js';
import { isOneOf } from '../../contract/words.js';
import { newTraffic, type Traffic } from '../simulate/api.js';
import { goThroughWith } from '../simulate/customer.js';
import { drawPlace, spotNear, type Place } from '../simulate/demand.js';
import { Ledger } from '../simulate/ledger.js';
import { SimulatedPilot } from '../simulate/pilot.js';
import type { PlannedBooking } from '../simulate/plan.js';
import { between, stream, type Random } from '../simulate/random.js';
import type { Story } from '../simulate/story.js';
import { inParallel, pause } from '../simulate/time.js';
import { identitiesFrom, type Identities } from '../simulate/tokens.js';
import { SimulatedUser } from '../simulate/user.js';
import type { LeftWithPilot, OfferSeen } from './evidence.js';
import type { Temporal } from './temporal.js';
import { Answers, WatchedApi } from './watched-api.js';

type OfferPayload = PilotEvents['booking:offer'];

export interface CrowdOptions {
  url: string;
  seed: number;
  pilots: number;
  users: number;
  places: readonly Place[];
  jwtSecret: string;
  temporal: Temporal;
  onError: (error: Error) => void;
}

const STARTS_AT_ONCE = 8;
/** Answers come from at once to after the end of an offer's 2.5 s. */
const ANSWER_MS = 1_450;
const ANSWER_SPREAD = 0.95;
const JOB_MS = 2_200;
const GIVES_BACK = 0.04;
const LOCATION_MS = 2_000;
const ANSWER_SHARES = { accept: 0.66, decline: 0.2, silent: 0.14 };
/** A phone's clock is wrong by up to this, either way. */
const CLOCK_WRONG_MS = 3_600_000;
/** Shares of customers who cancel in the midst of it, and who leave after a failed search without a word. */
const CANCELLING = 0.15;
const LEAVING = 0.1;
const CANCEL_WITHIN_MS = 7_000;
/** This share of what was answered yes reaches the workflow once more, twice, up to so much later. */
const SIGNALLED_AGAIN = 0.25;
const SIGNALLED_WITHIN_MS = 8_000;
const SYNC_TRIES = 10;
/** Between two breaks of a pilot. */
const BREAK_EVERY_MS = [15_000, 90_000] as const;

export class Crowd {
  readonly ledger = new Ledger();
  readonly offersSeen = new Map<string, OfferSeen>();
  readonly traffic: Traffic = newTraffic();
  readonly answers: Answers;
  /** Events that no socket brought. */
  resent = 0;
  private readonly api: WatchedApi;
  private readonly identities: Identities;
  private readonly random: Random;
  private readonly over = new AbortController();
  private users: SimulatedUser[] = [];
  private pilots: SimulatedPilot[] = [];
  private readonly stories = new Map<string, { user: SimulatedUser; story: Story }>();

  constructor(private readonly options: CrowdOptions) {
    const { url, seed, jwtSecret } = options;
    setMaxListeners(0, this.over.signal);
    this.random = stream(seed, 'signals');
    this.answers = new Answers((ask, bookingId) => this.signalAgain(ask, bookingId));
    this.api = new WatchedApi(url, this.traffic, this.answers, stream(seed, 'repeats'));
    this.identities = identitiesFrom(this.api, { JWT_SECRET: jwtSecret });
  }

  /** Pilots come online and customers open their apps. Throws when the system refuses them. */
  async gather(): Promise<void> {
    const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
    this.users = await inParallel(numbers(this.options.users), STARTS_AT_ONCE, (index) =>
      this.startUser(index),
    );
    this.pilots = await inParallel(numbers(this.options.pilots), STARTS_AT_ONCE, (index) =>
      this.startPilot(index),
    );
  }

  /** How many bookings were made. */
  get made(): number {
    return this.stories.size;
  }

  /** How many bookings have ended, as their users know it. */
  get ended(): number {
    return [...this.stories.values()].filter(({ story }) => story.state.phase === 'ended').length;
  }

  /** Books at its time and sees it through, each customer in his own way. */
  async follow(planned: PlannedBooking, key: string, signal: AbortSignal): Promise<void> {
    const user = this.users[planned.index % this.users.length] as SimulatedUser;
    const random = stream(this.options.seed, `customer/${planned.index}`);
    const kind = random();
    try {
      const story = await user.book(planned.body, key, signal);
      this.stories.set(story.bookingId, { user, story });
      if (kind < CANCELLING) {
        await pause(between(random, 0, CANCEL_WITHIN_MS), signal);
        // Too late is an answer as well: then it is followed to its other end.
        await user.cancel(story.bookingId).catch(() => undefined);
      }
      const leaves = kind >= CANCELLING && kind < CANCELLING + LEAVING;
      await (leaves
        ? goThroughWith(user, story, signal, () => Promise.resolve())
        : goThroughWith(user, story, signal));
    } catch (error) {
      this.options.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Every customer asks for what he missed, until he is answered. */
  async syncAll(): Promise<void> {
    await inParallel([...this.stories.values()], STARTS_AT_ONCE, async ({ user, story }) => {
      for (let tries = 0; tries < SYNC_TRIES; tries += 1)
        if (await user.sync(story.bookingId)) return;
        else await pause(500, this.over.signal);
    });
  }

  /** What each customer was told of his bookings. */
  told(): { bookingId: string; events: Story['events'] }[] {
    return [...this.stories].map(([bookingId, { story }]) => ({ bookingId, events: story.events }));
  }

  /** What each pilot is told when he asks now. */
  leftWithPilots(): Promise<LeftWithPilot[]> {
    return inParallel(this.pilots, STARTS_AT_ONCE, async ({ identity }) => {
      const api = this.api.as(identity.token);
      const offers = await api.call<unknown[]>('GET', '/pilots/me/offers');
      const job = await api.call<object | null>('GET', '/pilots/me/job');
      return { pilotId: identity.id, offers: offers.length, job: job !== null };
    });
  }

  async leave(): Promise<void> {
    this.over.abort();
    for (const user of this.users) user.stop();
    await inParallel(this.pilots, STARTS_AT_ONCE, (pilot) => pilot.stop().catch(this.options.onError));
  }

  private async startUser(index: number): Promise<SimulatedUser> {
    const identity = await this.identities.user(`Customer ${index + 1}`);
    const user = new SimulatedUser({ api: this.api, url: this.options.url }, identity, {
      onEvent: (_bookingId, _event, by) => {
        if (by === 'sync') this.resent += 1;
      },
    });
    await user.start();
    return user;
  }

  private async startPilot(index: number): Promise<SimulatedPilot> {
    const { seed, places, url, onError } = this.options;
    const placing = stream(seed, `pilot/${index}/place`);
    const wandering = stream(seed, `pilot/${index}/wander`);
    const identity = await this.identities.pilot(`Pilot ${index + 1}`);
    const wrongByMs = between(placing, -CLOCK_WRONG_MS, CLOCK_WRONG_MS);
    const habits = {
      answers: ANSWER_SHARES,
      answerMs: ANSWER_MS,
      answerSpread: ANSWER_SPREAD,
      jobMs: JOB_MS,
      givesBack: GIVES_BACK,
      locationMs: LOCATION_MS,
      kph: between(placing, 12, 25),
      home: spotNear(placing, drawPlace(placing, places, null)),
      wanderTo: () => spotNear(wandering, drawPlace(wandering, places, null)),
      random: stream(seed, `pilot/${index}/answers`),
      now: () => Date.now() + wrongByMs,
      onOffer: (offer: OfferPayload) => this.noteOffer(identity.id, offer),
    };
    const pilot = new SimulatedPilot({ api: this.api, url }, identity, habits, this.ledger, onError);
    await pilot.start();
    void takeBreaks(this.api.as(identity.token), stream(seed, `pilot/${index}/breaks`), this.over.signal);
    return pilot;
  }

  private noteOffer(pilotId: string, offer: OfferPayload): void {
    const { offerId, bookingId, remainingSeconds, totalSeconds, serverTime, expiresAt } = offer;
    this.offersSeen.set(`${offerId} ${serverTime}`, {
      ...{ pilotId, bookingId, offerId, remainingSeconds, totalSeconds },
      serverTimeMs: Date.parse(serverTime),
      expiresAtMs: Date.parse(expiresAt),
    });
  }

  /** A share of the signals arrives late and twice. */
  private signalAgain(ask: string, answeredId: string | null): void {
    const [name, id = ''] = ask.split(' ');
    if (!isOneOf(SIGNALS, name) || this.random() > SIGNALLED_AGAIN) return;
    const offer = this.ledger.offers.find(({ offerId }) => offerId === id);
    const bookingId = offer?.bookingId ?? answeredId ?? id;
    const payload = offer === undefined ? {} : { offerId: id, pilotId: offer.pilotId };
    void this.sendTwice(bookingId, name, payload);
  }

  private async sendTwice(bookingId: string, name: SignalName, payload: object): Promise<void> {
    if (!(await pause(this.random() * SIGNALLED_WITHIN_MS, this.over.signal))) return;
    const { temporal } = this.options;
    await Promise.all([1, 2].map(() => temporal.signal(bookingId, name, payload)));
  }
}

/** Now and then a pilot goes offline for a moment: a live offer is withdrawn then, a job forbids it. */
async function takeBreaks(api: WatchedApi, random: Random, signal: AbortSignal): Promise<void> {
  while (await pause(between(random, ...BREAK_EVERY_MS), signal)) {
    await api
      .call('PUT', '/pilots/me/availability', { body: { online: false }, signal })
      .catch(() => undefined);
    if (!(await pause(between(random, 500, 3_000), signal))) return;
    await api
      .call('PUT', '/pilots/me/availability', { body: { online: true }, signal })
      .catch(() => undefined);
  }
}
