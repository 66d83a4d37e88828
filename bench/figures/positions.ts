/** Pilots' positions through the sockets of one API process into Postgres, and finding pilots meanwhile. */
import { randomUUID } from 'node:crypto';
import { claimNextPilot } from '../../dispatch/claim-next-pilot.js';
import { percentile } from '../../tools/simulate/statistics.js';
import { freePort } from '../../tools/test-services/free-port.js';
import { fillCity, onlinePilots } from '../city.js';
import { startOurs } from '../contenders.js';
import { call } from '../doors.js';
import type { Moved } from '../drivers/pilots-moving.js';
import { absolute, against, type Bench, type Figure, type FigureGroup } from '../figure.js';
import { Matching, timed } from '../matching.js';
import { inTurn, summary } from '../rounds.js';
import { addWaitingBookings, withdrawAll } from '../waiting-bookings.js';

const SIDE_KM = 20;
const WANTED_A_SECOND = 5_000;
/** A little more, since a round's time ends with its last answer. */
const SENT_A_SECOND = 5_200;
const DRIVERS = 2;
/** Autovacuum looks once a minute: what is written between two looks may be dead at once, and as much in its own time. */
const DEAD_AT_MOST = SENT_A_SECOND * 60 * 2;
const SIZES = {
  whole: { pilots: 10_000, sockets: 1_000, seconds: 20, claims: 200 },
  quick: { pilots: 10_000, sockets: 400, seconds: 5, claims: 50 },
} as const;

type Sizes = (typeof SIZES)['whole' | 'quick'];
type Measured = 'perSecond' | 'refused' | 'ackP99' | 'claimP50' | 'dead' | 'tableMb';

export const POSITIONS: FigureGroup = {
  name: 'positions',
  async run(bench: Bench): Promise<Figure[]> {
    const sizes = SIZES[bench.quick ? 'quick' : 'whole'];
    const databaseUrl = await bench.ground.database();
    await fillCity(databaseUrl, { pilots: sizes.pilots, sideKm: SIDE_KM });
    const ours = await startOurs(bench.ground, databaseUrl);
    const matching = await Matching.open(databaseUrl);
    const drivers = await startDrivers(bench, ours.url, await onlinePilots(databaseUrl, sizes.sockets));
    try {
      return figuresOf(
        await inTurn<'quiet' | 'moving', Measured>({
          quiet: () => round(matching, [], sizes),
          moving: () => round(matching, drivers, sizes),
        }),
      );
    } finally {
      await matching.close();
      await ours.close();
    }
  },
};

/** The drivers' doors, each with its share of the pilots connected. */
async function startDrivers(bench: Bench, apiUrl: string, pilotIds: string[]): Promise<string[]> {
  const share = Math.ceil(pilotIds.length / DRIVERS);
  const doors: string[] = [];
  for (let driver = 0; driver < DRIVERS; driver += 1) {
    const port = await freePort();
    const env = {
      API_URL: apiUrl,
      JWT_SECRET: bench.ground.jwtSecret,
      PILOT_IDS: pilotIds.slice(driver * share, (driver + 1) * share).join(','),
      SIDE_KM: String(SIDE_KM),
      PORT: String(port),
    };
    await bench.ground.start('dist/bench/drivers/pilots-moving.js', env, 'driver ready');
    doors.push(`http://127.0.0.1:${port}`);
  }
  return doors;
}

/** One pilot after the other is found, while the given drivers send; without drivers it is quiet. */
async function round(matching: Matching, drivers: string[], sizes: Sizes): Promise<Record<Measured, number>> {
  const rate = SENT_A_SECOND / DRIVERS;
  const running = drivers.map((door) => call('GET', `${door}/run?rate=${rate}&seconds=${sizes.seconds}`, ''));
  const claimP50 = await claims(matching, sizes.claims);
  const moved = (await Promise.all(running)).map((answer) => answer.body as Moved);
  const { rows } = await matching.pool.query<{ dead: string; mb: number }>(
    `SELECT n_dead_tup AS dead, pg_table_size(relid) / 1048576.0::double precision AS mb
     FROM pg_stat_user_tables WHERE relname = 'pilot_positions'`,
  );
  return {
    perSecond: moved.reduce((sum, one) => sum + one.acknowledged / one.seconds, 0),
    refused: moved.reduce((sum, one) => sum + one.refused, 0),
    ackP99: Math.max(0, ...moved.map((one) => one.ackP99)),
    claimP50,
    dead: Number(rows[0]?.dead),
    tableMb: Number(rows[0]?.mb),
  };
}

async function claims({ pool, context }: Matching, count: number): Promise<number> {
  const tookMs: number[] = [];
  for (const booking of await addWaitingBookings(pool, { count, sideKm: SIDE_KM - 2, started: false }))
    tookMs.push(await timed(() => claimNextPilot(context, { bookingId: booking.id, offerId: randomUUID() })));
  await withdrawAll(pool);
  return percentile(tookMs, 0.5) ?? NaN;
}

function figuresOf(measured: Record<'quiet' | 'moving', Record<Measured, number[]>>): Figure[] {
  const { quiet, moving } = measured;
  const of = 'positions through one API process';
  return [
    absolute({ figure: of, unit: 'positions/s', ...summary(moving.perSecond) }, { atLeast: WANTED_A_SECOND }),
    absolute({ figure: `${of}: refused`, unit: 'in a round', ...summary(moving.refused) }, { atMost: 0 }),
    absolute({ figure: `${of}: acknowledged, p99`, unit: 'ms', ...summary(moving.ackP99) }, null),
    absolute(
      { figure: `${of}: dead rows at the end of a round`, unit: 'rows', ...summary(moving.dead) },
      { atMost: DEAD_AT_MOST },
    ),
    absolute({ figure: `${of}: size of the table`, unit: 'MB', ...summary(moving.tableMb) }, null),
    against(
      { figure: 'finding a pilot meanwhile, p50', unit: 'ms', ...summary(moving.claimP50) },
      { name: 'its quiet time', value: summary(quiet.claimP50).value },
      { atMost: 1.5 },
    ),
  ];
}
