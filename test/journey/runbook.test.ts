// docs/runbook.md as it stands, against a real Temporal: each command is taken from the page and run by the CLI.
import { hostname } from 'node:os';
import { workflowIdOf } from '../../contract/workflow.js';
import { completed, newRun, workflowState } from '../support/accounts.js';
import { Cast } from '../support/actors.js';
import { freshPlace, northOf } from '../support/places.js';
import { BLOCKS, NAMED_BLOCKS, runCommand } from '../support/runbook-page.js';
import {
  agreedInEveryState,
  allGoOn,
  failedBooking,
  inEveryState,
  jobIn,
  LASTING_STATES,
  mayCancel,
  offeredBooking,
  rowsInEveryState,
} from '../support/states.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

/** F27: the rows are right again within this. */
const RIGHT_WITHIN_MS = 15_000;

let system: System;
let cast: Cast;
const used = new Set<string>();
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

/** Runs a command of the page; answers what it printed. */
function run(name: string, names: Record<string, string> = {}): Promise<string> {
  used.add(name);
  return runCommand(name, system.temporal, names);
}

/** What Postgres answers to the SQL of the page. */
function query<T>(name: string): Promise<T[]> {
  used.add(name);
  return system.rows<T>(NAMED_BLOCKS[name] ?? 'not on the page');
}

/** Until a list of the page shows exactly these of the given bookings: what is listed lags a little behind. */
function lists(
  name: string,
  names: Record<string, string>,
  all: string[],
  wanted: string[],
): Promise<unknown> {
  return eventually(`${name} to list ${wanted.join(', ')}`, async () => {
    const shown = await run(name, names);
    return all.every((id) => shown.includes(id) === wanted.includes(id));
  });
}

const auditOf = (id: string): Promise<{ actor: string; action: string }[]> =>
  system.rows('SELECT actor, action FROM audit_entries WHERE booking_id = $1 ORDER BY id', [id]);

test('searches past their fourth driver, one of a pilot, the failed ones, one by its number', async () => {
  const place = freshPlace();
  const user = await cast.user();
  const pilots = await Promise.all(
    Array.from({ length: 5 }, (_, n) => cast.pilot({ at: northOf(place, (n + 1) / 10) })),
  );
  const { id, bookingNumber } = await user.book(place);
  for (const pilot of pilots.slice(0, 4)) await pilot.decline((await pilot.offered(id)).offerId);
  const fifth = pilots[4]?.id ?? '';
  await pilots[4]?.offered(id);
  const [fresh, failed] = await Promise.all([offeredBooking(cast), failedBooking(system, cast)]);
  const all = [id, fresh.id, failed.id];
  await lists('past-fourth', {}, all, [id]);
  await lists('of-pilot', { PILOT: fifth }, all, [id]);
  await lists('of-pilot', { PILOT: fresh.pilot.id }, all, [fresh.id]);
  await lists('failed', {}, all, [failed.id]);
  await lists('by-number', { NUMBER: bookingNumber }, all, [id]);
  expect(await run('status', { BOOKING: id })).toMatch(/"triedPilots":\s*5/);
});

test('who polls: the worker, by its process', async () => {
  expect(await run('pollers')).toContain(`${system.worker().pid}@${hostname()}`);
});

test('the failed ones that have closed: expired less than half an hour ago, and nothing else', async () => {
  const [expired, cancelled] = await Promise.all([failedBooking(system, cast), failedBooking(system, cast)]);
  // Half an hour has passed for its rows.
  const passed = `UPDATE searches SET ended_at = ended_at - interval '30 minutes' WHERE booking_id = $1`;
  await system.rows(passed, [expired.id]);
  await system.temporal.client.workflow.getHandle(workflowIdOf(expired.id)).signal('nudge', {});
  await cancelled.user.cancel(cancelled.id);
  const all = [expired.id, cancelled.id];
  await Promise.all(all.map((id) => completed(system, id)));
  expect((await expired.user.booking(expired.id)).status).toBe('EXPIRED');
  await lists('failed', {}, all, [expired.id]);
  const { TEST_FAKETIME: LD_PRELOAD } = process.env;
  if (LD_PRELOAD !== undefined) await lists('failed', { LD_PRELOAD, FAKETIME: '+31m' }, all, []);
});

test("a pilot's bookings: his jobs, to the end and after, and what was cancelled on him; not what he gave back", async () => {
  const [has, had, lost, asked, gave] = await Promise.all([
    jobIn(cast, 'assigned'),
    jobIn(cast, 'inTransit'),
    jobIn(cast, 'arrived'),
    offeredBooking(cast),
    jobIn(cast, 'assigned'),
  ]);
  expect((await had.pilot.step(had.id, 'DELIVERED')).status).toBe(200);
  for (const { id, user } of [lost, asked]) expect((await user.cancel(id)).status).toBe(200);
  expect((await gave.pilot.release(gave.id)).status).toBe(200);
  await Promise.all([had, lost, asked].map(({ id }) => completed(system, id)));
  const all = [has, had, lost, asked, gave];
  const ids = all.map(({ id }) => id);
  for (const one of all) await lists('of-pilot', { PILOT: one.pilot.id }, ids, one === gave ? [] : [one.id]);
});

test('what waits for Temporal', async () => {
  const backlog = (): Promise<unknown[]> => query('backlog');
  const none = [{ count: '0', min: null }];
  const toBe = (wanted: unknown[]): Promise<unknown> =>
    eventually('the backlog', async () => {
      expect(await backlog()).toEqual(wanted);
      return true;
    });
  const { id } = await offeredBooking(cast);
  await toBe(none);
  const [line] = await system.rows<{ id: string; created_at: Date }>(
    `INSERT INTO outbox (booking_id, kind, payload, due_at)
     VALUES ($1, 'nudge', '{}', clock_timestamp() + interval '1 hour') RETURNING id, created_at`,
    [id],
  );
  await toBe([{ count: '1', min: line?.created_at }]);
  await system.rows('UPDATE outbox SET due_at = clock_timestamp() WHERE id = $1', [line?.id]);
  await toBe(none);
});

test('retry, accept and cancel by hand do what the calls do, and the audit says who', async () => {
  const { id, user } = await failedBooking(system, cast);
  await run('retry', { BOOKING: id });
  await user.event(id, 'booking:search_started', RIGHT_WITHIN_MS, 2);
  const live = await offeredBooking(cast);
  await run('accept', { BOOKING: live.id, OFFER: live.offerId, PILOT: live.pilot.id });
  await live.pilot.hears('job:assigned', (one) => one['id'] === live.id);
  await run('cancel', { BOOKING: live.id });
  await completed(system, live.id);
  expect((await live.user.booking(live.id)).status).toBe('CANCELLED');
  expect(await auditOf(id)).toEqual([{ actor: 'Olga', action: 'retry' }]);
  expect(await auditOf(live.id)).toEqual([
    { actor: 'Olga', action: 'accept' },
    { actor: 'Olga', action: 'cancel' },
  ]);
});

describe('F27 · in every state, by the CLI', () => {
  /** Acts on all of them, and waits for the new run of each. */
  const afterNewRuns = async (ids: string[], act: () => Promise<unknown>): Promise<void> => {
    const before = await Promise.all(ids.map((id) => workflowState(system, id)));
    await act();
    await Promise.all(ids.map((id, n) => newRun(system, id, before[n]?.runId, RIGHT_WITHIN_MS)));
  };

  /** What goes by a query finds only what is listed already. */
  const listed = (id: string): Promise<unknown> =>
    eventually('it to be listed', async () => {
      const { count } = await system.temporal.client.workflow.count(`WorkflowId = '${workflowIdOf(id)}'`);
      return count > 0;
    });

  test.each(['terminate', 'reset', 'reset-many'])('%s changes nothing, and all goes on', async (command) => {
    const states = await inEveryState(system, cast);
    const before = await rowsInEveryState(system, states);
    const ids = LASTING_STATES.map((state) => states[state].id);
    await Promise.all(ids.map(listed));
    await afterNewRuns(ids, async () => {
      // A batch finds its workflows itself, one batch at a time.
      if (command === 'reset-many') await run(command);
      else await Promise.all(ids.map((id) => run(command, { BOOKING: id })));
    });
    await agreedInEveryState(system, states, RIGHT_WITHIN_MS);
    expect(await rowsInEveryState(system, states)).toEqual(before);
    await allGoOn(system, cast, states);
  });

  test('cancel cancels, frees the pilot and tells him; the workflow completes', async () => {
    const states = await inEveryState(system, cast);
    await Promise.all(
      LASTING_STATES.filter(mayCancel).map(async (state) => {
        const { id, user } = states[state];
        await run('cancel', { BOOKING: id });
        await completed(system, id, RIGHT_WITHIN_MS);
        expect((await user.booking(id)).status).toBe('CANCELLED');
      }),
    );
    const { offered, assigned, arrived } = states;
    await offered.pilot.hears('offer:expired', (one) => one['reason'] === 'cancelled');
    for (const { id, pilot } of [assigned, arrived])
      await pilot.hears('booking:cancelled', (one) => one['bookingId'] === id);
    const ids = [offered, assigned, arrived].map(({ pilot }) => pilot.id);
    const held = `SELECT 1 FROM offers WHERE pilot_id = ANY ($1) AND (status = 'OFFERED' OR (status = 'ACCEPTED' AND ended_at IS NULL))`;
    expect(await system.rows(held, [ids])).toEqual([]);
  });
});

test('every block of the page was run', () => {
  expect([...used].sort()).toEqual(Object.keys(NAMED_BLOCKS).sort());
  expect(used.size).toBe(BLOCKS);
});
