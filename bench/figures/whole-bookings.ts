/** Tap to pop-up, accept to customer, and whole bookings a second: ours in turn with all peers. */
import pg from 'pg';
import { percentile } from '../../tools/simulate/statistics.js';
import { deliverAllTheTime, fillCity, onlinePilots } from '../city.js';
import { startBullmq, startInMemory, startLimit, startOurs, type Contender } from '../contenders.js';
import { Crowd, type Times } from '../crowd.js';
import { absolute, against, type Bench, type Figure, type FigureGroup } from '../figure.js';
import { closedLoop, oneAtATime, openLoop } from '../load.js';
import { inTurn, summary } from '../rounds.js';

const SIDE_KM = 6;
const PILOTS = 200;
const USERS = 40;
/** Bookings under way at once at full load: more only wait for one another. */
const WIDTH = 24;
/** Jobs are short here, so that nobody waits for a pilot. */
const DELIVER_EVERY_MS = 1_000;
const SIZES = {
  whole: { idle: 100, full: 600, halfSeconds: 20, updates: 100 },
  quick: { idle: 40, full: 150, halfSeconds: 5, updates: 40 },
} as const;

type Sizes = (typeof SIZES)['whole' | 'quick'];
type Names = 'ours' | 'in memory' | 'BullMQ' | 'limit';
interface Door {
  contender: Contender;
  crowd: Crowd;
  pool: pg.Pool;
}

export const WHOLE_BOOKINGS: FigureGroup = {
  name: 'whole-bookings',
  async run(bench: Bench): Promise<Figure[]> {
    const sizes = SIZES[bench.quick ? 'quick' : 'whole'];
    const doors = {
      ours: await openDoor(bench, (url) => startOurs(bench.ground, url)),
      'in memory': await openDoor(bench, (url) => startInMemory(bench.ground, url)),
      BullMQ: await openDoor(bench, (url) => startBullmq(bench.ground, url)),
    };
    const limit = await startLimit(bench.ground);
    try {
      const contenders = {
        ours: () => roundOf(doors.ours, sizes),
        'in memory': () => roundOf(doors['in memory'], sizes),
        BullMQ: () => roundOf(doors.BullMQ, sizes),
        limit: () => roundOfLimit(limit.run, sizes),
      };
      return figuresOf(await inTurn<Names, Measured>(contenders));
    } finally {
      for (const { contender, crowd, pool } of Object.values(doors)) {
        crowd.close();
        await pool.end();
        await contender.close();
      }
      await limit.close();
    }
  },
};

type Measured =
  | 'tapP50'
  | 'tapP99'
  | 'halfTapP50'
  | 'halfTapP99'
  | 'acceptP50'
  | 'acceptP99'
  | 'halfAcceptP50'
  | 'halfAcceptP99'
  | 'perSecond';

async function openDoor(bench: Bench, start: (databaseUrl: string) => Promise<Contender>): Promise<Door> {
  const databaseUrl = await bench.ground.database();
  await fillCity(databaseUrl, { pilots: PILOTS, sideKm: SIDE_KM });
  const contender = await start(databaseUrl);
  const crowd = await Crowd.gather({
    url: contender.url,
    secret: bench.ground.jwtSecret,
    pilotIds: await onlinePilots(databaseUrl, PILOTS),
    users: USERS,
    sideKm: SIDE_KM,
  });
  return { contender, crowd, pool: new pg.Pool({ connectionString: databaseUrl, max: 1 }) };
}

/** At full load first, since half of it is what the second part runs at; then alone. */
async function roundOf({ crowd, pool }: Door, sizes: Sizes): Promise<Record<Measured, number>> {
  const stop = deliverAllTheTime(pool, DELIVER_EVERY_MS);
  try {
    const full = await closedLoop(sizes.full, WIDTH, () => crowd.bookOnce());
    const perSecond = sizes.full / full.seconds;
    const half = await openLoop(perSecond / 2, sizes.halfSeconds, () => crowd.bookOnce());
    const idle = await oneAtATime(sizes.idle, () => crowd.bookOnce());
    return {
      perSecond,
      ...percentiles('tap', of(idle, 'tapMs')),
      ...percentiles('halfTap', of(half, 'tapMs')),
      ...percentiles('accept', of(idle, 'acceptMs')),
      ...percentiles('halfAccept', of(half, 'acceptMs')),
    } as Record<Measured, number>;
  } finally {
    await stop();
  }
}

/** The limit's start to its first activity stands for a tap, and its Update for an accept. */
async function roundOfLimit(
  run: <T>(path: string) => Promise<T>,
  sizes: Sizes,
): Promise<Record<Measured, number>> {
  const full = await run<{ seconds: number }>(`/full?count=${sizes.full}&width=${WIDTH}`);
  const perSecond = sizes.full / full.seconds;
  const half = await run<number[]>(`/half?rate=${perSecond / 2}&seconds=${sizes.halfSeconds}`);
  const idle = await run<number[]>(`/idle?count=${sizes.idle}`);
  const updates = await run<number[]>(`/update?count=${sizes.updates}`);
  return {
    perSecond,
    ...percentiles('tap', idle),
    ...percentiles('halfTap', half),
    ...percentiles('accept', updates),
    ...percentiles('halfAccept', updates),
  } as Record<Measured, number>;
}

function of(times: readonly Times[], part: keyof Times): number[] {
  return times.map((one) => one[part]);
}

function percentiles(name: string, values: readonly number[]): Record<string, number> {
  return { [`${name}P50`]: percentile(values, 0.5) ?? NaN, [`${name}P99`]: percentile(values, 0.99) ?? NaN };
}

function figuresOf(measured: Record<Names, Record<Measured, number[]>>): Figure[] {
  const of = (who: Names, what: Measured) => summary(measured[who][what]);
  const ms = (figure: string, what: Measured, who: Names = 'ours') => ({
    figure,
    unit: 'ms',
    ...of(who, what),
  });
  const peer = (who: Names, what: Measured, name: string) => ({ name, value: of(who, what).value });
  const rate = (figure: string) => ({ figure, unit: 'bookings/s', ...of('ours', 'perSecond') });
  const start = 'limit: start to first activity, p50';
  return [
    against(ms('tap to pop-up, idle, p50', 'tapP50'), peer('limit', 'tapP50', start), { atMost: 1.5 }),
    against(ms('tap to pop-up, idle, p99', 'tapP99'), peer('ours', 'tapP50', 'its own p50'), { atMost: 3 }),
    against(ms('tap to pop-up, half load, p50', 'halfTapP50'), peer('limit', 'halfTapP50', start), {
      atMost: 1.5,
    }),
    against(ms('tap to pop-up, half load, p99', 'halfTapP99'), peer('ours', 'halfTapP50', 'its own p50'), {
      atMost: 3,
    }),
    // What half of a full load does to an engine alone: how much of the row above is the machine's.
    absolute(ms('limit: start to first activity, half of its load, p50', 'halfTapP50', 'limit'), null),
    absolute(ms('limit: start to first activity, half of its load, p99', 'halfTapP99', 'limit'), null),
    against(
      ms('accept to customer, p50, against the limit', 'acceptP50'),
      peer('limit', 'acceptP50', 'limit: Update round trip, p50'),
      { atMost: 0.5 },
    ),
    against(
      ms('accept to customer, p50, against in memory', 'acceptP50'),
      peer('in memory', 'acceptP50', 'in memory, p50'),
      { atMost: 2 },
    ),
    absolute(ms('accept to customer, idle, p99', 'acceptP99'), null),
    absolute(ms('accept to customer, half load, p99', 'halfAcceptP99'), null),
    against(rate('whole bookings a second, against the limit'), peer('limit', 'perSecond', 'limit'), {
      atLeast: 0.8,
    }),
    against(rate('whole bookings a second, against BullMQ'), peer('BullMQ', 'perSecond', 'BullMQ'), {
      atLeast: 1,
    }),
    against(rate('whole bookings a second, against in memory'), peer('in memory', 'perSecond', 'in memory'), {
      atLeast: 0,
    }),
  ];
}
