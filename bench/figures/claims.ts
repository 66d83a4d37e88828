/** Choosing and claiming the best pilot among a million, beside the plainest write there is on the same pool. */
import { randomUUID } from 'node:crypto';
import { row } from '../../database/query.js';
import type { BookingRow } from '../../database/rows.js';
import { claimPilot } from '../../database/statements/claim.js';
import { claimNextPilot } from '../../dispatch/claim-next-pilot.js';
import { percentile } from '../../tools/simulate/statistics.js';
import { fillCity } from '../city.js';
import { absolute, against, type Bench, type Figure, type FigureGroup } from '../figure.js';
import { closedLoop } from '../load.js';
import { Matching, timed } from '../matching.js';
import { inTurn, summary } from '../rounds.js';
import { addWaitingBookings, withdrawAll } from '../waiting-bookings.js';

const SIDE_KM = 60;
const WIDTH = 50;
const BARE_ROWS = 10_000;
const SMALL = { pilots: 10_000, online: 1_000 };
/**
 * So many claims, then all pilots are free again: a fifth of the small city's, or the last ones would look for pilots whom
 * the first have left.
 */
const PORTION = 200;
const SIZES = {
  whole: { big: { pilots: 1_000_000, online: 100_000 }, claims: 1_000 },
  quick: { big: { pilots: 200_000, online: 20_000 }, claims: 500 },
} as const;

type Measured = 'p50' | 'p99';
type Names = 'update' | 'claim' | 'claimOfFew' | 'whole' | 'wholeOfFew';

export const CLAIMS: FigureGroup = {
  name: 'claims',
  async run(bench: Bench): Promise<Figure[]> {
    const { big, claims } = SIZES[bench.quick ? 'quick' : 'whole'];
    const many = await openCity(bench, big);
    const few = await openCity(bench, SMALL);
    try {
      await addBareRows(many);
      const measured = await inTurn<Names, Measured>({
        update: () => bareUpdates(many, claims),
        claim: () => claimsAlone(many, claims),
        claimOfFew: () => claimsAlone(few, claims),
        whole: () => wholeClaims(many, claims),
        wholeOfFew: () => wholeClaims(few, claims),
      });
      return figuresOf(measured, big.pilots);
    } finally {
      await many.close();
      await few.close();
    }
  },
};

async function openCity(bench: Bench, size: { pilots: number; online: number }): Promise<Matching> {
  const url = await bench.ground.database();
  await fillCity(url, { ...size, sideKm: SIDE_KM });
  return Matching.open(url);
}

async function addBareRows({ pool }: Matching): Promise<void> {
  await pool.query('CREATE TABLE bench_bare (id integer PRIMARY KEY, n integer NOT NULL)');
  await pool.query(`INSERT INTO bench_bare SELECT id, 0 FROM generate_series(1, ${BARE_ROWS}) AS id`);
  await pool.query('ANALYZE bench_bare');
}

function bareUpdates({ source }: Matching, total: number): Promise<Record<Measured, number>> {
  const update = (): Promise<unknown> =>
    row(source.manager, 'UPDATE bench_bare SET n = n + 1 WHERE id = $1', [
      1 + Math.floor(Math.random() * BARE_ROWS),
    ]);
  return inPortions(total, (count) => atOnce(count, update));
}

/** The one statement that chooses and claims, as a transaction of its own: what the bare UPDATE is too. */
function claimsAlone(matching: Matching, total: number): Promise<Record<Measured, number>> {
  return onBookings(matching, total, true, async (booking) => {
    for (;;) {
      const claim = await claimPilot(matching.source.manager, booking, booking.limits, {
        id: randomUUID(),
        number: 1,
      });
      if (claim === null) throw new Error('nobody to claim');
      // He was taken by another claim while this statement ran: what counts is until there is an offer.
      if (claim.offer !== null) return;
    }
  });
}

/** The whole step of the workflow: a dozen statements, the events and the notification. */
function wholeClaims(matching: Matching, total: number): Promise<Record<Measured, number>> {
  return onBookings(matching, total, false, async (booking) => {
    const standing = await claimNextPilot(matching.context, {
      bookingId: booking.id,
      offerId: randomUUID(),
    });
    if (standing.kind !== 'offered') throw new Error(`no offer but ${standing.kind}`);
  });
}

function onBookings(
  { pool }: Matching,
  total: number,
  started: boolean,
  work: (booking: BookingRow) => Promise<void>,
): Promise<Record<Measured, number>> {
  return inPortions(total, async (count) => {
    const bookings = await addWaitingBookings(pool, { count, sideKm: SIDE_KM - 2, started });
    const times = await atOnce(count, () => work(bookings.pop() as BookingRow));
    await withdrawAll(pool);
    return times;
  });
}

/** The times of all portions together. */
async function inPortions(
  total: number,
  portion: (count: number) => Promise<number[]>,
): Promise<Record<Measured, number>> {
  const times: number[] = [];
  while (times.length < total) times.push(...(await portion(Math.min(PORTION, total - times.length))));
  return { p50: percentile(times, 0.5) ?? NaN, p99: percentile(times, 0.99) ?? NaN };
}

async function atOnce(count: number, work: () => Promise<unknown>): Promise<number[]> {
  return (await closedLoop(count, WIDTH, () => timed(work))).results;
}

function figuresOf(measured: Record<Names, Record<Measured, number[]>>, pilots: number): Figure[] {
  const ms = (figure: string, who: Names, what: Measured = 'p99') => ({
    figure,
    unit: 'ms',
    ...summary(measured[who][what]),
  });
  const peer = (who: Names, name: string) => ({ name, value: summary(measured[who].p99).value });
  const of = `of ${pilots.toLocaleString('en')} pilots, a tenth online, 50 at once`;
  const bare = peer('update', 'a bare UPDATE, 50 at once, p99');
  const few = '10,000 pilots, p99';
  return [
    against(ms(`choose and claim ${of}, p99`, 'claim'), bare, { atMost: 3 }),
    against(ms(`choose and claim ${of}, p99, against few`, 'claim'), peer('claimOfFew', few), {
      atMost: 1.5,
    }),
    absolute(ms(`choose and claim ${of}, p50`, 'claim', 'p50'), null),
    against(ms(`the whole step around it ${of}, p99, against few`, 'whole'), peer('wholeOfFew', few), {
      atMost: 1.5,
    }),
    absolute(ms(`the whole step around it ${of}, p50`, 'whole', 'p50'), null),
    absolute(ms('a bare UPDATE, 50 at once, p50', 'update', 'p50'), null),
  ];
}
