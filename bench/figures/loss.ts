/**
 * What a kill -9 loses: searches under way whose first pilot says nothing, all processes of the contender killed and
 * started again. Whoever still works on a booking asks the next pilot at the offer's end, and he accepts.
 */
import pg from 'pg';
import type { Socket } from 'socket.io-client';
import { DEFAULT_LIMITS } from '../../contract/limits.js';
import type { Offer } from '../../contract/shapes.js';
import { fillCity, onlinePilots, somewhere, tokenOf } from '../city.js';
import { startBullmq, startInMemory, startOurs, type Contender } from '../contenders.js';
import { call, connect } from '../doors.js';
import { absolute, type Bench, type Figure, type FigureGroup } from '../figure.js';

const SIDE_KM = 6;
const PILOTS = 150;
const SIZES = { whole: 60, quick: 20 } as const;
const OFFERED_WITHIN_MS = 20_000;
/** After the first offer's end, for the next offer, its accept and the rows. */
const ANSWERED_WITHIN_MS = DEFAULT_LIMITS.offerTimeoutMs + 20_000;
const LOOK_EVERY_MS = 200;

export const LOSS: FigureGroup = {
  name: 'loss',
  async run(bench: Bench): Promise<Figure[]> {
    const bookings = SIZES[bench.quick ? 'quick' : 'whole'];
    const starts = {
      'this system': (url: string) => startOurs(bench.ground, url),
      'in memory': (url: string) => startInMemory(bench.ground, url),
      BullMQ: (url: string) => startBullmq(bench.ground, url),
    };
    const figures: Figure[] = [];
    for (const [name, start] of Object.entries(starts)) {
      const lost = await lossOf(bench, bookings, start);
      const figure = `never answered after kill -9 of all processes, of ${bookings} searches: ${name}`;
      const bound = name === 'this system' ? { atMost: 0 } : null;
      figures.push(absolute({ figure, unit: 'bookings', value: lost }, bound));
    }
    return figures;
  },
};

/** How many bookings have no answer in the rows long after everything is up again. */
async function lossOf(
  bench: Bench,
  count: number,
  start: (databaseUrl: string) => Promise<Contender>,
): Promise<number> {
  const databaseUrl = await bench.ground.database();
  await fillCity(databaseUrl, { pilots: PILOTS, sideKm: SIDE_KM });
  const contender = await start(databaseUrl);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const unanswered = (): Promise<number> =>
    countOf(pool, `SELECT count(*) FROM bookings WHERE status = 'PENDING'`);
  const leave = await silentAtFirst(bench, contender, await onlinePilots(databaseUrl, PILOTS));
  try {
    for (let booking = 0; booking < count; booking += 1) await book(bench, contender);
    const asked = `SELECT count(DISTINCT booking_id) FROM offers WHERE status = 'OFFERED'`;
    if (!(await becomes(async () => (await countOf(pool, asked)) === count, OFFERED_WITHIN_MS)))
      throw new Error(`not all ${count} bookings got their first offer before the kill`);
    await Promise.all(contender.children.map((child) => child.kill9()));
    await contender.startAgain();
    await becomes(async () => (await unanswered()) === 0, ANSWERED_WITHIN_MS);
    return await unanswered();
  } finally {
    leave();
    await pool.end();
    await contender.close();
  }
}

async function book(bench: Bench, { url }: Contender): Promise<void> {
  const token = await tokenOf(bench.ground.jwtSecret, 'user');
  const body = {
    pickup: { ...somewhere(SIDE_KM), address: 'A' },
    dropoff: { ...somewhere(SIDE_KM), address: 'B' },
    vehicleTypeId: 'bike',
  };
  const { status } = await call('POST', `${url}/bookings`, token, body);
  if (status !== 201) throw new Error(`POST /bookings answered ${status}`);
}

/** Pilots who let each booking's first offer pass and accept its next; they connect again by themselves. */
async function silentAtFirst(bench: Bench, { url }: Contender, pilotIds: string[]): Promise<() => void> {
  const firstOffers = new Map<string, string>();
  const sockets: Socket[] = [];
  for (const id of pilotIds) {
    const token = await tokenOf(bench.ground.jwtSecret, 'pilot', id);
    const socket = await connect(url, token);
    socket.on('booking:offer', ({ bookingId, offerId }: Offer) => {
      const first = firstOffers.get(bookingId);
      if (first === undefined) firstOffers.set(bookingId, offerId);
      else if (first !== offerId)
        // A refused accept leaves its booking without an answer: it is counted by the rows.
        call('POST', `${url}/offers/${offerId}/accept`, token, {}).catch(() => undefined);
    });
    sockets.push(socket);
  }
  return () => {
    for (const socket of sockets) socket.close();
  };
}

async function becomes(isSo: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + withinMs;
  while (performance.now() < giveUpAt) {
    if (await isSo()) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return false;
}

async function countOf(pool: pg.Pool, sql: string): Promise<number> {
  return Number((await pool.query<{ count: string }>(sql)).rows[0]?.count);
}
