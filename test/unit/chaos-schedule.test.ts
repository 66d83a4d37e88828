// The schedule of faults: the same seed draws the same, what was printed is carried out again, bad input is named.
import { readOptions, usage } from '../../tools/chaos/options.js';
import {
  describeFault,
  drawSchedule,
  lineOf,
  parseSchedule,
  PARTS,
  type Fault,
} from '../../tools/chaos/schedule.js';

const MINUTE_MS = 60_000;
const KINDS = ['backends', 'cut', 'delay', 'freeze', 'half-open', 'kill', 'restart', 'terminate'];
const kindsOf = (faults: { fault: Fault }[]) => [...new Set(faults.map(({ fault }) => fault.kind))].sort();

describe('a schedule', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(drawSchedule(42, 10 * MINUTE_MS)).toEqual(drawSchedule(42, 10 * MINUTE_MS));
    expect(drawSchedule(42, 10 * MINUTE_MS)).not.toEqual(drawSchedule(43, 10 * MINUTE_MS));
  });

  test('of a few seconds has each kind of fault, and kills each kind of process', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const schedule = drawSchedule(seed, 18_000);
      expect(kindsOf(schedule)).toEqual(KINDS);
      const killed = schedule.flatMap(({ fault }) =>
        fault.kind === 'kill' ? [fault.part.replace(/-\d/, '')] : [],
      );
      expect([...new Set(killed)].sort()).toEqual(['api', 'postgres', 'temporal', 'worker']);
      expect(schedule.every(({ atMs }) => atMs > 0 && atMs < 18_000)).toBe(true);
    }
  });

  test('of 30 minutes kills 200 times and more, every part', () => {
    for (const seed of [1, 2, 3]) {
      const kills = drawSchedule(seed, 30 * MINUTE_MS).flatMap(({ fault }) =>
        fault.kind === 'kill' ? [fault.part] : [],
      );
      expect(kills.length).toBeGreaterThanOrEqual(200);
      expect([...new Set(kills)].sort()).toEqual([...PARTS].sort());
    }
  });

  test('never hits a part that is still down', () => {
    const upAgainAt = new Map<string, number>();
    for (const { atMs, fault } of drawSchedule(5, 30 * MINUTE_MS)) {
      if (!('part' in fault)) continue;
      expect(atMs).toBeGreaterThan(upAgainAt.get(fault.part) ?? 0);
      const downMs = fault.kind === 'kill' ? fault.backAfterMs : fault.kind === 'freeze' ? fault.forMs : 0;
      upAgainAt.set(fault.part, atMs + downMs);
    }
  });

  test('as printed is read again, whatever the order of its lines', () => {
    const schedule = drawSchedule(9, 5 * MINUTE_MS);
    expect(parseSchedule(`\n${schedule.toReversed().map(lineOf).join('\n')}\n`)).toEqual(schedule);
    expect(schedule.every(({ fault }) => describeFault(fault).length > 5)).toBe(true);
  });

  test.each([
    ['', 'there is no fault in the schedule'],
    ['{"atMs":1', 'line 1 of the schedule is not JSON'],
    ['{"atMs":-1,"fault":{"kind":"cut","share":1}}', 'line 1 of the schedule: atMs'],
    ['\n{"atMs":1,"fault":{"kind":"cut","share":2}}', 'line 2 of the schedule: fault.share'],
    ['{"atMs":1,"fault":{"kind":"kill","part":"api-3","backAfterMs":1}}', 'fault.part'],
    ['{"atMs":1,"fault":{"kind":"burn"}}', 'line 1 of the schedule: fault.kind'],
    ['{"atMs":1,"fault":{"kind":"cut","share":1,"forMs":2}}', 'Unrecognized key'],
  ])('%j is refused: %s', (text, complaint) => {
    expect(() => parseSchedule(text)).toThrow(complaint);
  });
});

describe('arguments of the harness', () => {
  test('without arguments it is a run of five minutes, its bookings spread over them', () => {
    const options = readOptions([]);
    expect(options).toMatchObject({ forMs: 5 * MINUTE_MS, seed: 1, bookings: 360, pilots: 24 });
    expect(options).toMatchObject({ scheduleFile: null, json: null });
    expect((options as { rate: number }).rate).toBeGreaterThan(360 / 300);
  });

  test('what is given is taken', () => {
    const args = '--minutes 0.5 --seed 7 --bookings 20 --rate 2 --pilots 3 --schedule a --out b --json c';
    expect(readOptions(args.split(' '))).toEqual({
      ...{ forMs: 30_000, seed: 7, bookings: 20, rate: 2, pilots: 3 },
      ...{ scheduleFile: 'a', out: 'b', json: 'c' },
    });
  });

  test('every bad argument is named at once, with what is allowed', () => {
    const bad = ['--minutes', '0', '--seed', 'x', '--colour', 'red', 'word', '--schedule', ''];
    const complain = () => readOptions(bad);
    expect(complain).toThrow("--minutes: must be a number from 0.1 to 600, not '0'");
    expect(complain).toThrow("--seed: must be a whole number from 0 to 4294967295, not 'x'");
    expect(complain).toThrow('--colour: unknown; allowed are --minutes');
    expect(complain).toThrow('word: not an argument');
    expect(complain).toThrow("--schedule: must be a file name, not ''");
    const slow = () => readOptions(['--minutes', '1', '--bookings', '60', '--rate', '0.5']);
    expect(slow).toThrow('--rate: must be at least 1.00, or the 60 bookings outlast the 1 minutes');
  });

  test('help is given for the asking, and names every argument', () => {
    expect(readOptions(['--help', '--minutes', '0'])).toBe('help');
    for (const name of ['minutes', 'seed', 'bookings', 'rate', 'pilots', 'schedule', 'out', 'json'])
      expect(usage()).toContain(`--${name}`);
  });
});
