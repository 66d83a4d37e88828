/** A long life gets a new run between two searches: on a server of its own that suggests it after few events. */
import { releaseByPilot, stepJob } from '../../dispatch/jobs.js';
import type { Booked } from '../support/booked.js';
import { startDevServer, type DevServer } from '../support/dev-server.js';
import { freshPlace } from '../support/places.js';
import { openRealStage } from '../support/real-stage.js';
import { eventually } from '../support/waiting.js';
import type { Stage } from '../support/workflow-stage.js';

/** Counted when a task begins: an answer to the first offer is beyond it, a new run's first steps are not. */
const SUGGESTED_AFTER_EVENTS = 8;

let server: DevServer | undefined;
let stage: Stage;
beforeAll(async () => {
  server = await startDevServer({
    'limit.historyCount.suggestContinueAsNew': String(SUGGESTED_AFTER_EVENTS),
  });
  stage = await openRealStage({ address: server.address });
});
afterEach(async () => {
  await stage.clear();
});
afterAll(async () => {
  await stage?.close();
  await server?.stop();
});

async function offered(): Promise<{ booked: Booked; runId: string; pilotId: string }> {
  const here = freshPlace();
  const pilotId = await stage.pilot(here, 1);
  const booked = await (await stage.book(here, { offerTimeoutMs: 20_000, searchTimeoutMs: 60_000 })).start();
  await booked.liveOffer(1);
  return { booked, runId: (await booked.handle.describe()).runId, pilotId };
}

async function newRunOf(booked: Booked, runId: string): Promise<string> {
  return eventually('a new run', async () => {
    const now = await booked.handle.describe();
    return now.runId === runId || now.status.name !== 'RUNNING' ? null : now.runId;
  });
}

test('after a failed search: the new run stands as the old one did, with the same settings, and a retry finds it', async () => {
  const { booked, runId, pilotId } = await offered();
  await booked.decline(await booked.liveOffer(1));
  await newRunOf(booked, runId);
  expect(await booked.viewIs('failed')).toMatchObject({
    triedPilots: 1,
    triedPilotIds: [pilotId],
    canRetry: true,
    canCancel: true,
  });
  const { raw, searchAttributes } = await booked.handle.describe();
  const number = `B-${(await booked.row()).number}`;
  expect(raw.executionConfig?.defaultWorkflowTaskTimeout?.seconds?.toString()).toBe('2');
  expect(searchAttributes).toMatchObject({ AssignmentStatus: ['failed'], TriedPilots: [1] });
  expect(searchAttributes['BookingNumber']).toEqual([number]);
  await booked.retry();
  await booked.accept(await booked.liveOffer(2));
  await booked.viewIs('assigned');
  expect((await booked.told()).slice(-3)).toEqual(['search_started', 'offer_sent', 'driver_assigned']);
});

test('never during a search: declines beyond the suggestion stay in one run until it ends', async () => {
  const here = freshPlace();
  for (let one = 0; one < 4; one += 1) await stage.pilot(here, 1 + one / 10);
  const booked = await (await stage.book(here)).start();
  const { runId } = await booked.handle.describe();
  for (let number = 1; number <= 3; number += 1) await booked.decline(await booked.liveOffer(number));
  await booked.liveOffer(4);
  expect((await booked.handle.describe()).runId).toBe(runId);
  expect((await booked.history()).length).toBeGreaterThan(SUGGESTED_AFTER_EVENTS);
});

test('during a job: given back, delivered and cancelled as ever', async () => {
  const { booked, runId, pilotId } = await offered();
  const here = await booked.row();
  const other = await stage.pilot({ lat: here.pickup_lat, lng: here.pickup_lng }, 2);
  await booked.accept(await booked.liveOffer(1));
  const second = await newRunOf(booked, runId);
  await booked.viewIs('assigned');
  await booked.tap(() => releaseByPilot(stage.api, { bookingId: booked.id, pilotId, reason: 'x' }));
  await booked.accept(await booked.liveOffer(2));
  await newRunOf(booked, second);
  await booked.viewIs('assigned');
  for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
    await booked.tap(() => stepJob(stage.api, { bookingId: booked.id, pilotId: other, status }));
  expect(await booked.result()).toMatchObject({ status: 'DELIVERED' });
});

describe('a signal that comes while the last step of a run is under way is not lost', () => {
  test.each(['unheard', 'heard'])('a cancel by hand, %s by the old run', async (when) => {
    const { booked } = await offered();
    const claiming = stage.activities.hold('claimNextPilot', 'after');
    await booked.decline(await booked.liveOffer(1));
    await claiming.reached;
    await booked.signal('cancel', {});
    if (when === 'heard') await booked.heard('cancel', 1);
    claiming.release();
    expect(await booked.result()).toMatchObject({ status: 'CANCELLED' });
  });

  test("Temporal's Cancel", async () => {
    const { booked } = await offered();
    const claiming = stage.activities.hold('claimNextPilot', 'after');
    await booked.decline(await booked.liveOffer(1));
    await claiming.reached;
    await booked.handle.cancel();
    claiming.release();
    expect(await booked.result()).toMatchObject({ status: 'CANCELLED' });
  });

  test('the nudge of a job that is given back', async () => {
    const { booked, pilotId } = await offered();
    const settling = stage.activities.hold('settleOffer', 'after');
    await booked.accept(await booked.liveOffer(1));
    await settling.reached;
    await booked.tap(() => releaseByPilot(stage.api, { bookingId: booked.id, pilotId, reason: 'x' }));
    settling.release();
    expect(await booked.viewIs('failed')).toMatchObject({ triedPilots: 0 });
    expect((await booked.searches()).map((one) => one.outcome)).toEqual(['assigned', 'no_pilots']);
  });

  test('a retry by hand', async () => {
    const { booked, runId } = await offered();
    await booked.decline(await booked.liveOffer(1));
    await newRunOf(booked, runId);
    // From here on every failed search ends its run at once: each retry meets a run that has just begun.
    for (let round = 2; round <= 5; round += 1) {
      const searchNo = round;
      await booked.viewIs('failed');
      await booked.signal('retry', {});
      const offer = await eventually(
        `offer of search ${searchNo}`,
        async () => (await booked.offers()).find((one) => one.search_no === searchNo),
        3_000,
      );
      await booked.decline(await booked.liveOffer(offer.search_no));
    }
  });
});
