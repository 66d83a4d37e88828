/** Carries out a schedule, fault by fault, each at its time; a fault goes on while the next ones come. */
import pg from 'pg';
import { stream } from '../simulate/random.js';
import { pause } from '../simulate/time.js';
import type { Door } from './door.js';
import type { Plant } from './plant.js';
import { describeFault, type Fault, type PartName, type Scheduled } from './schedule.js';
import type { Temporal } from './temporal.js';

/** A part that is not back by then stays down: its fault is left out. */
const UP_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 50;

export interface Stage {
  plant: Plant;
  door: Door;
  temporal: Temporal;
  seed: number;
}

/** A fault as it was carried out. */
export interface Done extends Scheduled {
  /** What came of it, in words; null where it could not be done (its part was down). */
  outcome: string | null;
}

/**
 * Carries the schedule out and answers what was done; `onDone` is told of each at once. Resolves when the
 * last fault is over, or soon after `over` aborts.
 */
export async function carryOut(
  schedule: readonly Scheduled[],
  stage: Stage,
  over: AbortSignal,
  onDone: (done: Done) => void,
): Promise<Done[]> {
  const startedAtMs = performance.now();
  const all: Done[] = [];
  const lasting: Promise<void>[] = [];
  for (const { atMs, fault } of schedule) {
    if (!(await pause(atMs - (performance.now() - startedAtMs), over))) break;
    const note = (outcome: string | null): void => {
      const done = { atMs: Math.round(performance.now() - startedAtMs), fault, outcome };
      all.push(done);
      onDone(done);
    };
    lasting.push(
      begin(fault, stage, `${atMs}`, note, over).catch((error: unknown) =>
        note(`failed: ${error instanceof Error ? error.message : String(error)}`),
      ),
    );
  }
  await Promise.all(lasting);
  return all;
}

/** Begins a fault, notes it, and resolves when it is over. */
async function begin(
  fault: Fault,
  { plant, door, temporal, seed }: Stage,
  name: string,
  note: (outcome: string | null) => void,
  over: AbortSignal,
): Promise<void> {
  const random = stream(seed, `fault/${name}`);
  const words = describeFault(fault);
  if ('part' in fault && !(await isUpInTime(plant, fault.part, over))) return note(null);
  switch (fault.kind) {
    case 'kill':
      note(words);
      await plant.kill(fault.part);
      await pause(fault.backAfterMs, over);
      return plant.begin(fault.part);
    case 'restart':
      note(words);
      return plant.restart(fault.part);
    case 'freeze':
      note(words);
      plant.freeze(fault.part);
      await pause(fault.forMs, over);
      return plant.thaw(fault.part);
    case 'backends':
      return note(`${words}: ${await endBackends(plant.database, fault.share)}`);
    case 'cut':
      return note(`${words}: ${door.cut(fault.share, random)}`);
    case 'half-open': {
      const { count, finish } = door.deaden(fault.share, random);
      note(`${words}: ${count}`);
      await pause(fault.forMs, over);
      return finish(fault.ends);
    }
    case 'delay':
      note(words);
      door.slow(fault.byMs);
      await pause(fault.forMs, over);
      return door.slow(0);
    case 'terminate':
      return note(`${words}: ${await temporal.terminateShare(fault.share, random)}`);
  }
}

/** On a slow machine a part comes back later than the schedule reckons with: its next fault waits for it. */
async function isUpInTime(plant: Plant, part: PartName, over: AbortSignal): Promise<boolean> {
  const giveUpAt = performance.now() + UP_WITHIN_MS;
  while (!plant.isUp(part))
    if (performance.now() > giveUpAt || !(await pause(LOOK_EVERY_MS, over))) return false;
  return true;
}

/** Ends a share of the connections that processes of the system have; answers how many. */
async function endBackends(url: string, share: number): Promise<number> {
  // With Postgres down at this moment there is nothing to end.
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(pg_terminate_backend(pid))::int AS count FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < $1`,
      [share],
    );
    return rows[0]?.count ?? 0;
  } catch {
    return 0;
  } finally {
    await client.end().catch(() => undefined);
  }
}
