// docs/runbook.md as it stands, against a real Temporal: each command is taken from the page and run by the CLI.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { workflowIdOf } from '../../contract/workflow.js';
import { agreed, completed, offersOf, workflowState } from '../support/accounts.js';
import { Cast } from '../support/actors.js';
import { freshPlace, northOf } from '../support/places.js';
import {
  failedBooking,
  inEveryState,
  LASTING_STATES,
  offeredBooking,
  type LastingState,
} from '../support/states.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

/** F27: the rows are right again within this. */
const RIGHT_WITHIN_MS = 15_000;
const PAGE = readFileSync(join(process.cwd(), 'docs/runbook.md'), 'utf8');

let system: System;
let cast: Cast;
let bin: string;
const used = new Set<string>();
beforeAll(async () => {
  bin = mkdtempSync(join(tmpdir(), 'runbook-'));
  symlinkSync(process.env['TEST_TEMPORAL_CLI'] ?? '', join(bin, 'temporal'));
  system = await System.start({
    env: { OFFER_TIMEOUT_MS: '40000', SEARCH_TIMEOUT_MS: '60000', SEARCH_PATIENCE_MS: '50000' },
  });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
  rmSync(bin, { recursive: true, force: true });
});

/** The commands of the page, by their names. */
const COMMANDS = Object.fromEntries(
  [...PAGE.matchAll(/<!-- try: ([\w-]+) -->\n\n```sh\n([\s\S]*?)\n```/g)].map((one) => [one[1], one[2]]),
) as Record<string, string>;

/** Runs a command of the page as an operator would; answers what it printed. */
async function run(name: string, names: Record<string, string> = {}): Promise<string> {
  used.add(name);
  const env = {
    ...{ PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, HOME: bin },
    ...{ TEMPORAL_ADDRESS: system.temporal.address, TEMPORAL_NAMESPACE: system.temporal.namespace },
    ...names,
  };
  const { stdout } = await promisify(execFile)('bash', ['-euc', COMMANDS[name] ?? 'exit 9'], { env });
  return stdout;
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
  expect(await run('pollers')).toMatch(/workflow/i);
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
  /** What user, rows and pilots say of a booking, for comparison. */
  async function rowsOf(id: string): Promise<unknown> {
    const [booking, searches, offers] = await Promise.all([
      system.rows('SELECT status, pilot_id, search_no, event_seq FROM bookings WHERE id = $1', [id]),
      system.rows('SELECT search_no, outcome FROM searches WHERE booking_id = $1 ORDER BY search_no', [id]),
      offersOf(system, id),
    ]);
    return { booking, searches, offers };
  }

  /** Acts on all of them, and waits for the new run of each. */
  const afterNewRuns = async (ids: string[], act: () => Promise<unknown>): Promise<void> => {
    const before = await Promise.all(ids.map((id) => workflowState(system, id)));
    await act();
    await Promise.all(ids.map((id, n) => newRun(id, before[n]?.runId)));
  };

  const newRun = (id: string, before: string | undefined): Promise<unknown> =>
    eventually(
      'a new run',
      async () => {
        const state = await workflowState(system, id);
        return state?.status === 'RUNNING' && state.runId !== before;
      },
      RIGHT_WITHIN_MS,
    );

  /** What goes by a query finds only what is listed already. */
  const listed = (id: string): Promise<unknown> =>
    eventually('it to be listed', async () => {
      const { count } = await system.temporal.client.workflow.count(`WorkflowId = '${workflowIdOf(id)}'`);
      return count > 0;
    });

  test.each(['terminate', 'reset', 'reset-many'])('%s changes nothing, and all goes on', async (command) => {
    const states = await inEveryState(system, cast);
    const before = await Promise.all(LASTING_STATES.map((state) => rowsOf(states[state].id)));
    const ids = LASTING_STATES.map((state) => states[state].id);
    await Promise.all(ids.map(listed));
    await afterNewRuns(ids, async () => {
      // A batch finds its workflows itself, one batch at a time.
      if (command === 'reset-many') await run(command);
      else await Promise.all(ids.map((id) => run(command, { BOOKING: id })));
    });
    await Promise.all(
      LASTING_STATES.map((state) => agreed(system, states[state].id, state, RIGHT_WITHIN_MS)),
    );
    expect(await Promise.all(LASTING_STATES.map((state) => rowsOf(states[state].id)))).toEqual(before);
    const { offered, assigned } = states;
    expect((await offered.pilot?.accept(offered.offerId ?? ''))?.status).toBe(200);
    for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
      expect((await assigned.pilot?.step(assigned.id, status))?.status).toBe(200);
    await Promise.all([agreed(system, offered.id, 'assigned'), completed(system, assigned.id)]);
  });

  test('cancel cancels, frees the pilot and tells him; the workflow completes', async () => {
    const states = await inEveryState(system, cast);
    await Promise.all(
      LASTING_STATES.map(async (state: LastingState) => {
        const { id, user } = states[state];
        await run('cancel', { BOOKING: id });
        await completed(system, id, RIGHT_WITHIN_MS);
        expect((await user.booking(id)).status).toBe('CANCELLED');
      }),
    );
    const { offered, assigned } = states;
    await offered.pilot?.hears('offer:expired', (one) => one['reason'] === 'cancelled');
    await assigned.pilot?.hears('booking:cancelled', (one) => one['bookingId'] === assigned.id);
    const ids = [offered.pilot?.id, assigned.pilot?.id];
    const held = `SELECT 1 FROM offers WHERE pilot_id = ANY ($1) AND (status = 'OFFERED' OR (status = 'ACCEPTED' AND ended_at IS NULL))`;
    expect(await system.rows(held, [ids])).toEqual([]);
  });
});

test('every command of the page was run', () => {
  expect([...used].sort()).toEqual(Object.keys(COMMANDS).sort());
});
