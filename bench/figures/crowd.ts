/** Five hundred bookings at once: in one crowded square kilometre, and the same spread out over a city. */
import { randomUUID } from 'node:crypto';
import type { Standing } from '../../contract/activities.js';
import type { BookingRow } from '../../database/rows.js';
import { claimNextPilot } from '../../dispatch/claim-next-pilot.js';
import { fillCity } from '../city.js';
import { absolute, against, type Bench, type Figure, type FigureGroup } from '../figure.js';
import { closedLoop } from '../load.js';
import { Matching } from '../matching.js';
import { inTurn, summary } from '../rounds.js';
import { addWaitingBookings, withdrawAll } from '../waiting-bookings.js';

const BOOKINGS = 500;
/** As many pilots as bookings: whoever is overlooked is missed in the end. */
const PILOTS = BOOKINGS;
const CROWDED_KM = 1;
const SPREAD_KM = 60;
/** A worker runs so many activities at once; the others wait for it, not for one of its connections. */
const SLOTS = 100;
/** Wide enough that in either square every pilot is near enough to everybody. */
const LIMITS = { maxRadiusKm: 100 };

type Measured = 'seconds' | 'deadlocks' | 'failed' | 'twice';

export const CROWD: FigureGroup = {
  name: 'crowd',
  async run(bench: Bench): Promise<Figure[]> {
    const crowded = await openSquare(bench, CROWDED_KM);
    const spread = await openSquare(bench, SPREAD_KM);
    try {
      return figuresOf(
        await inTurn<'crowded' | 'spread', Measured>({
          crowded: () => allAtOnce(crowded, CROWDED_KM),
          spread: () => allAtOnce(spread, SPREAD_KM),
        }),
      );
    } finally {
      await crowded.close();
      await spread.close();
    }
  },
};

async function openSquare(bench: Bench, sideKm: number): Promise<Matching> {
  const url = await bench.ground.database();
  await fillCity(url, { pilots: PILOTS, sideKm });
  return Matching.open(url);
}

async function allAtOnce(matching: Matching, sideKm: number): Promise<Record<Measured, number>> {
  const wanted = { count: BOOKINGS, sideKm, limits: LIMITS, started: false };
  const bookings = await addWaitingBookings(matching.pool, wanted);
  const deadlocksBefore = await deadlocks(matching);
  const { results: ends, seconds } = await closedLoop(BOOKINGS, SLOTS, () =>
    search(matching, bookings.pop() as BookingRow),
  );
  const asked = ends.flatMap((end) => (end.kind === 'offered' ? [end.offer.pilotId] : []));
  const measured = {
    seconds,
    deadlocks: (await deadlocks(matching)) - deadlocksBefore,
    failed: ends.length - asked.length,
    twice: asked.length - new Set(asked).size,
  };
  await withdrawAll(matching.pool);
  return measured;
}

/** As the workflow does it: a claim that found all pilots locked is asked to wait, and claims again. */
async function search({ context }: Matching, booking: BookingRow): Promise<Standing> {
  for (;;) {
    const standing = await claimNextPilot(context, { bookingId: booking.id, offerId: randomUUID() });
    if (standing.kind !== 'waiting') return standing;
    await new Promise((resolve) => setTimeout(resolve, standing.waitMs));
  }
}

async function deadlocks({ pool }: Matching): Promise<number> {
  const { rows } = await pool.query<{ deadlocks: string }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(rows[0]?.deadlocks);
}

function figuresOf(measured: Record<'crowded' | 'spread', Record<Measured, number[]>>): Figure[] {
  const of = `${BOOKINGS} bookings at once in one square kilometre`;
  const never = (what: string, values: number[]) =>
    absolute({ figure: `${of}: ${what}`, unit: 'in all rounds', value: total(values) }, { atMost: 0 });
  const { crowded, spread } = measured;
  return [
    against(
      { figure: `${of}, all asked`, unit: 's', ...summary(crowded.seconds) },
      { name: `spread over ${SPREAD_KM} × ${SPREAD_KM} km`, value: summary(spread.seconds).value },
      { atMost: 2 },
    ),
    never('deadlocks', crowded.deadlocks),
    never('searches that failed', crowded.failed),
    never('pilots asked twice', crowded.twice),
  ];
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
