/** One trace from the REST call through workflow and activity to the SQL; none where nobody asked for it. */
import { randomBytes } from 'node:crypto';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { workflowIdOf } from '../../contract/workflow.js';
import { Cast, type PilotActor, type User } from '../support/actors.js';
import { Collector, type CollectedSpan } from '../support/collector.js';
import { replay, type RecordedHistory } from '../support/histories.js';
import { freshPlace } from '../support/places.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

const CANARY = { name: 'Canarina Traceova', phone: '+15149990077' };
const [API, WORKER] = ['pilot-dispatch-api', 'pilot-dispatch-worker'];

let collector: Collector;
let system: System;
let cast: Cast;
let user: User;
beforeAll(async () => {
  collector = await Collector.start();
  system = await System.start({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OFFER_TIMEOUT_MS: '20000',
    },
  });
  cast = new Cast(system);
  user = await cast.user(CANARY);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
  await collector?.stop();
});

const trace = (): { traceId: string; traceparent: string } => {
  const traceId = randomBytes(16).toString('hex');
  return { traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` };
};

const spanOf = (what: string, fits: (span: CollectedSpan) => boolean): Promise<CollectedSpan> =>
  eventually(what, () => collector.spans.find(fits));

async function offered(traceparent: string): Promise<{ id: string; offerId: string; pilot: PilotActor }> {
  const place = freshPlace();
  const pilot = await cast.pilot({ at: place, ...CANARY });
  const { id } = await user.book(place, {}, { traceparent });
  return { id, offerId: (await pilot.offered(id)).offerId, pilot };
}

test("a booking: REST, outbox, workflow, activity and SQL are one trace, under the client's own", async () => {
  const { traceId, traceparent } = trace();
  const { id } = await offered(traceparent);
  const rest = await spanOf(
    'the REST call',
    (one) => one.traceId === traceId && one.name === 'POST /bookings',
  );
  expect(rest).toMatchObject({ service: API, parentSpanId: traceparent.split('-')[2] });
  const started = await spanOf(
    'the start',
    (one) => one.name === 'temporal start' && one.traceId === traceId,
  );
  expect(started).toMatchObject({
    service: API,
    parentSpanId: rest.spanId,
    attributes: { 'booking.id': id },
  });
  const workflow = await spanOf(
    'the workflow',
    (one) => one.name === 'workflow bookingAssignment' && one.parentSpanId === started.spanId,
  );
  expect(workflow).toMatchObject({ service: WORKER, traceId, attributes: { 'booking.id': id } });
  const activity = await spanOf(
    'the activity',
    (one) => one.name === 'activity claimNextPilot' && one.parentSpanId === workflow.spanId,
  );
  const claim = await spanOf(
    'its SQL',
    (one) =>
      one.parentSpanId === activity.spanId && String(one.attributes['db.query.text']).includes('SKIP LOCKED'),
  );
  expect(claim).toMatchObject({ service: WORKER, traceId });
  expect(collector.below(rest).map((one) => one.name)).toEqual(
    expect.arrayContaining(['SQL INSERT', 'temporal start', 'workflow bookingAssignment', 'SQL UPDATE']),
  );
});

test('a tap: its own trace goes on to the workflow, with a link to that of the booking', async () => {
  const first = trace();
  const { id, offerId, pilot } = await offered(first.traceparent);
  const tap = trace();
  const { headers } = { headers: { traceparent: tap.traceparent } };
  expect((await pilot.accept(offerId, { headers })).status).toBe(200);
  const rest = await spanOf('the tap', (one) => one.traceId === tap.traceId && one.name.startsWith('POST'));
  expect(rest.name).toBe('POST /offers/:id/accept');
  const signal = await spanOf(
    'the signal',
    (one) => one.name === 'signal accept' && one.traceId === tap.traceId,
  );
  expect(signal).toMatchObject({ service: WORKER, attributes: { 'booking.id': id } });
  expect(signal.links?.map((one) => one.traceId)).toEqual([first.traceId]);
  await spanOf(
    'what the workflow did then',
    (one) => one.traceId === first.traceId && one.name === 'activity settleOffer',
  );
});

test('a line of the outbox that another process delivers goes on with the trace', async () => {
  const { traceId, traceparent } = trace();
  const sql = system.sql;
  const { id } = await user.book(freshPlace());
  await user.event(id, 'booking:no_pilots');
  // As if the API had died right after its commit.
  await sql.query(
    `INSERT INTO outbox (booking_id, kind, payload, created_at, due_at)
     VALUES ($1, 'nudge', $2, clock_timestamp(), clock_timestamp())`,
    [id, { traceparent }],
  );
  const sent = await spanOf(
    'the delivery',
    (one) => one.traceId === traceId && one.name === 'temporal nudge',
  );
  expect(sent.parentSpanId).toBe(traceparent.split('-')[2]);
  await spanOf('the signal', (one) => one.parentSpanId === sent.spanId && one.name === 'signal nudge');
});

test('the log carries the ids of the trace, with the booking’s', async () => {
  const { traceId, traceparent } = trace();
  const { id } = await offered(traceparent);
  for (const [process, point] of [
    [system.api(), 'booking_created'],
    [system.worker(), 'offer_sent'],
  ] as const) {
    const line = await eventually(`${point} in the log`, () =>
      process.lines().find((one) => one.msg === point && one['bookingId'] === id),
    );
    expect(line).toMatchObject({ traceId, spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
  }
});

test('a traced history replays, and holds of the trace no more than its ids', async () => {
  const { traceparent } = trace();
  const { id, offerId, pilot } = await offered(traceparent);
  await pilot.accept(offerId);
  const handle = system.temporal.client.workflow.getHandle(workflowIdOf(id));
  await eventually('the workflow to follow', async () => {
    const view = await handle.query<{ status: string }>('assignmentStatus');
    return view.status === 'assigned';
  });
  const text = historyToJSON(await handle.fetchHistory());
  expect(await replay({ traced: JSON.parse(text) as RecordedHistory })).toEqual({ traced: null });
  const signal = (JSON.parse(text) as RecordedHistory).events.find(
    (one) => one.eventType === 'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED',
  );
  const attributes = signal?.['workflowExecutionSignaledEventAttributes'] as
    { input: { payloads: { data: string }[] } } | undefined;
  const payload = Buffer.from(attributes?.input.payloads[0]?.data ?? '', 'base64').toString();
  expect(JSON.parse(payload)).toEqual({ offerId, pilotId: pilot.id, by: 'pilot' });
});

test('a traceparent that is none is as good as none', async () => {
  const { id } = await user.book(freshPlace(), {}, { traceparent: '00-zz-<script>-01' });
  const rest = await spanOf('the call', (one) => one.attributes['booking.id'] === id);
  expect(rest.traceId).toMatch(/^[0-9a-f]{32}$/);
});

test('S17 · nothing of a person and no value of a statement is in any span; loops leave none', async () => {
  const { traceId, traceparent } = trace();
  const { id, offerId, pilot } = await offered(traceparent);
  expect((await pilot.accept(offerId)).status).toBe(200);
  const ofIt = (name: string) => (one: CollectedSpan) => one.traceId === traceId && one.name === name;
  for (const name of ['POST /bookings', 'SQL INSERT', 'temporal start', 'activity settleOffer'])
    await spanOf(name, ofIt(name));
  // What is there to be found is found: else the rest would look for nothing.
  expect(collector.text).toContain(id);
  for (const secret of [CANARY.name, CANARY.phone, '1 Pickup Street', user.id])
    expect(collector.text.includes(secret)).toBe(false);
  const roots = collector.spans.filter((one) => one.parentSpanId === undefined || one.parentSpanId === '');
  const methods = new Set(roots.map((one) => one.name.split(' ')[0]));
  expect([...methods].filter((one) => !['GET', 'POST', 'PUT'].includes(one ?? ''))).toEqual([]);
});

test('without the variables nothing of it is loaded', async () => {
  const lines = [...system.apis, ...system.workers].flatMap((one) => one.lines());
  expect(lines.filter((one) => one.msg.startsWith('traces are sent'))).toHaveLength(2);
  const sent = collector.spans.length;
  const quiet = await system.startApi({ OTEL_SDK_DISABLED: 'true' });
  await quiet.waitReady();
  await fetch(`${quiet.url}/admin/vehicle-types`);
  expect(quiet.lines().filter((one) => one.msg.startsWith('traces are sent'))).toEqual([]);
  expect(collector.spans.slice(sent).filter((one) => one.name === 'GET /admin/vehicle-types')).toEqual([]);
});
