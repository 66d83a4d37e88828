/** Replays histories on the workflow as it is built, one after the other, and explains what differs. */
import { DefaultLogger, Runtime, Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { handReferencesOn } from '../../payload-codec/foreign-references.js';
import { fromRoot } from '../setup/paths.js';
import { explain, type Difference } from './difference.js';
import { toRecorded, type History, type NamedHistory } from './recorded.js';

/** The bundle that every worker runs, and its payload converter. */
export const BUILT_BUNDLE = fromRoot('dist/workflow-bundle.js');
const CONVERTER = fromRoot('dist/workflows/tolerant-payload-converter.js');

export interface Replayed {
  name: string;
  events: number;
  /** Null: it replays. */
  difference: Difference | null;
}

/**
 * Runs `work` on the SDK's runtime, silenced: what it would print of a failed replay is told in words instead.
 * Once in a process; without the end of the runtime the process would not end.
 */
export async function withSilentRuntime<T>(work: () => Promise<T>): Promise<T> {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
  });
  try {
    return await work();
  } finally {
    await Runtime.instance().shutdown();
  }
}

/**
 * Replays each history as it comes; a few are in memory at once, whatever their number.
 *
 * @param bundle file of the workflow bundle
 */
export async function* replayHistories(
  histories: AsyncIterable<NamedHistory>,
  bundle = BUILT_BUNDLE,
): AsyncGenerator<Replayed> {
  handReferencesOn();
  const options: ReplayWorkerOptions = {
    workflowBundle: { codePath: bundle },
    dataConverter: { payloadConverterPath: CONVERTER },
  };
  // The worker takes the next one only after the last was answered: one place is enough.
  let current: NamedHistory | undefined;
  async function* feed(): AsyncGenerator<{ workflowId: string; history: History }> {
    for await (current of histories) yield { workflowId: 'replayed', history: current.history };
  }
  for await (const { error } of Worker.runReplayHistories(options, feed())) {
    const { name, history } = current as NamedHistory;
    const events = history.events?.length ?? 0;
    const difference = error === undefined ? null : await explained(error, history, options);
    yield { name, events, difference };
  }
}

function explained(error: Error, history: History, options: ReplayWorkerOptions): Promise<Difference> {
  const failsUntil = async (count: number): Promise<boolean> => {
    const part = { ...history, events: (history.events ?? []).slice(0, count) };
    const results = Worker.runReplayHistories(options, [{ workflowId: 'part', history: part }]);
    let failed = false;
    for await (const result of results) failed = result.error !== undefined;
    return failed;
  };
  return explain(error, toRecorded(history), failsUntil);
}
