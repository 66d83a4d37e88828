/** One run: pilots come online, bookings come in, everybody is followed to the end. */
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Api, newTraffic } from './api.js';
import { goThroughWith } from './customer.js';
import { drawPlace, spotNear, type Place } from './demand.js';
import { Ledger } from './ledger.js';
import type { SimulateOptions } from './options.js';
import { SimulatedPilot } from './pilot.js';
import { planBookings, type PlannedBooking } from './plan.js';
import { showProgress, type Standings } from './progress.js';
import { between, stream } from './random.js';
import { drawUp, type Report } from './report.js';
import type { Story, ToldEvent } from './story.js';
import { inParallel, pause } from './time.js';
import { identitiesFrom, VEHICLE_TYPE, type Identities } from './tokens.js';
import { SimulatedUser } from './user.js';

/** The system could not be driven: not there, not ready, or no tokens. */
export class NotDrivableError extends Error {
  override readonly name = 'NotDrivableError';
}

/** Starting all at once would only measure the start. */
const STARTS_AT_ONCE = 10;
/** A system that is just starting gets this long. */
const READY_MS = 10_000;

interface Run {
  options: SimulateOptions;
  places: readonly Place[];
  door: { api: Api; url: string };
  identities: Identities;
  ledger: Ledger;
  plan: PlannedBooking[];
  stories: (Story | null)[];
  missedEvents: number;
  /** Aborted at the deadline and when interrupted. */
  over: AbortController;
  onError: (error: Error) => void;
}

/**
 * Drives the system at `options.url` and answers what was seen. Ends when every booking has ended, at the
 * deadline, or when `interrupted` aborts. Throws NotDrivableError when it cannot begin.
 */
export async function simulate(
  options: SimulateOptions,
  places: readonly Place[],
  interrupted: AbortSignal,
  onError: (error: Error) => void,
): Promise<Report> {
  const startedAtMs = performance.now();
  const traffic = newTraffic();
  const api = new Api(options.url, traffic);
  const plan = planBookings(places, { ...options, vehicleTypeId: VEHICLE_TYPE });
  const run: Run = {
    options,
    places,
    door: { api, url: options.url },
    identities: identitiesFrom(api, process.env),
    ledger: new Ledger(),
    plan,
    stories: plan.map(() => null),
    missedEvents: 0,
    over: new AbortController(),
    onError,
  };
  setMaxListeners(0, run.over.signal);
  interrupted.addEventListener('abort', () => run.over.abort());
  const people = await gather(run);
  try {
    await followAll(run, people.users);
  } finally {
    await disperse(run, people);
  }
  const { ledger, stories, missedEvents } = run;
  return drawUp({
    ledger,
    stories,
    missedEvents,
    traffic,
    seconds: (performance.now() - startedAtMs) / 1000,
  });
}

interface People {
  pilots: SimulatedPilot[];
  users: SimulatedUser[];
}

/** Pilots come online and customers open their apps; nobody books yet. */
async function gather(run: Run): Promise<People> {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  try {
    await run.door.api.call('GET', '/health/ready', { patienceMs: READY_MS });
    const users = await inParallel(numbers(run.options.users), STARTS_AT_ONCE, (index) =>
      startUser(run, index),
    );
    const pilots = await inParallel(numbers(run.options.pilots), STARTS_AT_ONCE, (index) =>
      startPilot(run, index),
    );
    return { pilots, users };
  } catch (error) {
    throw new NotDrivableError(error instanceof Error ? error.message : String(error));
  }
}

async function startUser(run: Run, index: number): Promise<SimulatedUser> {
  const identity = await run.identities.user(`Customer ${index + 1}`);
  const user = new SimulatedUser(run.door, identity, {
    onEvent: (bookingId, event, by) => {
      if (by === 'sync') run.missedEvents += 1;
      note(run.ledger, bookingId, event);
    },
  });
  await user.start();
  return user;
}

/** What a user is told also says when an offer or a job ended. */
function note(ledger: Ledger, bookingId: string, { event, payload, at }: ToldEvent): void {
  const atMs = Date.parse(at);
  if (OFFER_ENDS.includes(event)) ledger.offerOfBookingEnded(bookingId, atMs);
  const delivered = event === 'booking:status' && payload['status'] === 'DELIVERED';
  if (delivered || event === 'booking:driver_released' || event === 'booking:cancelled')
    ledger.jobEnded(bookingId, atMs);
}

const OFFER_ENDS: ToldEvent['event'][] = [
  'booking:offer_expired',
  'booking:offer_declined',
  'booking:search_timeout',
  'booking:cancelled',
];

async function startPilot(run: Run, index: number): Promise<SimulatedPilot> {
  const { options, places } = run;
  const placing = stream(options.seed, `pilot/${index}/place`);
  const wandering = stream(options.seed, `pilot/${index}/wander`);
  const identity = await run.identities.pilot(`Pilot ${index + 1}`);
  const pilot = new SimulatedPilot(
    run.door,
    identity,
    {
      answers: options.offerAnswers,
      answerMs: options.answerSeconds * 1000,
      jobMs: options.jobSeconds * 1000,
      locationMs: options.locationSeconds * 1000,
      kph: between(placing, 12, 25),
      home: spotNear(placing, drawPlace(placing, places, null)),
      wanderTo: () => spotNear(wandering, drawPlace(wandering, places, null)),
      random: stream(options.seed, `pilot/${index}/answers`),
    },
    run.ledger,
    run.onError,
  );
  await pilot.start();
  return pilot;
}

async function followAll(run: Run, users: SimulatedUser[]): Promise<void> {
  const startedAtMs = performance.now();
  const lastMs = run.plan.at(-1)?.atMs ?? 0;
  const deadline = setTimeout(() => run.over.abort(), lastMs + run.options.deadlineSeconds * 1000);
  const hide = showProgress(run.plan.length, () => standingsOf(run, performance.now() - startedAtMs));
  try {
    await Promise.all(
      run.plan.map((planned) =>
        followOne(run, users[planned.index % users.length] as SimulatedUser, planned, startedAtMs),
      ),
    );
  } finally {
    clearTimeout(deadline);
    hide();
  }
}

async function followOne(
  run: Run,
  user: SimulatedUser,
  planned: PlannedBooking,
  startedAtMs: number,
): Promise<void> {
  const { signal } = run.over;
  try {
    if (!(await pause(planned.atMs - (performance.now() - startedAtMs), signal))) return;
    // Users are new in each run, so the key needs to be new in each run as well.
    const story = await user.book(planned.body, randomUUID(), signal);
    run.stories[planned.index] = story;
    await goThroughWith(user, story, signal);
  } catch (error) {
    run.onError(error instanceof Error ? error : new Error(String(error)));
  }
}

function standingsOf(run: Run, elapsedMs: number): Standings {
  const phases = run.stories.map((story) => story?.state.phase);
  const count = (phase: string): number => phases.filter((one) => one === phase).length;
  return {
    ended: count('ended'),
    assigned: count('assigned'),
    searching: count('searching'),
    failed: count('failed'),
    hour: run.plan.findLast((planned) => planned.atMs <= elapsedMs)?.hour ?? run.plan[0]?.hour ?? 0,
  };
}

async function disperse(run: Run, { pilots, users }: People): Promise<void> {
  run.over.abort();
  for (const user of users) user.stop();
  await inParallel(pilots, STARTS_AT_ONCE, (pilot) => pilot.stop().catch(run.onError));
}
