/** Ten bookings a second for five minutes on this machine, then the rate at which it bends. */
import { absolute, type Bench, type Figure, type FigureGroup } from '../figure.js';
import { shown } from '../report.js';
import { hold, openStand, type Held, type Stand } from '../stand.js';

const RATE = 10;
const WARM_UP_SECONDS = 10;
const SIZES = {
  whole: { seconds: 300, stepSeconds: 20 },
  quick: { seconds: 45, stepSeconds: 8 },
} as const;
/** Each step is so much more than the one before; a bend is looked for up to this rate. */
const STEP = 1.25;
const MOST_A_SECOND = 300;
/** Bent: a booking in twenty waits longer than this for its first offer. */
const BENT_P95_MS = 1_000;

export const HELD: FigureGroup = {
  name: 'held',
  async run(bench: Bench): Promise<Figure[]> {
    const { seconds, stepSeconds } = SIZES[bench.quick ? 'quick' : 'whole'];
    const stand = await openStand(bench, { users: 400 });
    try {
      await hold(stand, RATE, WARM_UP_SECONDS);
      const held = await hold(stand, RATE, seconds);
      if (held.firstLoss !== null) bench.say(`held: first loss: ${held.firstLoss}`);
      return [...figuresOf(held, seconds), await bendOf(bench, stand, stepSeconds)];
    } finally {
      await stand.close();
    }
  },
};

function figuresOf(held: Held, seconds: number): Figure[] {
  const what = `${RATE} bookings/s held for ${seconds} s`;
  const ms = (name: string, value: number) => ({
    figure: `${what}: first offer, ${name}`,
    unit: 'ms',
    value,
  });
  const count = held.times.length + held.lost;
  return [
    absolute(ms('p50', held.tapP50), { atMost: 150 }),
    absolute(ms('p95', held.tapP95), { atMost: 500 }),
    absolute({ figure: `${what}: lost of ${count}`, unit: 'bookings', value: held.lost }, { atMost: 0 }),
  ];
}

/** Steps up until it bends; the figure is the last rate that held. */
async function bendOf(bench: Bench, stand: Stand, seconds: number): Promise<Figure> {
  let held = RATE;
  for (let rate = RATE * STEP; rate <= MOST_A_SECOND; rate *= STEP) {
    const { tapP50, tapP95, lost } = await hold(stand, rate, seconds);
    bench.say(
      `held: ${shown(rate)} bookings/s: first offer p50 ${shown(tapP50)} ms, p95 ${shown(tapP95)} ms, lost ${lost}`,
    );
    if (lost > 0 || !(tapP95 <= BENT_P95_MS)) break;
    held = rate;
  }
  const figure = `most bookings/s, ${seconds} s each, before p95 of the first offer passes ${BENT_P95_MS} ms`;
  return { ...absolute({ figure, unit: 'bookings/s', value: held }, null), better: 'higher' };
}
