/** A check that has never caught anything proves nothing: falsified histories and planted changes turn it red. */
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
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
import { bundleWith, READS_FIRST, SHOWS_LATE, SHOWS_NOTHING } from '../support/planted-workflow.js';
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

describe('a changed workflow', () => {
  beforeAll(() => installQuietRuntime());
  const scenes = ['success', 'decline-then-next', 'no-pilots-then-retry'];
  const outcome = async (bundle: WorkflowBundleWithSourceMap): Promise<(string | undefined)[]> => {
    const histories = scenes.map((scene) => [scene, readHistory(historyOf(scene))] as const);
    return Object.values(await replay(Object.fromEntries(histories), bundle)).map((error) => error?.message);
  };

  test('with another comment only replays: what turns the others red is the change itself', async () => {
    const bundle = await bundleWith({ file: 'booking-assignment.js', from: '/**', to: '/** Another word. ' });
    expect(await outcome(bundle)).toEqual([undefined, undefined, undefined]);
  });

  test('that reads the rows before it asks the first pilot fails', async () => {
    const bundle = await bundleWith(READS_FIRST);
    for (const message of await outcome(bundle)) expect(message).toMatch(DETERMINISM);
  });

  test('whose commands come in another order fails: shown after the wait instead of before', async () => {
    const bundle = await bundleWith(SHOWS_LATE);
    for (const message of await outcome(bundle)) expect(message).toMatch(DETERMINISM);
  });

  test('that shows no search attributes any more fails', async () => {
    const bundle = await bundleWith(SHOWS_NOTHING);
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
