// Each act of an operator upon a booking: who in the workflow's history, why in the audit alone (decision 11).
import { auditPageShape, type AuditEntry } from '../../contract/operator-shapes.js';
import type { Page } from '../../contract/shapes.js';
import { workflowIdOf } from '../../contract/workflow.js';
import { Cast, type Operator } from '../support/actors.js';
import { conform } from '../support/conform.js';
import { historyTexts, textIn } from '../support/histories.js';
import { freshPlace } from '../support/places.js';
import { jobIn } from '../support/states.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

const WHY = 'Canarina asked by telephone';

let system: System;
let cast: Cast;
let operator: Operator;
beforeAll(async () => {
  system = await System.start({ env: { OFFER_TIMEOUT_MS: '20000', SEARCH_TIMEOUT_MS: '30000' } });
  cast = new Cast(system);
  operator = await cast.operator();
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

/** A booking that found nobody. */
async function failed(): Promise<string> {
  const user = await cast.user({ connected: false });
  const { id } = await user.book(freshPlace());
  await user.event(id, 'booking:no_pilots');
  return id;
}

/** The booking, and the pilot whom the act is about. */
interface Scene {
  id: string;
  pilotId?: string;
}
interface Act {
  action: 'assign' | 'release' | 'retry' | 'cancel';
  stage: () => Promise<Scene>;
  path: (id: string) => string;
  /** Beside the reason. */
  body: (scene: Scene) => object;
  signal: string;
}
const aJob = async (): Promise<Scene> => {
  const { id, pilot } = await jobIn(cast, 'assigned');
  return { id, pilotId: pilot.id };
};
const ACTS: Act[] = [
  {
    action: 'assign',
    stage: async () => ({ id: await failed(), pilotId: (await cast.pilot({ at: freshPlace() })).id }),
    path: (id) => `/admin/bookings/${id}/assign`,
    body: ({ pilotId }) => ({ pilotId }),
    signal: 'nudge',
  },
  {
    action: 'release',
    stage: aJob,
    path: (id) => `/admin/bookings/${id}/release`,
    body: () => ({}),
    signal: 'nudge',
  },
  {
    action: 'retry',
    stage: async () => ({ id: await failed() }),
    path: (id) => `/bookings/${id}/retry-assignment`,
    body: () => ({}),
    signal: 'retry',
  },
  {
    action: 'cancel',
    stage: aJob,
    path: (id) => `/bookings/${id}/cancel`,
    body: () => ({}),
    signal: 'cancel',
  },
];

/** The texts of each signal of this name that the history holds, decoded. */
async function signalsOf(id: string, name: string): Promise<string[]> {
  const { events } = await system.temporal.client.workflow.getHandle(workflowIdOf(id)).fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    signal?.signalName === name ? [textIn(signal.input)] : [],
  );
}

test.each(ACTS)(
  '$action by an operator: who stands in the history, why in the audit and nowhere else',
  async ({ action, stage, path, body, signal }) => {
    const scene = await stage();
    const { id, pilotId } = scene;
    expect((await signalsOf(id, signal)).join('\n')).not.toContain(operator.id);
    await operator.expect(200, 'POST', path(id), { ...body(scene), reason: WHY });
    await eventually(`the ${signal} that names the operator`, async () =>
      (await signalsOf(id, signal)).some((one) => one.includes(operator.id)),
    );
    const audit = await operator.expect<Page<AuditEntry>>(200, 'GET', `/admin/audit?bookingId=${id}`);
    conform(auditPageShape, audit);
    const acts = audit.items.filter((one) => one.action === action);
    expect(acts).toMatchObject([
      { actor: operator.id, actorType: 'admin', through: 'call', reason: WHY, bookingId: id },
    ]);
    if (action === 'assign' || action === 'release') expect(acts[0]?.details).toEqual({ pilotId });
    const texts = await historyTexts(system, id);
    expect(texts).toContain(operator.id);
    expect(texts).not.toContain('Canarina');
  },
);
