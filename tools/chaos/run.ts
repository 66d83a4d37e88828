/** One chaos run: set up, drive and break, mend, wait for every end, judge. */
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import pg from 'pg';
import type { Place } from '../simulate/demand.js';
import { planBookings, type PlannedBooking } from '../simulate/plan.js';
import { pause } from '../simulate/time.js';
import { VEHICLE_TYPE } from '../simulate/tokens.js';
import { check } from './checker.js';
import { countOutbox, readRows, replayAll } from './collect.js';
import { Crowd } from './crowd.js';
import { Door } from './door.js';
import type { Evidence } from './evidence.js';
import { carryOut, type Done } from './faults.js';
import type { ChaosOptions } from './options.js';
import { Plant } from './plant.js';
import { drawUp, type ChaosReport } from './report.js';
import type { Scheduled } from './schedule.js';
import { Temporal } from './temporal.js';

/** After the last fault everything has this long to come to its end. */
const DRAIN_MS = 180_000;
const MENDED_WITHIN_MS = 60_000;
/** Outbox lines and workflows end a moment after their bookings. */
const SETTLE_MS = 40_000;
const LOOK_EVERY_MS = 500;
const USERS_PER_RATE = 8;
const FEWEST_USERS = 8;

export interface RunOptions extends ChaosOptions {
  schedule: readonly Scheduled[];
  /** Where data and logs go. */
  folder: string;
  places: readonly Place[];
  interrupted: AbortSignal;
  /** A line for people. */
  say: (line: string) => void;
  onFault: (done: Done) => void;
}

interface Scene {
  plant: Plant;
  door: Door;
  temporal: Temporal;
  crowd: Crowd;
  plan: PlannedBooking[];
  errors: string[];
}

/** Runs and answers what came of it. Throws where the system cannot be set up. */
export async function runChaos(options: RunOptions): Promise<ChaosReport> {
  const jwtSecret = randomBytes(24).toString('base64url');
  const plant = await Plant.start(options.folder, jwtSecret);
  try {
    const temporal = await Temporal.connect(plant.temporalAddress);
    const door = await Door.open(plant.apiPorts);
    const errors: string[] = [];
    const crowd = new Crowd({
      ...{ url: door.url, seed: options.seed, pilots: options.pilots, places: options.places },
      ...{ jwtSecret, temporal, onError: (error: Error) => void errors.push(error.message) },
      users: Math.max(FEWEST_USERS, Math.ceil(USERS_PER_RATE * options.rate)),
    });
    const plan = planBookings(options.places, { ...options, hour: null, vehicleTypeId: VEHICLE_TYPE });
    const scene = { plant, door, temporal, crowd, plan, errors };
    try {
      return await play(scene, options);
    } finally {
      await crowd.leave();
      await temporal.close();
      await door.close();
    }
  } finally {
    await plant.stop();
  }
}

async function play(scene: Scene, options: RunOptions): Promise<ChaosReport> {
  const { plant, crowd, plan, errors } = scene;
  const { say, seed } = options;
  await crowd.gather();
  say(
    `set up; ${plan.length} bookings, ${options.schedule.length} faults in ${options.forMs / 60_000} minutes`,
  );
  const startedAtMs = performance.now();
  const over = new AbortController();
  setMaxListeners(0, over.signal, options.interrupted);
  options.interrupted.addEventListener('abort', () => over.abort());
  const bookings = Promise.all(
    plan.map(async (planned) => {
      if (await pause(planned.atMs - (performance.now() - startedAtMs), over.signal))
        await crowd.follow(planned, keyOf(seed, planned), over.signal);
    }),
  );
  const done = await carryOut(options.schedule, { ...scene, seed }, options.interrupted, options.onFault);
  await pause(options.forMs - (performance.now() - startedAtMs), options.interrupted);
  // What was left in the midst of it can be judged by nobody.
  options.interrupted.throwIfAborted();
  say(`faults are over; ${crowd.ended} of ${crowd.made} bookings have ended`);
  await plant.mend(MENDED_WITHIN_MS);
  const drain = setTimeout(() => over.abort(), DRAIN_MS);
  await bookings;
  clearTimeout(drain);
  await settle(scene, options.interrupted);
  say('all has come to its end, or to the end of our patience; looking at what is left');
  const evidence = await collect(scene, seed);
  return drawUp({
    evidence,
    violations: check(evidence),
    done,
    errors,
    resent: crowd.resent,
    repeated: crowd.answers.repeated,
    traffic: crowd.traffic,
    signals: scene.temporal.signals,
    seconds: (performance.now() - startedAtMs) / 1000,
  });
}

/** The seed names the keys as well: the database is new in each run. */
function keyOf(seed: number, { index }: PlannedBooking): string {
  return `chaos-${seed}-${index}`;
}

/** Waits until Temporal has been told everything and has nothing open, no longer than it may take. */
async function settle({ plant, temporal, crowd }: Scene, interrupted: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + SETTLE_MS;
  const client = await connect(plant.database);
  try {
    while (performance.now() < giveUpAt) {
      const open = await temporal.countOpen();
      if (open + (await countOutbox(client)) + crowd.answers.pending === 0) return;
      if (!(await pause(LOOK_EVERY_MS, interrupted))) return;
    }
  } finally {
    await client.end();
  }
}

async function collect({ plant, temporal, crowd, plan }: Scene, seed: number): Promise<Evidence> {
  await crowd.syncAll();
  const left = await crowd.leftWithPilots();
  const client = await connect(plant.database);
  try {
    return {
      planned: plan.map((planned) => keyOf(seed, planned)),
      answers: crowd.answers.all,
      ...(await readRows(client)),
      runs: await replayAll(await temporal.readRuns()),
      stories: crowd.told(),
      offersSeen: [...crowd.offersSeen.values()],
      jobsSeen: crowd.ledger.jobs,
      left,
      serverErrors: crowd.answers.serverErrors,
      deaths: plant.diedByThemselves,
    };
  } finally {
    await client.end();
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}
