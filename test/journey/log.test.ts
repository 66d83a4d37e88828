// The log tells every point of a booking's life with its ids, and nothing anywhere tells who the people are (S17).
import { randomUUID } from 'node:crypto';
import { TASK_QUEUE, WORKFLOW_TYPE, workflowIdOf } from '../../contract/workflow.js';
import { Cast } from '../support/actors.js';
import { completed } from '../support/accounts.js';
import type { LogLine } from '../support/child.js';
import { historyTexts } from '../support/histories.js';
import { freshPlace, northOf } from '../support/places.js';
import { call } from '../support/rest.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({ env: { LOG_LEVEL: 'trace', OFFER_TIMEOUT_MS: '1500' } });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

const CANARIES = {
  user: 'Canarina Userova',
  pilot: 'Canarino Pilotov',
  userPhone: '+15149990001',
  pilotPhone: '+15149990002',
  address: '77 Canary Wharf',
  note: 'canary-note-secret',
  parcel: 'canary-parcel-secret',
  reason: 'canary-reason-secret',
};

/** What must stand with each point; `offer` is both ids of the offer and its pilot. */
const POINTS: Record<string, 'booking' | 'offer'> = {
  booking_created: 'booking',
  search_started: 'booking',
  pilot_found: 'offer',
  no_pilot_found: 'booking',
  offer_sent: 'offer',
  offer_accepted: 'offer',
  offer_declined: 'offer',
  offer_expired: 'offer',
  offer_withdrawn: 'offer',
  booking_assigned: 'offer',
  search_failed: 'booking',
  search_retried: 'booking',
  booking_cancelled: 'booking',
  job_released: 'offer',
};

const lines = (): LogLine[] => [...system.apis, ...system.workers].flatMap((one) => one.lines());

/** Lives through every point of the list; answers the bookings. */
async function liveThroughAll(): Promise<string[]> {
  const place = freshPlace();
  const user = await cast.user({ name: CANARIES.user, phone: CANARIES.userPhone });
  const people = { name: CANARIES.pilot, phone: CANARIES.pilotPhone };
  const near = await cast.pilot({ at: northOf(place, 0.1), ...people });
  const next = await cast.pilot({ at: northOf(place, 0.2), ...people });
  const { id } = await user.book(place, {
    pickup: { ...place, address: CANARIES.address },
    note: CANARIES.note,
    package: { description: CANARIES.parcel },
  });
  await near.decline((await near.offered(id)).offerId);
  await next.hears('offer:expired');
  await user.event(id, 'booking:no_pilots');
  await user.retry(id);
  const offers = () => near.socket.of<{ offerId: string }>('booking:offer', id);
  await eventually('the second offer', () => offers().length === 2);
  await near.accept(offers()[1]?.offerId ?? '');
  await near.expect(200, 'POST', `/jobs/${id}/release`, { reason: CANARIES.reason });
  await eventually('the offer to the other', () => next.socket.of('booking:offer', id).length === 2);
  await next.setOnline(false);
  await user.event(id, 'booking:no_pilots', 10_000, 2);
  await user.cancel(id, { reason: CANARIES.reason });
  await completed(system, id);
  return [id];
}

test('S17 · every point of the list is there, with its ids; no canary in logs, histories or metrics', async () => {
  const [id = ''] = await liveThroughAll();
  const ours = lines().filter((line) => line['bookingId'] === id);
  for (const [point, needs] of Object.entries(POINTS)) {
    const found = ours.filter((line) => line.msg === point);
    if (found.length === 0) throw new Error(`${point} was not logged for the booking`);
    for (const line of found)
      if (needs === 'offer') {
        if (typeof line['offerId'] !== 'string') throw new Error(`${point} lacks offerId`);
        if (typeof line['pilotId'] !== 'string') throw new Error(`${point} lacks pilotId`);
      }
  }
  const metrics = await call<string>(system.url(), 'GET', '/metrics');
  const history = await historyTexts(system, id);
  const everywhere = {
    logs: [...system.apis, ...system.workers].map((one) => one.logs()).join('\n'),
    history,
    metrics: metrics.text,
  };
  // An offer's id stands in payloads only: they are read.
  expect(history).toContain(ours.find((line) => line.msg === 'offer_sent')?.['offerId']);
  for (const [where, text] of Object.entries(everywhere))
    for (const [what, canary] of Object.entries(CANARIES))
      if (text.includes(canary)) throw new Error(`the ${what} is in the ${where}`);
});

test('no error was logged by an ordinary life', () => {
  expect(lines().filter((line) => line.level >= 50)).toEqual([]);
});

test('a workflow task that fails is in the log of the worker: why, in which run, and of which booking', async () => {
  const bookingId = randomUUID();
  const stuck = await system.temporal.client.workflow.start(WORKFLOW_TYPE, {
    workflowId: workflowIdOf(bookingId),
    taskQueue: TASK_QUEUE,
    args: [{ undecodable: true }],
  });
  const logged = (msg: string) =>
    system
      .worker()
      .lines()
      .find((line) => line.msg === msg);
  const core = await eventually('the failure', () => logged('Failing workflow task'));
  expect(core).toMatchObject({ level: 40, runId: stuck.firstExecutionRunId });
  expect(core['failure']).toContain('cannot be decoded');
  expect(logged('Workflow failed')).toMatchObject({ bookingId });
  await stuck.terminate();
});

test('S20 · a forced failure answers an id without a stack, and logs it under that id without personal data', async () => {
  const user = await cast.user({ name: CANARIES.user, phone: CANARIES.userPhone });
  await system.rows('ALTER TABLE bookings RENAME COLUMN note TO note_gone');
  try {
    const place = freshPlace();
    const reply = await user.request<{ instance: string }>('POST', '/bookings', {
      pickup: { ...place, address: CANARIES.address },
      dropoff: { ...place, address: CANARIES.address },
      vehicleTypeId: 'bike',
      note: CANARIES.note,
    });
    expect(reply.status).toBe(500);
    expect(reply.text).not.toMatch(/column|relation|INSERT|\.js|at .*:\d+/);
    const line = await eventually('the log line', () =>
      lines().find((one) => one['instance'] === reply.body.instance),
    );
    expect(line?.level).toBe(50);
    const logged = JSON.stringify(line);
    for (const canary of Object.values(CANARIES)) expect(logged).not.toContain(canary);
  } finally {
    await system.rows('ALTER TABLE bookings RENAME COLUMN note_gone TO note');
  }
});
