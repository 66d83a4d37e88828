// Signals by hand that do not fit: in every state each changes nothing, and the workflow lives on.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { workflowIdOf } from '../../contract/workflow.js';
import { workflowState } from '../support/accounts.js';
import { Cast, type PilotActor } from '../support/actors.js';
import { freshPlace } from '../support/places.js';
import {
  agreedInEveryState,
  allGoOn,
  inEveryState,
  LASTING_STATES,
  mayCancel,
  rowsInEveryState,
  type InEveryState,
  type LastingState,
} from '../support/states.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

let system: System;
let cast: Cast;
let states: InEveryState;
/** Online, and asked by nobody. */
let free: PilotActor;
beforeAll(async () => {
  system = await System.start({
    env: { OFFER_TIMEOUT_MS: '40000', SEARCH_TIMEOUT_MS: '60000', SEARCH_PATIENCE_MS: '50000' },
  });
  cast = new Cast(system);
  [states, free] = await Promise.all([inEveryState(system, cast), cast.pilot({ at: freshPlace() })]);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

type Signal = [name: string, input: object];

/** What does not fit a state. An answer of the asked pilot to his own offer fits only while it lives. */
function unfitting(state: LastingState): Signal[] {
  const { offerId, pilot } = states[state];
  const own = { offerId: offerId ?? randomUUID(), pilotId: pilot?.id ?? free.id };
  const anothers = [
    { ...own, pilotId: free.id },
    { ...own, offerId: randomUUID() },
  ];
  const answers = state === 'offered' ? anothers : [own, ...anothers];
  return [
    ...answers.flatMap((answer): Signal[] => [
      ['accept', answer],
      ['decline', answer],
    ]),
    ...(state === 'failed' ? [] : [['retry', { by: 'Olga' }] satisfies Signal]),
    ...(mayCancel(state) ? [] : [['cancel', { by: 'Olga' }] satisfies Signal]),
  ];
}

/** By the CLI, as people do it. */
async function signal(id: string, [name, input]: Signal): Promise<void> {
  const where = ['--address', system.temporal.address, '--namespace', system.temporal.namespace];
  const what = ['-w', workflowIdOf(id), '--name', name, '-i', JSON.stringify(input)];
  const args = ['workflow', 'signal', ...what, ...where];
  await promisify(execFile)(process.env['TEST_TEMPORAL_CLI'] ?? '', args);
}

/** Until the workflow has taken so many signals of the CLI, and no task of it is left: it has dealt with them. */
function dealtWith(id: string, signals: number): Promise<unknown> {
  return eventually(`${signals} signals to be dealt with`, async () => {
    const { events } = await system.temporal.client.workflow.getHandle(workflowIdOf(id)).fetchHistory();
    const all = events ?? [];
    const sent = all.filter((one) => one.workflowExecutionSignaledEventAttributes?.identity?.includes('cli'));
    const last = all.findLast(
      (one) =>
        one.workflowExecutionSignaledEventAttributes != null ||
        one.workflowTaskScheduledEventAttributes != null ||
        one.workflowTaskCompletedEventAttributes != null,
    );
    return sent.length === signals && last?.workflowTaskCompletedEventAttributes != null;
  });
}

test('F27 · each signal where it does not fit, by the CLI: no row changes, and all goes on', async () => {
  const runs = (): Promise<unknown[]> =>
    Promise.all(LASTING_STATES.map((state) => workflowState(system, states[state].id)));
  const before = { rows: await rowsInEveryState(system, states), runs: await runs() };
  await Promise.all(
    LASTING_STATES.map(async (state) => {
      const { id } = states[state];
      const signals = unfitting(state);
      for (const one of signals) await signal(id, one);
      await dealtWith(id, signals.length);
    }),
  );
  await agreedInEveryState(system, states);
  expect({ rows: await rowsInEveryState(system, states), runs: await runs() }).toEqual(before);
  expect((await free.offers()).length).toBe(0);
  await allGoOn(system, cast, states);
});
