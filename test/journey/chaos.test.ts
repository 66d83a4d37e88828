// A short chaos run of the compiled tool: every kind of fault, and nothing lost, stuck, doubled or told wrongly.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSchedule } from '../../tools/chaos/schedule.js';
import { Child } from '../support/child.js';

const SEED = '3';
/** Set-up, 18 s of faults, the end of the last bookings (10 s of retry window among them), and the check. */
const WITHIN_MS = 180_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chaos-test-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Result {
  kills: number;
  bookings: number;
  faults: Record<string, number>;
  violations: object[];
}

test(
  'processes killed, frozen and cut off under load: the checker finds nothing, each kind was done',
  async () => {
    const at = (name: string): string => join(folder, name);
    const args = `--minutes 0.3 --seed ${SEED} --bookings 18 --out ${at('schedule')} --json ${at('result')}`;
    const child = Child.start(
      'chaos',
      process.execPath,
      [join(process.cwd(), 'dist/tools/chaos/main.js'), ...args.split(' ')],
      { TEST_RUN_FOLDER: process.env['TEST_RUN_FOLDER'], XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] },
    );
    const { code } = await child.ended;
    if (code !== 0) throw new Error(`chaos ended with ${code}:\n${child.text()}`);
    const { faults, kills, bookings, violations } = JSON.parse(readFileSync(at('result'), 'utf8')) as Result;
    expect(violations).toEqual([]);
    expect(bookings).toBe(18);
    expect(Object.keys(faults)).toEqual(
      expect.arrayContaining([
        ...['kill api', 'kill worker', 'kill postgres', 'kill temporal'],
        ...['backends', 'cut', 'half-open', 'delay', 'terminate'],
      ]),
    );
    // What was printed is a schedule that can be carried out again.
    const carriedOut = parseSchedule(readFileSync(at('schedule'), 'utf8'));
    expect(carriedOut.filter(({ fault }) => fault.kind === 'kill')).toHaveLength(kills);
  },
  WITHIN_MS,
);
