/** New workflow code with bookings in flight: each ends well, on the version that it should. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stepJob } from '../../dispatch/jobs.js';
import type { LatLng } from '../../contract/geo.js';
import type { Booked } from '../support/booked.js';
import { count } from '../support/counts.js';
import { claimsOf } from '../support/claims.js';
import { freshPlace } from '../support/places.js';
import { bundleWith, READS_FIRST, READS_FIRST_PATCHED } from '../support/planted-workflow.js';
import { openRealStage } from '../support/real-stage.js';
import { eventually } from '../support/waiting.js';
import type { Stage } from '../support/workflow-stage.js';

const OPEN = count(200);
/** So long that the deployment itself ends nothing. */
const LIMITS = { offerTimeoutMs: 300_000, searchTimeoutMs: 600_000 };
/** Bookings that are driven at once. */
const AT_ONCE = 10;

type State = 'not begun' | 'offered' | 'waiting' | 'failed' | 'assigned' | 'on the way';
const STATES: State[] = ['not begun', 'offered', 'waiting', 'failed', 'assigned', 'on the way'];

interface InFlight {
  state: State;
  booked: Booked;
  place: LatLng;
}

let stage: Stage;
let folder: string;
const bundles: Record<'good' | 'bad', string> = { good: '', bad: '' };
beforeAll(async () => {
  stage = await openRealStage();
  folder = mkdtempSync(join(tmpdir(), 'deployed-'));
  for (const [name, changes] of [
    ['good', READS_FIRST_PATCHED],
    ['bad', [READS_FIRST]],
  ] as const) {
    bundles[name] = join(folder, `${name}.js`);
    writeFileSync(bundles[name], (await bundleWith(...changes)).code);
  }
});
afterAll(async () => {
  await stage?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A booking in a state, on the code of before. */
async function inState(state: Exclude<State, 'not begun'>): Promise<InFlight> {
  const place = freshPlace();
  const asked = state === 'offered' || state === 'assigned' || state === 'on the way';
  const pilotId = asked ? await stage.pilot(place, 1) : '';
  const patience = state === 'waiting' ? { searchPatienceMs: 500_000 } : {};
  const booked = await (await stage.book(place, { ...LIMITS, ...patience })).start();
  if (state === 'waiting')
    await eventually('the search to wait', async () => (await booked.searches())[0]?.waiting_until);
  if (state === 'failed') await booked.viewIs('failed');
  if (asked) {
    const offer = await booked.liveOffer(1);
    if (state !== 'offered') {
      await booked.accept(offer);
      await booked.viewIs('assigned');
    }
  }
  if (state === 'on the way')
    for (const status of ['ARRIVED', 'PICKED_UP'] as const)
      await booked.tap(() => stepJob(stage.api, { bookingId: booked.id, pilotId, status }));
  return { state, booked, place };
}

/** From wherever it stands to the door. */
async function deliver({ state, booked, place }: InFlight): Promise<void> {
  if (state === 'waiting' || state === 'failed' || state === 'not begun') {
    await stage.pilot(place, 1);
    if (state === 'waiting') await booked.signal('nudge', {});
    if (state === 'failed') await booked.retry();
  }
  if (state !== 'assigned' && state !== 'on the way') await booked.accept(await booked.liveOffer(1));
  const pilotId = (await booked.row()).pilot_id ?? '';
  const steps = ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const;
  for (const status of state === 'on the way' ? steps.slice(2) : steps)
    await booked.tap(() => stepJob(stage.api, { bookingId: booked.id, pilotId, status }));
  expect(await booked.result()).toMatchObject({ status: 'DELIVERED' });
}

async function each<T, R>(all: T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE)
    results.push(...(await Promise.all(all.slice(from, from + AT_ONCE).map(work))));
  return results;
}

/** `npm run history:replay -- --from-cluster` of everything, on a build. */
function replayAll(bundle: string, query = ''): Promise<{ code: number; out: string; err: string }> {
  const { address: TEMPORAL_ADDRESS, namespace: TEMPORAL_NAMESPACE } = stage.ground;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['dist/tools/history/replay.js', '--from-cluster', query, '--bundle', bundle],
      { env: { ...process.env, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE } },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

describe(`F25 · ${OPEN} bookings in every state, and another workflow is deployed`, () => {
  let open: InFlight[];
  beforeAll(async () => {
    const begun = STATES.filter((state) => state !== 'not begun');
    const states = Array.from({ length: OPEN }, (_, index) => begun[index % begun.length] ?? 'offered');
    open = await each(states, inState);
    await eventually('all to be listed', async () => (await replayCount()) === OPEN, 30_000);
  }, 300_000);

  async function replayCount(): Promise<number> {
    const { out } = await replayAll(bundles.good);
    return Number(/^(\d+) replay/m.exec(out)?.[1] ?? 0);
  }

  test('before it: the good build replays every live booking, the bad one turns the replay red', async () => {
    const good = await replayAll(bundles.good, "ExecutionStatus = 'Running'");
    expect([good.code, good.out]).toEqual([0, `${OPEN} replay, 0 differ\n`]);
    expect(good.err).toContain(`${OPEN}/${OPEN} replayed, 0 differ`);
    const bad = await replayAll(bundles.bad, "ExecutionStatus = 'Running'");
    expect(bad.code).toBe(1);
    expect(bad.out).toContain(`0 replay, ${OPEN} differ`);
    expect(bad.out).toContain('code wants  to run the local activity readStanding');
    expect(bad.out).toContain(
      `${OPEN} × at MARKER_RECORDED the code wants to run the local activity readStanding`,
    );
  });

  test('a query that is none: exit code 2, and why; so is one that fits no booking', async () => {
    const none = await replayAll(bundles.good, 'NoSuchAttribute =');
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('The list query is not one')]);
    const nobody = await replayAll(bundles.good, "ExecutionStatus = 'Failed'");
    expect([nobody.code, nobody.err]).toEqual([
      2,
      expect.stringContaining('No bookingAssignment workflow fits'),
    ]);
  });

  test('a bad build is out: its bookings stand still, and go on with the next build', async () => {
    await stage.stopWorker();
    await stage.startWorker({ workflowBundle: { codePath: bundles.bad } });
    const held = open.filter(({ state }) => state === 'failed').slice(0, 2);
    for (const { booked, place } of held) {
      await stage.pilot(place, 3);
      await booked.retry();
      await eventually('its task to fail', async () =>
        (await booked.history()).some((one) => one.workflowTaskFailedEventAttributes != null),
      );
    }
    await stage.stopWorker();
    expect(await Promise.all(held.map(({ booked }) => booked.offers()))).toEqual(held.map(() => []));
    await stage.startWorker({ workflowBundle: { codePath: bundles.good } });
    for (const one of held) {
      await one.booked.accept(await one.booked.liveOffer(1));
      await one.booked.cancel();
      await one.booked.result();
    }
    open = open.filter((one) => !held.includes(one));
  });

  test('after it: each booking ends delivered, old steps on the old code, new ones on the new', async () => {
    await stage.stopWorker();
    const fresh = await each(Array.from({ length: AT_ONCE / 2 }), async () => {
      const place = freshPlace();
      return {
        state: 'not begun',
        booked: await (await stage.book(place, LIMITS)).start(),
        place,
      } as InFlight;
    });
    await stage.startWorker({ workflowBundle: { codePath: bundles.good } });
    await each(fresh, async ({ booked: one, place }) => {
      await one.viewIs('failed');
      await stage.pilot(place, 2);
      await one.retry();
    });
    const all = [...open, ...fresh];
    await each(all, deliver);
    const versions = await each(all, async (one) => ({
      state: one.state,
      steps: await claimsOf(one.booked),
    }));
    for (const { state, steps } of versions) expect([state, steps]).toEqual([state, EXPECTED[state]]);
    const replayed = await replayAll(bundles.good);
    expect([replayed.code, replayed.out]).toEqual([0, expect.stringMatching(/^\d+ replay, 0 differ\n$/)]);
  }, 300_000);
});

const EXPECTED: Record<State, string[]> = {
  'not begun': ['patched', 'new', 'new'],
  offered: ['old'],
  waiting: ['old', 'patched', 'new'],
  failed: ['old', 'patched', 'new'],
  assigned: ['old'],
  'on the way': ['old'],
};
