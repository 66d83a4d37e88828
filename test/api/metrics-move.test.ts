/** Every figure of decisions, repairs and rows moves, in the process that it is said to move in, and no other with it. */
import { workflowIdOf } from '../../contract/workflow.js';
import { newRun, workflowState } from '../support/accounts.js';
import { Cast } from '../support/actors.js';
import { samplesOf, type Sample } from '../support/exposition.js';
import { freePort } from '../support/free-port.js';
import { freshPlace, northOf } from '../support/places.js';
import { Proxy } from '../support/proxy.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

const COUNTERS = [
  'dispatch_searches_total',
  'dispatch_offers_total',
  'dispatch_offer_answer_seconds_count',
  'dispatch_repairs_total',
];
/** The reconciler looks every 2 s for what is 3 s over. */
const REPAIRED_WITHIN_MS = 15_000;
/** Doors: bookings of the one have time, those of the other run out of it, and wait with patience. */
const [PATIENT, HASTY] = [0, 1];

let system: System;
let cast: Cast;
/** Between the APIs and Temporal; the worker reaches it directly. */
let proxy: Proxy;
let worker: string;
/** All that was expected to be counted so far. */
const whole: Record<string, number> = {};
beforeAll(async () => {
  const port = await freePort();
  worker = `http://127.0.0.1:${port}`;
  system = await System.prepare({ env: { WORKER_METRICS_PORT: String(port) } });
  proxy = await Proxy.before(system.temporal.address);
  const env = { TEMPORAL_ADDRESS: proxy.address };
  const patient = { ...env, OFFER_TIMEOUT_MS: '30000', SEARCH_TIMEOUT_MS: '60000' };
  const hasty = { ...env, OFFER_TIMEOUT_MS: '2500', SEARCH_TIMEOUT_MS: '5000', SEARCH_PATIENCE_MS: '60000' };
  await Promise.all([system.startWorker(), system.startApi(patient)]);
  await system.startApi(hasty);
  await Promise.all(system.apis.map((api) => api.waitReady()));
  cast = new Cast(system);
});
afterEach(() => proxy.mend());
afterAll(async () => {
  cast?.leave();
  await system?.stop();
  await proxy?.stop();
});

const scrape = async (url: string): Promise<Sample[]> =>
  samplesOf(await (await fetch(`${url}/metrics`)).text());

/** What was counted of `COUNTERS` by the APIs together and by the worker, without what was not. */
async function counted(): Promise<Record<string, number>> {
  const processes = [...system.apis.map(({ url }) => ['API', url]), ['worker', worker]];
  const found: Record<string, number> = {};
  for (const [name = '', url = ''] of processes)
    for (const sample of await scrape(url)) {
      if (!COUNTERS.includes(sample.name) || sample.value === 0) continue;
      const key = [name, sample.name.replace('dispatch_', ''), ...Object.values(sample.labels)].join(' ');
      found[key] = (found[key] ?? 0) + sample.value;
    }
  return found;
}

const plus = (one: Record<string, number>, other: Record<string, number>): Record<string, number> =>
  Object.entries(other).reduce((sum, [key, more]) => ({ ...sum, [key]: (sum[key] ?? 0) + more }), one);

/** Exactly these counters move by what `act` brings about. */
async function moves(expected: Record<string, number>, act: () => Promise<unknown>): Promise<void> {
  const before = await counted();
  await act();
  Object.assign(whole, plus(whole, expected));
  await eventually('the counters', async () => {
    expect(await counted()).toEqual(plus(before, expected));
    return true;
  });
}

/** Until every API shows a figure out of the rows. */
const shown = (name: string, value: number): Promise<unknown> =>
  eventually(`${name} ${value}`, async () => {
    const scrapes = await Promise.all(system.apis.map(({ url }) => scrape(url)));
    const found = scrapes.flat().filter((one) => one.name === name);
    expect(found.map((one) => one.value)).toEqual(system.apis.map(() => value));
    return true;
  });

/** A booking whose only pilot near is asked. */
async function asked(door = PATIENT) {
  const place = freshPlace();
  const [user, pilot] = await Promise.all([cast.user({ connected: false }), cast.pilot({ at: place })]);
  user.door = door;
  const { id } = await user.book(place);
  return { id, user, pilot, offerId: (await pilot.offered(id)).offerId };
}

test('two searches run, and are cancelled', async () => {
  await shown('dispatch_live_searches', 0);
  const running = [await asked(), await asked()];
  await shown('dispatch_live_searches', 2);
  const wanted = { 'API searches_total cancelled': 2, 'API offers_total cancelled': 2 };
  await moves(wanted, async () => {
    for (const { id, user } of running) expect((await user.cancel(id)).status).toBe(200);
  });
  await shown('dispatch_live_searches', 0);
});

const DECLINED = {
  'API offers_total declined': 1,
  'API offer_answer_seconds_count declined': 1,
  'worker searches_total no_pilots': 1,
};

test('a decline, and nobody else is near', async () => {
  const { id, user, pilot, offerId } = await asked();
  await moves(DECLINED, async () => {
    expect((await pilot.decline(offerId)).status).toBe(200);
    await user.event(id, 'booking:no_pilots');
  });
});

test('a pilot who goes offline while he is asked', async () => {
  const { id, user, pilot } = await asked();
  const wanted = { 'API offers_total offline': 1, 'worker searches_total no_pilots': 1 };
  await moves(wanted, async () => {
    await pilot.setOnline(false);
    await user.event(id, 'booking:no_pilots');
  });
});

test('a booking that is given to another than the one who is asked', async () => {
  const { id } = await asked();
  const other = await cast.pilot({ at: freshPlace() });
  const operator = await cast.operator();
  await moves({ 'API offers_total reassigned': 1, 'API searches_total assigned': 1 }, () =>
    operator.expect(200, 'POST', `/admin/bookings/${id}/assign`, { pilotId: other.id }),
  );
});

test('an offer whose time is over, and one that the end of the search cuts short', async () => {
  const place = freshPlace();
  const user = await cast.user({ connected: false });
  user.door = HASTY;
  const wanted = {
    'worker offers_total timeout': 1,
    'worker offers_total search_timeout': 1,
    'worker searches_total search_timeout': 1,
  };
  for (const km of [0.1, 0.2]) await cast.pilot({ at: northOf(place, km) });
  await moves(wanted, async () => {
    const { id } = await user.book(place);
    await user.event(id, 'booking:search_timeout');
  });
});

test('while Temporal is away a line waits in the outbox', async () => {
  const { id, user, pilot, offerId } = await asked();
  await shown('dispatch_outbox_lines', 0);
  await moves(DECLINED, async () => {
    proxy.refuse();
    expect((await pilot.decline(offerId)).status).toBe(200);
    await shown('dispatch_outbox_lines', 1);
    proxy.mend();
    await user.event(id, 'booking:no_pilots');
  });
  await shown('dispatch_outbox_lines', 0);
});

describe('the reconciler counts', () => {
  const anAccept = {
    'API offers_total accepted': 1,
    'API offer_answer_seconds_count accepted': 1,
    'API searches_total assigned': 1,
  };

  test('an offer that is over while the worker is frozen', async () => {
    const { id, user } = await asked(HASTY);
    const wanted = {
      'API offers_total timeout': 1,
      'API repairs_total overdue_offer': 1,
      'worker searches_total search_timeout': 1,
    };
    await moves(wanted, async () => {
      system.worker().freeze();
      try {
        await user.event(id, 'booking:offer_expired', REPAIRED_WITHIN_MS);
      } finally {
        system.worker().thaw();
      }
      await user.event(id, 'booking:search_timeout', REPAIRED_WITHIN_MS);
    });
  });

  test('a workflow that was terminated', async () => {
    const { id, pilot, offerId } = await asked();
    const { runId } = (await workflowState(system, id)) ?? {};
    await moves({ 'API repairs_total broken_workflow': 1 }, async () => {
      await system.temporal.client.workflow.getHandle(workflowIdOf(id)).terminate();
      await newRun(system, id, runId, REPAIRED_WITHIN_MS);
    });
    await moves(anAccept, async () => expect((await pilot.accept(offerId)).status).toBe(200));
  });

  test('a workflow that was deleted in the midst of a search: a new one within 15 s (rule 4)', async () => {
    const { id, user, pilot, offerId } = await asked();
    await moves({ 'API repairs_total lost_workflow': 1 }, async () => {
      await deleted(id);
      await newRun(system, id, undefined, REPAIRED_WITHIN_MS);
    });
    await moves(anAccept, async () => {
      expect((await pilot.accept(offerId)).status).toBe(200);
      await user.event(id, 'booking:driver_assigned', REPAIRED_WITHIN_MS);
    });
  });

  test('a search that is over and has no workflow left', async () => {
    const user = await cast.user({ connected: false });
    user.door = HASTY;
    const { id } = await user.book(freshPlace());
    const waits = 'SELECT FROM searches WHERE booking_id = $1 AND waiting_until IS NOT NULL';
    await eventually('the search to wait', async () => (await system.rows(waits, [id])).length > 0);
    const wanted = { 'API repairs_total stalled_booking': 1, 'worker searches_total search_timeout': 1 };
    await moves(wanted, async () => {
      // Nobody sees it end by force: it is gone before the APIs can look again.
      proxy.refuse();
      await deleted(id);
      proxy.mend();
      await user.event(id, 'booking:search_timeout', REPAIRED_WITHIN_MS);
    });
  });

  async function deleted(id: string): Promise<void> {
    const { client, namespace } = system.temporal;
    const workflowId = workflowIdOf(id);
    await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
    await eventually('the workflow to be gone', async () => {
      const { count } = await client.workflow.count(`WorkflowId = '${workflowId}'`);
      return count === 0 && (await workflowState(system, id)) === null;
    });
  }
});

test('nothing else has moved, and nothing runs or waits any more', async () => {
  expect(await counted()).toEqual(whole);
  await shown('dispatch_live_searches', 0);
  await shown('dispatch_outbox_lines', 0);
});
