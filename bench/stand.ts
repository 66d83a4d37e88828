/** Bookings at a rate that does not ask how the last one went: what came of each, lost ones counted. */
import pg from 'pg';
import { percentile } from '../tools/simulate/statistics.js';
import { deliverAllTheTime, fillCity, onlinePilots } from './city.js';
import { startOurs, type Ours } from './contenders.js';
import { Crowd, type Times } from './crowd.js';
import type { Bench } from './figure.js';
import { openLoop } from './load.js';

const SIDE_KM = 6;
const PILOTS = 200;
const USERS = 40;
/** Jobs are short here, so that nobody waits for a pilot. */
const DELIVER_EVERY_MS = 1_000;

/** This system in a city with a crowd before its doors. */
export interface Stand {
  ours: Ours;
  crowd: Crowd;
  pool: pg.Pool;
  close: () => Promise<void>;
}

/** Opens a city, this system on it and a crowd; `more` is their environment. */
export async function openStand(
  { ground }: Bench,
  more: Parameters<typeof startOurs>[2] & { users?: number } = {},
): Promise<Stand> {
  const databaseUrl = await ground.database();
  await fillCity(databaseUrl, { pilots: PILOTS, sideKm: SIDE_KM });
  const ours = await startOurs(ground, databaseUrl, more);
  const crowd = await Crowd.gather({
    url: ours.url,
    secret: ground.jwtSecret,
    pilotIds: await onlinePilots(databaseUrl, PILOTS),
    users: more.users ?? USERS,
    sideKm: SIDE_KM,
  });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  const close = async (): Promise<void> => {
    crowd.close();
    await pool.end();
    await ours.close();
  };
  return { ours, crowd, pool, close };
}

export interface Held {
  times: Times[];
  /** Bookings without their offer or their assignment, with the reason of the first. */
  lost: number;
  firstLoss: string | null;
  tapP50: number;
  tapP95: number;
}

/** `rate` bookings a second for so many seconds, each accepted at once; none is waited for. */
export async function hold({ crowd, pool }: Stand, rate: number, seconds: number): Promise<Held> {
  const losses: string[] = [];
  const stop = deliverAllTheTime(pool, DELIVER_EVERY_MS);
  const bookOrLose = (): Promise<Times | null> =>
    crowd.bookOnce().catch((error: unknown) => {
      losses.push(error instanceof Error ? error.message : String(error));
      return null;
    });
  let ended: (Times | null)[];
  try {
    ended = await openLoop(rate, seconds, bookOrLose);
  } finally {
    await stop();
  }
  const times = ended.filter((one) => one !== null);
  const taps = times.map((one) => one.tapMs);
  return {
    times,
    lost: losses.length,
    firstLoss: losses[0] ?? null,
    tapP50: percentile(taps, 0.5) ?? NaN,
    tapP95: percentile(taps, 0.95) ?? NaN,
  };
}
