import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { greatCircleKm } from '../../contract/geo.js';
import { createBookingSchema } from '../../contract/schemas.js';
import { demandAt, drawPlace, parsePlaces, spotNear } from '../../tools/simulate/demand.js';
import { planBookings } from '../../tools/simulate/plan.js';
import { drawIndex, mulberry32, nextGapMs, stream } from '../../tools/simulate/random.js';
import { drawAnswer, parseShares, type Answer } from '../../tools/simulate/shares.js';
import { median, percentile } from '../../tools/simulate/statistics.js';

const CSV = readFileSync(join(process.cwd(), 'data/montreal-carshare.csv'), 'utf8');
const places = parsePlaces(CSV);
const plan = { seed: 1, bookings: 200, rate: 2, hour: null, vehicleTypeId: 'bike' };

describe('seeded numbers', () => {
  test('the generator gives the numbers that mulberry32 is known for', () => {
    const next = mulberry32(1);
    expect([next(), next(), next()]).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
  });

  test('a stream is the same again for the same seed and name, and another for another name', () => {
    const draw = (seed: number, name: string) => Array.from({ length: 5 }, stream(seed, name));
    expect(draw(7, 'pilot/1')).toEqual(draw(7, 'pilot/1'));
    expect(draw(7, 'pilot/1')).not.toEqual(draw(7, 'pilot/2'));
    expect(draw(7, 'pilot/1')).not.toEqual(draw(8, 'pilot/1'));
  });

  test('what is drawn follows the weights, and a weight of 0 is never drawn', () => {
    const random = stream(1, 'weights');
    const counts = [0, 0, 0];
    for (let draw = 0; draw < 10_000; draw += 1) {
      const index = drawIndex(random, [3, 0, 1]);
      counts[index] = (counts[index] ?? 0) + 1;
    }
    expect(counts[1]).toBe(0);
    expect((counts[0] ?? 0) / 10_000).toBeCloseTo(0.75, 1);
    expect(() => drawIndex(random, [0, 0])).toThrow(RangeError);
  });

  test('gaps between events have the mean that the rate asks for', () => {
    const random = stream(1, 'gaps');
    const gaps = Array.from({ length: 20_000 }, () => nextGapMs(random, 4));
    expect(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length / 250).toBeCloseTo(1, 1);
  });
});

describe('demand', () => {
  test('the data is what its source published, to the byte', () => {
    const digest = createHash('sha256').update(CSV).digest('hex');
    expect(readFileSync(join(process.cwd(), 'data/README.md'), 'utf8')).toContain(digest);
  });

  test('the data holds 249 places in and around Montréal', () => {
    expect(places).toHaveLength(249);
    for (const place of places) expect(greatCircleKm(place, { lat: 45.52, lng: -73.6 })).toBeLessThan(20);
  });

  test('a line that is not right is named', () => {
    const header = 'centroid_lat,centroid_lon,car_hours,peak_hour';
    expect(() => parsePlaces(`${header}\n45,-73,10,24`)).toThrow('line 2');
    expect(() => parsePlaces(`${header}\n45,-73,10,2\n45,,10,2`)).toThrow('line 3');
    expect(() => parsePlaces('lat,lng\n1,2')).toThrow('line 1');
  });

  test('demand at a place is highest at its peak hour, across midnight too', () => {
    const place = { lat: 45, lng: -73, carHours: 100, peakHour: 23 };
    expect(demandAt(place, 23)).toBeCloseTo(100);
    expect(demandAt(place, 1)).toBeCloseTo(demandAt(place, 21));
    expect(demandAt(place, 11)).toBeCloseTo(10);
  });

  test('at an hour, places whose peak is near are drawn more often than over the day', () => {
    const share = (hour: number | null): number => {
      const random = stream(1, 'share');
      const drawn = Array.from({ length: 3_000 }, () => drawPlace(random, places, hour));
      return drawn.filter((place) => place.peakHour >= 10 && place.peakHour <= 14).length / drawn.length;
    };
    expect(share(12)).toBeGreaterThan(3 * share(null));
  });

  test('a pickup lies within 400 m of its place', () => {
    const random = stream(1, 'spots');
    const place = { lat: 45.5, lng: -73.6 };
    const far = Array.from({ length: 1_000 }, () => greatCircleKm(place, spotNear(random, place)));
    expect(Math.max(...far)).toBeLessThan(0.402);
    expect(Math.max(...far)).toBeGreaterThan(0.38);
  });
});

describe('plan of a run', () => {
  test('the same seed books the same, another seed does not', () => {
    expect(planBookings(places, plan)).toEqual(planBookings(places, plan));
    expect(planBookings(places, { ...plan, seed: 2 })).not.toEqual(planBookings(places, plan));
  });

  test('more bookings do not change the first ones at a fixed hour', () => {
    const fixed = { ...plan, hour: 18 };
    expect(planBookings(places, { ...fixed, bookings: 300 }).slice(0, 200)).toEqual(
      planBookings(places, fixed),
    );
  });

  test('every booking is one that the contract allows, in the order of time, through the whole day', () => {
    const planned = planBookings(places, plan);
    for (const { body } of planned) expect(createBookingSchema.parse(body)).toEqual(body);
    expect(planned.map(({ atMs }) => atMs)).toEqual(planned.map(({ atMs }) => atMs).sort((a, b) => a - b));
    expect(planned[0]?.hour).toBe(0);
    expect(planned.at(-1)?.hour).toBeGreaterThan(23);
  });
});

describe('shares of answers', () => {
  test('shares are read in any order, and one left out is 0', () => {
    expect(parseShares('accept=0.7,decline=0.2,silent=0.1')).toEqual({
      accept: 0.7,
      decline: 0.2,
      silent: 0.1,
    });
    expect(parseShares('silent=1')).toEqual({ accept: 0, decline: 0, silent: 1 });
    expect(parseShares(' silent=.5, accept=.5 ')).toEqual({ accept: 0.5, decline: 0, silent: 0.5 });
  });

  test.each([
    '',
    'accept',
    'accept=2',
    'accept=0.5',
    'accept=0.5,accept=0.5',
    'accept=-1,decline=2',
    'yes=1',
    'accept=1,',
  ])('shares that make no sense are refused: %p', (text) => expect(parseShares(text)).toBeNull());

  test('answers follow the shares, and a share of 0 is never drawn', () => {
    const random = stream(3, 'answers');
    const shares = { accept: 0.75, decline: 0.25, silent: 0 };
    const answers = Array.from({ length: 10_000 }, () => drawAnswer(random, shares));
    const part = (answer: Answer) => answers.filter((one) => one === answer).length / answers.length;
    expect(part('accept')).toBeCloseTo(0.75, 1);
    expect(part('silent')).toBe(0);
  });
});

describe('statistics', () => {
  test('a percentile is a value that occurred, by nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(values, 0.99)).toBe(99);
    expect(percentile(values, 1)).toBe(100);
    expect(percentile([5], 0.99)).toBe(5);
    expect(median([3, 1, 2])).toBe(2);
    expect(median([])).toBeNull();
  });
});
