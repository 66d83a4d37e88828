// The replay kit at a running Temporal: earlier runs, what is never written over, and histories that no key opens.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordedHistory } from '../../tools/history/recorded.js';
import { workflowIdOf } from '../../contract/workflow.js';
import { newRun, workflowState } from '../support/accounts.js';
import { kit, type Said } from '../support/kit.js';
import { freshKey } from '../support/payload-keys.js';
import { SealedSystem } from '../support/sealed-system.js';
import { eventually } from '../support/waiting.js';

/** A terminated workflow is back within this. */
const REPAIRED_WITHIN_MS = 15_000;
const [KEY, OTHER] = [freshKey('one'), freshKey('two')];

let sealed: SealedSystem;
let folder: string;
/** A booking with two runs, the first of which was terminated. */
let bookingId: string;
let runs: { first: string; latest: string };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'replay-kit-'));
  sealed = await SealedSystem.start({ PAYLOAD_KEYS: KEY });
  const { booking } = await sealed.offered();
  bookingId = booking.id;
  const first = (await workflowState(sealed.system, bookingId))?.runId ?? '';
  await sealed.system.temporal.client.workflow.getHandle(workflowIdOf(bookingId)).terminate('by a test');
  const latest = await newRun(sealed.system, bookingId, first, REPAIRED_WITHIN_MS);
  runs = { first, latest };
});
afterAll(async () => {
  await sealed?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A command of the kit, at this Temporal. */
function ask(command: 'record' | 'replay' | 'show', args: string[], PAYLOAD_KEYS = ''): Promise<Said> {
  const { address: TEMPORAL_ADDRESS, namespace: TEMPORAL_NAMESPACE } = sealed.system.temporal;
  return kit(command, args, { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, PAYLOAD_KEYS });
}

/** Where a test writes to; nothing is there. */
const fresh = (): string => join(folder, `${randomUUID()}.json`);

/** Its history as the server holds it, encrypted, saved by Temporal's own CLI. */
async function asHeld(): Promise<string> {
  const file = fresh();
  const show = ['workflow', 'show', '--workflow-id', workflowIdOf(bookingId), '--output', 'json'];
  writeFileSync(file, await sealed.cli([...show, '--run-id', runs.first]));
  return file;
}

describe('history:record', () => {
  test('--run saves an earlier run; without it, the latest', async () => {
    const [earlier, latest] = [fresh(), fresh()];
    const one = await ask('record', [bookingId, '--run', runs.first, '--out', earlier], KEY);
    const two = await ask('record', [bookingId, '--out', latest], KEY);
    expect([one.code, two.code, one.err + two.err]).toEqual([0, 0, '']);
    const [ended, running] = [earlier, latest].map(
      (file) => (JSON.parse(readFileSync(file, 'utf8')) as RecordedHistory).events,
    );
    const begun = [ended, running].map((events) => events?.[0]?.['workflowExecutionStartedEventAttributes']);
    expect(begun).toMatchObject([
      { originalExecutionRunId: runs.first },
      { originalExecutionRunId: runs.latest },
    ]);
    expect(ended?.at(-1)?.eventType).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED');
    expect(one.out).toContain(`${earlier}: ${ended?.length} events, `);
  });

  test('a file that is there already is never written over: exit code 1, and what to do', async () => {
    const out = fresh();
    writeFileSync(out, 'evidence');
    const { code, err } = await ask('record', [bookingId, '--out', out], KEY);
    expect(err).toContain(`${out} is there already: name another file with --out, or delete it.`);
    expect([code, readFileSync(out, 'utf8')]).toEqual([1, 'evidence']);
  });

  test.each<[string, () => string[]]>([
    ['no such workflow', () => [randomUUID()]],
    ['no such run', () => [bookingId, '--run', randomUUID()]],
  ])('%s: exit code 1, and no file', async (_, args) => {
    const out = fresh();
    const { code, err } = await ask('record', [...args(), '--out', out], KEY);
    const id = workflowIdOf(args().length === 1 ? '' : bookingId);
    expect(err).toContain(`There is no workflow ${id}`);
    expect(err).toContain(`in '${sealed.system.temporal.namespace}'`);
    expect(code).toBe(1);
    expect(() => readFileSync(out)).toThrow('ENOENT');
  });
});

describe('a history that no key opens', () => {
  test.each([
    ['no key', ''],
    ['another key', OTHER],
  ])('history:replay of a file, with %s: UNREADABLE, the others go on, exit code 2', async (_, keys) => {
    const [held, good] = [await asHeld(), fresh()];
    expect((await ask('record', [bookingId, '--out', good], KEY)).code).toBe(0);
    const { code, out } = await ask('replay', [held, good], keys);
    expect(out).toMatch(/UNREADABLE {2}\S+\.json: [1-9]\d* payloads need a key that PAYLOAD_KEYS lacks\n/);
    expect(out).toContain(`UNREADABLE  ${held}: `);
    expect(out).toContain('1 replay, 0 differ, 1 could not be read\n');
    expect(code).toBe(2);
    const opened = await ask('replay', [held, good], `${OTHER},${KEY}`);
    expect([opened.code, opened.out]).toEqual([0, expect.stringContaining('2 replay, 0 differ\n')]);
  });

  test('history:replay --from-cluster: each run is named, exit code 2; with the key all replay', async () => {
    const query = `WorkflowId = '${workflowIdOf(bookingId)}'`;
    await eventually('both runs to be listed', async () =>
      (await ask('replay', ['--from-cluster', query], KEY)).out.includes('2 replay, 0 differ\n'),
    );
    const { code, out } = await ask('replay', ['--from-cluster', query], OTHER);
    for (const run of [runs.first, runs.latest]) {
      const told = `UNREADABLE  ${workflowIdOf(bookingId)} (run ${run}): `;
      expect(out.split('\n').find((line) => line.startsWith(told))).toMatch(
        /: [1-9]\d* payloads are encrypted with a key that PAYLOAD_KEYS lacks$/,
      );
    }
    expect(out).toContain('0 replay, 0 differ, 2 could not be read\n');
    expect(code).toBe(2);
  });

  test('history:show: drawn as encrypted, nothing of it read; with the key it is', async () => {
    const held = await asHeld();
    const [shut, open] = [await ask('show', [held]), await ask('show', [held], KEY)];
    expect([shut.code, open.code]).toEqual([0, 0]);
    expect(shut.out).not.toContain(bookingId);
    expect(shut.out).toContain('encrypted');
    expect(open.out).toContain(`booking ${bookingId}\n`);
    expect(open.out).not.toContain('encrypted');
  });
});
