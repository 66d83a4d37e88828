/** A check that has never caught anything proves nothing: falsified histories and planted changes turn it red. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import {
  eventOf,
  historyOf,
  readHistory,
  removeEvent,
  replay,
  rewriteMarker,
  textsOf,
  type RecordedHistory,
} from '../support/histories.js';
import { CANARY, installQuietRuntime } from '../support/stage-ground.js';

const DETERMINISM = /TMPRL1100|[Nn]ondeterminism|[Dd]eterminism/;

describe('the same history with one thing changed fails', () => {
  const changes: Record<string, (history: RecordedHistory) => void> = {
    "an activity's name": (history) =>
      rewriteMarker(eventOf(history, 'MARKER_RECORDED'), 'data', (data: { activity_type: string }) => {
        data.activity_type = 'claimSomebody';
      }),
    'a marker of an activity taken out': (history) =>
      removeEvent(history, eventOf(history, 'MARKER_RECORDED')),
    'a timer taken out': (history) => removeEvent(history, eventOf(history, 'TIMER_STARTED')),
    'an upsert of search attributes taken out': (history) =>
      removeEvent(history, eventOf(history, 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES')),
    "an activity's answer": (history) =>
      rewriteMarker(eventOf(history, 'MARKER_RECORDED'), 'result', (standing: { kind: string }) => {
        standing.kind = 'searching';
      }),
    "a signal's name": (history) => {
      const signalled = eventOf(history, 'WORKFLOW_EXECUTION_SIGNALED');
      (signalled['workflowExecutionSignaledEventAttributes'] as { signalName: string }).signalName = 'dance';
    },
  };
  let results: Record<string, Error | null>;
  beforeAll(async () => {
    const changed = Object.entries(changes).map(([name, change]) => {
      const history = readHistory(historyOf('decline-then-next'));
      change(history);
      return [name, history] as const;
    });
    results = await replay(Object.fromEntries(changed));
  });
  test.each(Object.keys(changes))('%s', (name) => {
    expect(results[name]?.message).toMatch(DETERMINISM);
  });
});

/** Bundles a copy of the compiled workflow in which one text is another. */
async function bundleWith(file: string, from: string, to: string): Promise<WorkflowBundleWithSourceMap> {
  const folder = mkdtempSync(join(tmpdir(), 'planted-workflow-'));
  try {
    for (const each of ['workflows', 'contract'])
      cpSync(join(process.cwd(), 'dist', each), join(folder, each), { recursive: true });
    symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const source = readFileSync(join(folder, 'workflows', file), 'utf8');
    if (!source.includes(from)) throw new Error(`${file} has no ${from}: the planted change must be adapted`);
    writeFileSync(join(folder, 'workflows', file), source.replace(from, to));
    return await bundleWorkflowCode({
      workflowsPath: join(folder, 'workflows/index.js'),
      payloadConverterPath: join(folder, 'workflows/tolerant-payload-converter.js'),
      logger: new DefaultLogger('ERROR'),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('a changed workflow', () => {
  beforeAll(() => installQuietRuntime());
  const scenes = ['success', 'decline-then-next', 'no-pilots-then-retry'];
  const outcome = async (bundle: WorkflowBundleWithSourceMap): Promise<(string | undefined)[]> => {
    const histories = scenes.map((scene) => [scene, readHistory(historyOf(scene))] as const);
    return Object.values(await replay(Object.fromEntries(histories), bundle)).map((error) => error?.message);
  };

  test('with another comment only replays: what turns the others red is the change itself', async () => {
    const bundle = await bundleWith('booking-assignment.js', '/**', '/** Another word. ');
    expect(await outcome(bundle)).toEqual([undefined, undefined, undefined]);
  });

  test('that reads the rows before it asks the first pilot fails', async () => {
    const bundle = await bundleWith(
      'booking-assignment.js',
      'activities.claimNextPilot.executeWithOptions(options, [{ bookingId, offerId: uuid4() }])',
      'activities.readStanding({ bookingId }).then(() => activities.claimNextPilot({ bookingId, offerId: uuid4() }))',
    );
    for (const message of await outcome(bundle)) expect(message).toMatch(DETERMINISM);
  });

  test('whose commands come in another order fails: shown after the wait instead of before', async () => {
    const bundle = await bundleWith(
      'booking-assignment.js',
      'board.show(await nextStanding(story, standing))',
      'const next = await nextStanding(story, standing); await condition(() => false, 1); board.show(next)',
    );
    for (const message of await outcome(bundle)) expect(message).toMatch(DETERMINISM);
  });

  test('that shows no search attributes any more fails', async () => {
    const bundle = await bundleWith('board.js', 'upsertSearchAttributes(changes)', 'void changes');
    for (const message of await outcome(bundle)) expect(message).toMatch(DETERMINISM);
  });
});

test('a canary in a payload is found, wherever it is', () => {
  const history = readHistory(historyOf('success'));
  rewriteMarker(eventOf(history, 'MARKER_RECORDED'), 'result', (standing: { offer: { to?: string } }) => {
    standing.offer.to = CANARY.userPhone;
  });
  expect(textsOf(history).some((text) => text.includes(CANARY.userPhone))).toBe(true);
});
