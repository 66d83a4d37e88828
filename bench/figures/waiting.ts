/** Twenty thousand searches that wait for a pilot on one worker: what they weigh, and what an accept takes meanwhile. */
import { percentile } from '../../tools/simulate/statistics.js';
import { deliverAllTheTime, tokenOf } from '../city.js';
import { call } from '../doors.js';
import { absolute, against, type Bench, type Figure, type FigureGroup } from '../figure.js';
import { closedLoop } from '../load.js';
import { COUNTED_ROUNDS, summary } from '../rounds.js';
import { openStand, type Stand } from '../stand.js';

const SIZES = {
  whole: { open: 20_000, accepts: 60 },
  quick: { open: 2_000, accepts: 30 },
} as const;
type Sizes = (typeof SIZES)['whole' | 'quick'];
const WIDTH = 24;
const HOURS_MS = String(6 * 3_600_000);
const WAITING_WITHIN_MS = 120_000;
const DELIVER_EVERY_MS = 1_000;
/** What a booking's door answers when too many wait for their search, and after how long it may be asked again. */
const REFUSED = 503;
const AGAIN_AFTER_MS = 3_000;
/** A place where nobody ever drives. */
const NOWHERE = { lat: -60, lng: 20 };
/** Of the open workflows the cache holds so few, when it is too small. */
const TOO_SMALL = 10;

export const WAITING: FigureGroup = {
  name: 'waiting',
  async run(bench: Bench): Promise<Figure[]> {
    const sizes = SIZES[bench.quick ? 'quick' : 'whole'];
    const stand = await openStand(bench, {
      env: { SEARCH_PATIENCE_MS: HOURS_MS, SEARCH_TIMEOUT_MS: HOURS_MS },
      workerEnv: { WORKER_CACHED_WORKFLOWS: String(sizes.open * 2) },
    });
    try {
      return await measure(bench, stand, sizes);
    } finally {
      await stand.close();
    }
  },
};

async function measure(bench: Bench, stand: Stand, sizes: Sizes): Promise<Figure[]> {
  const { ours } = stand;
  const quiet = await acceptTimes(stand, sizes);
  const emptyMb = ours.worker().residentMb();
  await openWaiting(bench, stand, sizes.open);
  const fullMb = ours.worker().residentMb();
  const busy = await acceptTimes(stand, sizes);
  const cached = Math.ceil(sizes.open / TOO_SMALL);
  await ours.replaceWorker({ WORKER_CACHED_WORKFLOWS: String(cached) });
  // More than the small cache holds, through the worker once more.
  await openWaiting(bench, stand, sizes.open + 2 * cached);
  const smallMb = ours.worker().residentMb();
  const small = await acceptTimes(stand, sizes);
  const peer = { name: 'its quiet time, p50', value: quiet.value };
  const ms = (figure: string, times: typeof quiet) => ({ figure, unit: 'ms', ...times });
  const mb = (figure: string, value: number) => absolute({ figure, unit: 'MB', value }, null);
  const open = `${sizes.open} searches waiting on one worker`;
  return [
    against(ms(`${open}: accept to customer, p50`, busy), peer, { atMost: 2 }),
    against(ms(`${open}, cache of ${cached}: accept to customer, p50`, small), peer, { atMost: 2 }),
    mb('worker before: memory', emptyMb),
    mb(`${open}: memory of the worker`, fullMb),
    mb(`${open}, cache of ${cached}: memory of the worker`, smallMb),
    absolute(
      {
        figure: `${open}: memory per open workflow`,
        unit: 'kB',
        value: ((fullMb - emptyMb) * 1024) / sizes.open,
      },
      null,
    ),
  ];
}

/** One warm-up round and five counted ones, a booking at a time. */
async function acceptTimes({ crowd, pool }: Stand, sizes: Sizes): Promise<ReturnType<typeof summary>> {
  const middles: number[] = [];
  const stop = deliverAllTheTime(pool, DELIVER_EVERY_MS);
  try {
    for (let round = 0; round <= COUNTED_ROUNDS; round += 1) {
      const { results } = await closedLoop(sizes.accepts, 1, () => crowd.bookOnce());
      const accepts = results.map((one) => one.acceptMs);
      if (round > 0) middles.push(percentile(accepts, 0.5) ?? NaN);
    }
  } finally {
    await stop();
  }
  return summary(middles);
}

/** Books where nobody is until so many searches wait, and waits until their workflows do. */
async function openWaiting(bench: Bench, { ours, pool }: Stand, total: number): Promise<void> {
  const waiting = async (): Promise<number> => {
    const found = await pool.query<{ count: string }>(
      'SELECT count(*) FROM searches WHERE outcome IS NULL AND waiting_until IS NOT NULL',
    );
    return Number(found.rows[0]?.count);
  };
  const token = await tokenOf(bench.ground.jwtSecret, 'user');
  const body = {
    pickup: { ...NOWHERE, address: 'A' },
    dropoff: { ...NOWHERE, address: 'B' },
    vehicleTypeId: 'bike',
  };
  const more = total - (await waiting());
  let refused = 0;
  const { seconds } = await closedLoop(more, WIDTH, async () => {
    for (;;) {
      const { status } = await call('POST', `${ours.url}/bookings`, token, body);
      if (status === 201) return;
      if (status !== REFUSED) throw new Error(`POST /bookings answered ${status}`);
      // More come than begin: the door says when to come again.
      refused += 1;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
    }
  });
  bench.say(
    `waiting: ${more} searches opened in ${seconds.toFixed(0)} s, ${refused} times told to come again`,
  );
  const giveUpAt = performance.now() + WAITING_WITHIN_MS;
  for (let now = await waiting(); now < total; now = await waiting()) {
    if (performance.now() > giveUpAt) throw new Error(`only ${now} of ${total} searches wait`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
