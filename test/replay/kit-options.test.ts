/** What the replay kit does with its options, on files: how each command is told, and what it refuses. */
import { join } from 'node:path';
import { readHistory, historyOf } from '../support/histories.js';
import { kit } from '../support/kit.js';

const BOOKING = '0b9c1c1e-6f0e-4b52-9f7e-3b7f6f1f2a10';
const FILE = join('test/replay/histories', `${historyOf('decline-then-next')}.json`);
/** Nobody answers there: what is asked for wrongly is refused before anybody is asked. */
const NOBODY = { TEMPORAL_ADDRESS: '127.0.0.1:9' };

describe('history:record', () => {
  test.each<[string, string[], RegExp]>([
    ['nothing named', [], /Name one booking by its uuid\.\n/],
    ['two named', [BOOKING, BOOKING], /Name one booking by its uuid, not '\S+ \S+'/],
    ['what is no uuid', ['B-1'], /Name one booking by its uuid, not 'B-1'/],
    ['a run that is none', [BOOKING, '--run', 'latest'], /--run must be the uuid of a run, not 'latest'/],
    ['a file without a name', [BOOKING, '--out', ''], /--out must be a file name/],
    ['an unknown option', [BOOKING, '--force'], /Unknown option '--force'/],
  ])('%s: exit code 2, why, and how', async (_, args, why) => {
    const { code, out, err } = await kit('record', args, NOBODY);
    expect(err).toMatch(why);
    expect(err).toContain('How: npm run history:record -- --help');
    expect([code, out]).toEqual([2, '']);
  });
});

describe('history:show', () => {
  test('--all shows the workflow tasks too: every event of the history, in order, and none is left out', async () => {
    const { events } = readHistory(historyOf('decline-then-next'));
    const numbers = (text: string) =>
      [...text.matchAll(/^\d\d:\d\d:\S+ .*? #(\d+) {2}/gm)].map(([, id]) => id);
    const [some, all] = [await kit('show', [FILE]), await kit('show', [FILE, '--all'])];
    expect([some.code, all.code]).toEqual([0, 0]);
    expect(numbers(all.out)).toEqual(events.map((one) => one.eventId));
    expect(all.out).not.toContain('left out');
    const tasks = events.filter((one) => one.eventType.startsWith('EVENT_TYPE_WORKFLOW_TASK_'));
    expect(tasks.length).toBeGreaterThan(0);
    const others = events.filter((one) => !tasks.includes(one));
    expect(numbers(some.out)).toEqual(others.map((one) => one.eventId));
    expect(some.out).toContain(`${tasks.length} workflow tasks are left out; --all shows them.`);
  });

  test.each<[string, string[], RegExp]>([
    ['a page without a name', [FILE, '--html', ''], /--html must be a file name/],
    ['two files', [FILE, FILE], /Name one file/],
    ['an unknown option', [FILE, '--everything'], /Unknown option '--everything'/],
  ])('%s: exit code 2, and why', async (_, args, why) => {
    const { code, err } = await kit('show', args);
    expect(err).toMatch(why);
    expect(code).toBe(2);
  });
});

test.each(['record', 'replay', 'show'] as const)(
  'history:%s --help: its usage, exit code 0',
  async (command) => {
    const { code, out, err } = await kit(command, ['--help'], NOBODY);
    expect(out).toMatch(new RegExp(`^npm run history:${command} -- `));
    expect(out).toContain('Exit code: 0');
    expect([code, err]).toEqual([0, '']);
  },
);

test.each([
  ['record', 1, [BOOKING]],
  ['replay', 2, [FILE]],
  ['show', 2, [FILE]],
] as const)(
  'history:%s with a PAYLOAD_KEYS that is none: exit code %i, without the key',
  async (command, code, args) => {
    const said = await kit(command, args, { ...NOBODY, PAYLOAD_KEYS: 'one:CANARY' });
    expect(said.err).toContain('PAYLOAD_KEYS: entry 1');
    expect(said.err).not.toContain('CANARY');
    expect([said.code, said.out]).toEqual([code, '']);
  },
);
