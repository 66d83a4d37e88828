import { readOptions, usage, usersFor } from '../../tools/simulate/options.js';
import { headingOf, onJob, towards } from '../../tools/simulate/roam.js';
import { greatCircleKm } from '../../contract/geo.js';

describe('arguments of the simulator', () => {
  test('without arguments it is a run of the default size', () => {
    expect(readOptions([])).toMatchObject({
      url: 'http://localhost:3000',
      pilots: 50,
      bookings: 100,
      rate: 2,
      seed: 1,
      offerAnswers: { accept: 0.7, decline: 0.2, silent: 0.1 },
      hour: null,
    });
  });

  test('what is given is taken', () => {
    const args =
      '--url https://example.org/ --pilots 7 --bookings=9 --rate 0.5 --seed 42 --hour 17.5 --users 3';
    expect(readOptions([...args.split(' '), '--offer-answers', 'accept=1'])).toMatchObject({
      url: 'https://example.org',
      pilots: 7,
      bookings: 9,
      rate: 0.5,
      seed: 42,
      hour: 17.5,
      users: 3,
      offerAnswers: { accept: 1, decline: 0, silent: 0 },
    });
  });

  test('every bad argument is named at once, with what is allowed', () => {
    const bad = [
      '--pilots',
      '0',
      '--rate',
      'fast',
      '--offer-answers',
      'accept=2',
      '--colour',
      'red',
      '--hour',
      '25',
    ];
    const complain = () => readOptions([...bad, '--url', 'ftp://example.org', '--seed']);
    expect(complain).toThrow("--pilots: must be a whole number from 1 to 5000, not '0'");
    expect(complain).toThrow("--rate: must be a number from 0.01 to 500, not 'fast'");
    expect(complain).toThrow('--offer-answers: must be accept=A,decline=D,silent=S');
    expect(complain).toThrow('--colour: unknown; allowed are --url');
    expect(complain).toThrow("--hour: must be a number from 0 to 24, not '25'");
    expect(complain).toThrow('--url: must be an http:// or https:// address');
    expect(complain).toThrow('--seed: must be a whole number from 0 to 4294967295; its value is missing');
  });

  test('help is given for the asking, whatever else is wrong, and names every argument', () => {
    expect(readOptions(['--help', '--pilots', '0'])).toBe('help');
    for (const name of ['url', 'pilots', 'bookings', 'rate', 'seed', 'offer-answers', 'job-seconds', 'hour'])
      expect(usage()).toContain(`--${name}`);
  });

  test('there are enough customers to stay below 30 bookings a minute each', () => {
    for (const rate of [0.1, 2, 5, 50]) expect((rate * 60) / usersFor(rate, 10_000)).toBeLessThan(30);
    expect(usersFor(50, 3)).toBe(3);
  });
});

describe('how pilots move', () => {
  const from = { lat: 45.5, lng: -73.6 };
  const to = { lat: 45.6, lng: -73.6 };

  test('a pilot gets as far as his speed allows, and not beyond his target', () => {
    const halfway = towards(from, to, 20, 600);
    expect(greatCircleKm(from, halfway.at)).toBeCloseTo(20 / 6, 2);
    expect(halfway.arrived).toBe(false);
    expect(towards(from, to, 20, 36_000)).toEqual({ at: to, arrived: true });
  });

  test('a heading is a compass direction', () => {
    expect(headingOf(from, to)).toBeCloseTo(0);
    expect(headingOf(to, from)).toBeCloseTo(180);
    expect(headingOf(from, { lat: 45.5, lng: -73.7 })).toBeCloseTo(270, 0);
    expect(headingOf(from, from)).toBe(0);
  });

  test('half of a job leads to the pickup, the other half to the drop-off', () => {
    const start = { lat: 45.4, lng: -73.5 };
    expect(onJob(start, from, to, 0)).toEqual(start);
    expect(onJob(start, from, to, 0.5)).toEqual(from);
    expect(onJob(start, from, to, 2)).toEqual(to);
  });
});
