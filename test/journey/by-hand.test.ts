// An operator at Temporal's Web UI or CLI: terminate, cancel, reset, signals (F27, S16).
import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { TASK_QUEUE, WORKFLOW_TYPE, workflowIdOf } from '../../contract/workflow.js';
import { Cast } from '../support/actors.js';
import { agreed, completed, newRun, offersOf, workflowState } from '../support/accounts.js';
import { freshPlace, northOf } from '../support/places.js';
import {
  agreedInEveryState,
  allGoOn,
  inEveryState,
  LASTING_STATES,
  offeredBooking,
} from '../support/states.js';
import { System } from '../support/system.js';
import { eventually, never } from '../support/waiting.js';

/** A terminated workflow is back within this. */
const REPAIRED_WITHIN_MS = 15_000;

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({
    env: { OFFER_TIMEOUT_MS: '40000', SEARCH_TIMEOUT_MS: '60000', SEARCH_PATIENCE_MS: '50000' },
  });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

const handle = (id: string) => system.temporal.client.workflow.getHandle(workflowIdOf(id));

const offered = () => offeredBooking(cast);

/** Terminates, and waits for the new run. */
async function terminated(id: string): Promise<void> {
  await eventually('the workflow to be there', async () => (await workflowState(system, id)) !== null);
  const { runId } = (await workflowState(system, id)) ?? {};
  await handle(id).terminate('by a curious operator');
  await newRun(system, id, runId, REPAIRED_WITHIN_MS);
}

test('F27 · terminated in every state it is back within 15 s, and the booking goes on as if nothing had been', async () => {
  const states = await inEveryState(system, cast);
  await Promise.all(LASTING_STATES.map((state) => terminated(states[state].id)));
  await agreedInEveryState(system, states);
  await allGoOn(system, cast, states);
  const { offered: live } = states;
  expect(await live.user.eventNames(live.id)).toEqual([
    'created',
    'search_started',
    'offer_sent',
    'driver_assigned',
  ]);
});

test('a retry of a booking whose workflow was just terminated brings it back at once', async () => {
  const { user, id } = await offered();
  await handle(id).terminate();
  expect((await user.retry(id)).status).toBe(200);
  await agreed(system, id, 'offered', 3_000);
});

test("F27 · Temporal's Cancel is an operator's cancel; the workflow completes", async () => {
  const { user, pilot, id, offerId } = await offered();
  await handle(id).cancel();
  const cancelled = await user.hears('booking:cancelled', (one) => one['bookingId'] === id);
  expect(cancelled.payload['by']).toBe('admin');
  const told = await pilot.hears('offer:expired', (one) => one['offerId'] === offerId);
  expect(told.payload['reason']).toBe('cancelled');
  expect((await user.booking(id)).status).toBe('CANCELLED');
  await completed(system, id);
});

test("F27 · Temporal's Cancel from pickup on changes nothing", async () => {
  const { user, pilot, id, offerId } = await offered();
  await pilot.accept(offerId);
  for (const status of ['ARRIVED', 'PICKED_UP'] as const) await pilot.step(id, status);
  await handle(id).cancel();
  await never('a cancel', async () => (await user.booking(id)).status !== 'PICKED_UP', 800);
  for (const status of ['IN_TRANSIT', 'DELIVERED'] as const)
    expect((await pilot.step(id, status)).status).toBe(200);
  await completed(system, id);
});

test('F27 · a reset is harmless', async () => {
  const { user, pilot, id, offerId } = await offered();
  const { workflowService } = system.temporal.client;
  const first = await eventually('the first workflow task', async () => {
    const { events } = await handle(id).fetchHistory();
    return events?.find((event) => event.workflowTaskCompletedEventAttributes != null);
  });
  await workflowService.resetWorkflowExecution({
    namespace: system.temporal.namespace,
    workflowExecution: { workflowId: workflowIdOf(id) },
    workflowTaskFinishEventId: first.eventId ?? null,
    reason: 'curiosity',
    requestId: randomUUID(),
  });
  await agreed(system, id, 'offered');
  expect((await pilot.accept(offerId)).status).toBe(200);
  await agreed(system, id, 'assigned');
  expect(await user.eventNames(id)).toEqual(['created', 'search_started', 'offer_sent', 'driver_assigned']);
  expect(await offersOf(system, id)).toHaveLength(1);
});

/** By the CLI, as people do it. */
async function cli(...args: string[]): Promise<void> {
  const where = ['--address', system.temporal.address, '--namespace', system.temporal.namespace];
  await promisify(execFile)(process.env['TEST_TEMPORAL_CLI'] ?? '', ['workflow', ...args, ...where]);
}

test('F27 S16 · accept, decline and cancel by the CLI do what the calls do, and are audited', async () => {
  const place = freshPlace();
  const user = await cast.user();
  const [one, two] = [
    await cast.pilot({ at: northOf(place, 0.1) }),
    await cast.pilot({ at: northOf(place, 0.2) }),
  ];
  const { id } = await user.book(place);
  const signal = (name: string, input: object) =>
    cli('signal', '-w', workflowIdOf(id), '--name', name, '-i', JSON.stringify(input));
  const first = await one.offered(id);
  await signal('decline', { offerId: first.offerId, pilotId: one.id });
  const second = await two.offered(id);
  // Another's, an ended one's and a stranger's offer assign nobody.
  await signal('accept', { offerId: second.offerId, pilotId: one.id });
  await signal('accept', { offerId: first.offerId, pilotId: one.id });
  await signal('accept', { offerId: randomUUID(), pilotId: two.id });
  await signal('accept', { offerId: 'x' });
  await signal('nonsense', { a: 1 });
  await cli(
    'signal',
    '-w',
    workflowIdOf(id),
    '--name',
    'accept',
    '-i',
    '{"a":1}',
    '--input-meta',
    'encoding=zip',
  );
  await never('an assignment', async () => (await user.booking(id)).status !== 'PENDING', 500);
  await signal('accept', { offerId: second.offerId, pilotId: two.id, by: 'Olga' });
  await user.hears('booking:driver_assigned', (event) => event['bookingId'] === id);
  await two.hears('job:assigned');
  await signal('cancel', {});
  await completed(system, id);
  expect((await user.booking(id)).status).toBe('CANCELLED');
  const audit = await system.rows<{ actor: string; action: string }>(
    'SELECT actor, action FROM audit_entries WHERE booking_id = $1 ORDER BY id',
    [id],
  );
  expect(audit).toEqual([
    { actor: 'operator', action: 'decline' },
    { actor: 'Olga', action: 'accept' },
    { actor: 'operator', action: 'cancel' },
  ]);
});

test('a workflow started by hand for a booking that does not exist ends, and harms nobody', async () => {
  const bookingId = randomUUID();
  const started = await system.temporal.client.workflow.start(WORKFLOW_TYPE, {
    ...{ workflowId: workflowIdOf(bookingId), taskQueue: TASK_QUEUE, args: [{ bookingId }] },
  });
  await eventually('its end', async () => (await started.describe()).status.name !== 'RUNNING');
  const { user, id } = await offered();
  expect((await user.booking(id)).status).toBe('PENDING');
});

/** Started by hand, whatever runs under that id. */
const startByHand = (workflowId: string, args: unknown[]) =>
  system.temporal.client.workflow.start(WORKFLOW_TYPE, {
    ...{ workflowId, taskQueue: TASK_QUEUE, args },
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
  });

test('workflows started by hand with what is no booking end, and keep none from being repaired', async () => {
  const nobody = [
    await startByHand('booking-test', [{}]),
    await startByHand('booking-of nobody', [{ bookingId: 'x' }]),
    await startByHand(workflowIdOf(randomUUID()), []),
    await startByHand(workflowIdOf(randomUUID()), ['text']),
  ];
  for (const started of nobody)
    await eventually('its end', async () => (await started.describe()).status.name === 'FAILED');
  await terminated((await offered()).id);
});

test("one started by hand in a booking's place with its id alone goes on by the rows", async () => {
  const { pilot, id, offerId } = await offered();
  await startByHand(workflowIdOf(id), [{ bookingId: id }]);
  await agreed(system, id, 'offered');
  expect((await pilot.accept(offerId)).status).toBe(200);
  await agreed(system, id, 'assigned');
});

test("one started by hand with nothing in a booking's place ends, and the booking's own comes back", async () => {
  const { pilot, id, offerId } = await offered();
  const { firstExecutionRunId } = await startByHand(workflowIdOf(id), []);
  await newRun(system, id, firstExecutionRunId, REPAIRED_WITHIN_MS);
  await agreed(system, id, 'offered');
  expect((await pilot.accept(offerId)).status).toBe(200);
  await agreed(system, id, 'assigned');
});

test('F18 · signals to finished workflows revive nothing', async () => {
  const { user, pilot, id, offerId } = await offered();
  await user.cancel(id);
  await completed(system, id);
  expect((await pilot.accept(offerId)).status).toBe(409);
  expect((await user.cancel(id)).status).toBe(200);
  expect((await user.retry(id)).status).toBe(404);
  await expect(handle(id).signal('retry', {})).rejects.toThrow(/completed|not found/i);
  // What was left in the outbox and is delivered late, even a start.
  const { runId } = (await workflowState(system, id)) ?? {};
  const start = { bookingId: id, bookingNumber: 'B-1', vehicleTypeId: 'bike', limits: {} };
  for (const [kind, payload] of Object.entries({ start, retry: { searchNo: 1 }, nudge: {} }))
    await system.rows(
      'INSERT INTO outbox (booking_id, kind, payload, due_at) VALUES ($1, $2, $3, clock_timestamp())',
      [id, kind, payload],
    );
  await eventually('the outbox to drain', async () => {
    return (await system.rows('SELECT 1 FROM outbox WHERE booking_id = $1', [id])).length === 0;
  });
  expect(await workflowState(system, id)).toEqual({ status: 'COMPLETED', runId });
});
