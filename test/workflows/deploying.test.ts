/** New workflow code with bookings in flight: each ends well, on the version that it should. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { count } from '../support/counts.js';
import { claimsOf } from '../support/claims.js';
import {
  BEGUN,
  deliver,
  each,
  inState,
  LIMITS,
  replayAll,
  type InFlight,
  type InFlightState,
} from '../support/in-flight.js';
import { freshPlace } from '../support/places.js';
import { bundleWith, READS_FIRST, READS_FIRST_PATCHED } from '../support/planted-workflow.js';
import { openRealStage } from '../support/real-stage.js';
import { eventually } from '../support/waiting.js';
import type { Stage } from '../support/workflow-stage.js';

const OPEN = count(200);
/** Bookings whose start waits while no worker runs. */
const NOT_BEGUN = 5;

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

describe(`F25 · ${OPEN} bookings in every state, and another workflow is deployed`, () => {
  let open: InFlight[];
  beforeAll(async () => {
    const states = Array.from({ length: OPEN }, (_, index) => BEGUN[index % BEGUN.length] ?? 'offered');
    open = await each(states, (state) => inState(stage, state));
    await eventually('all to be listed', async () => (await replayCount()) === OPEN, 30_000);
  }, 300_000);

  async function replayCount(): Promise<number> {
    const { out } = await replayAll(stage, bundles.good);
    return Number(/^(\d+) replay/m.exec(out)?.[1] ?? 0);
  }

  test('before it: the good build replays every live booking, the bad one turns the replay red', async () => {
    const good = await replayAll(stage, bundles.good, "ExecutionStatus = 'Running'");
    expect([good.code, good.out]).toEqual([0, `${OPEN} replay, 0 differ\n`]);
    expect(good.err).toContain(`${OPEN}/${OPEN} replayed, 0 differ`);
    const bad = await replayAll(stage, bundles.bad, "ExecutionStatus = 'Running'");
    expect(bad.code).toBe(1);
    expect(bad.out).toContain(`0 replay, ${OPEN} differ`);
    expect(bad.out).toContain('code wants  to run the local activity readStanding');
    expect(bad.out).toContain(
      `${OPEN} × at MARKER_RECORDED the code wants to run the local activity readStanding`,
    );
  });

  test('a query that is none: exit code 2, and why; so is one that fits no booking', async () => {
    const none = await replayAll(stage, bundles.good, 'NoSuchAttribute =');
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('The list query is not one')]);
    const nobody = await replayAll(stage, bundles.good, "ExecutionStatus = 'Failed'");
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
    const fresh = await each(Array.from({ length: NOT_BEGUN }), async () => {
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
    await each(all, (one) => deliver(stage, one));
    const versions = await each(all, async (one) => ({
      state: one.state,
      steps: await claimsOf(one.booked),
    }));
    for (const { state, steps } of versions) expect([state, steps]).toEqual([state, EXPECTED[state]]);
    const replayed = await replayAll(stage, bundles.good);
    expect([replayed.code, replayed.out]).toEqual([0, expect.stringMatching(/^\d+ replay, 0 differ\n$/)]);
  }, 300_000);
});

const EXPECTED: Record<InFlightState, string[]> = {
  'not begun': ['patched', 'new', 'new'],
  offered: ['old'],
  waiting: ['old', 'patched', 'new'],
  failed: ['old', 'patched', 'new'],
  assigned: ['old'],
  'on the way': ['old'],
};
