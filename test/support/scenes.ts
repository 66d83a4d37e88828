/** The lives of bookings whose histories are kept for replay: the six scenarios, and what hands and failures do. */
import { randomUUID } from 'node:crypto';
import type { SearchLimits } from '../../contract/limits.js';
import { assignByHand } from '../../dispatch/assign-by-hand.js';
import { releaseByPilot, stepJob } from '../../dispatch/jobs.js';
import type { JobStatus } from '../../contract/words.js';
import type { Booked } from './booked.js';
import { freshPlace } from './places.js';
import { eventually, pause } from './waiting.js';
import type { Stage } from './workflow-stage.js';

/** Plays one booking and answers it when its history is worth keeping. */
export type Scene = (stage: Stage) => Promise<Booked>;

/** Real time: short enough to wait for, long enough to tap into. */
export const SHORT: Partial<SearchLimits> = { offerTimeoutMs: 1_500, searchTimeoutMs: 30_000 };

export async function start(
  stage: Stage,
  pilots: number,
  limits: Partial<SearchLimits> = {},
): Promise<{ booked: Booked; pilotIds: string[]; here: { lat: number; lng: number } }> {
  const here = freshPlace();
  const pilotIds: string[] = [];
  for (let km = 1; km <= pilots; km += 1) pilotIds.push(await stage.pilot(here, km / 2));
  const booked = await (await stage.book(here, limits)).start();
  return { booked, pilotIds, here };
}

export async function step(stage: Stage, booked: Booked, ...statuses: JobStatus[]): Promise<void> {
  const pilotId = (await booked.row()).pilot_id ?? '';
  for (const status of statuses)
    await booked.tap(() => stepJob(stage.api, { bookingId: booked.id, pilotId, status }));
}

export async function assigned(stage: Stage, pilots = 1): Promise<Booked> {
  const { booked } = await start(stage, pilots);
  await booked.accept(await booked.liveOffer(1));
  await booked.viewIs('assigned');
  return booked;
}

export const SCENARIOS: Record<string, Scene> = {
  success: async (stage) => {
    const booked = await assigned(stage);
    await step(stage, booked, 'ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED');
    await booked.result();
    return booked;
  },
  'decline-then-next': async (stage) => {
    const { booked } = await start(stage, 2);
    await booked.decline(await booked.liveOffer(1));
    await booked.accept(await booked.liveOffer(2));
    await booked.viewIs('assigned');
    return booked;
  },
  'timeout-then-next': async (stage) => {
    const { booked } = await start(stage, 2, { ...SHORT, offerTimeoutMs: 4_000 });
    await booked.accept(await booked.liveOffer(2));
    await booked.viewIs('assigned');
    return booked;
  },
  'no-pilots-then-retry': async (stage) => {
    const { booked, here } = await start(stage, 0);
    await booked.viewIs('failed');
    await stage.pilot(here, 1);
    await booked.retry();
    await booked.accept(await booked.liveOffer(1));
    await booked.viewIs('assigned');
    return booked;
  },
  'search-timeout': async (stage) => {
    const { booked } = await start(stage, 4, { offerTimeoutMs: 1_500, searchTimeoutMs: 5_800 });
    await booked.viewIs('failed');
    return booked;
  },
  'cancel-during-search': async (stage) => {
    const { booked } = await start(stage, 2);
    await booked.liveOffer(1);
    await booked.cancel();
    await booked.result();
    return booked;
  },
};

const BROKEN = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{"offerId": ') };

export const FURTHER_SCENES: Record<string, Scene> = {
  'malformed-signals': async (stage) => {
    const { booked } = await start(stage, 1);
    const offer = await booked.liveOffer(1);
    for (const name of ['accept', 'decline', 'retry', 'nudge', 'dance']) {
      await booked.signalRaw(name, [BROKEN]);
      for (const args of [[], [null], [7], [[]], [{ offerId: 1 }]]) await booked.signal(name, ...args);
    }
    await booked.accept(offer);
    await booked.viewIs('assigned');
    return booked;
  },
  'answers-by-hand': async (stage) => {
    const { booked } = await start(stage, 2);
    const first = await booked.liveOffer(1);
    await booked.signal('accept', { offerId: first.id, pilotId: randomUUID() });
    await booked.signal('decline', { offerId: first.id, pilotId: first.pilot_id });
    const second = await booked.liveOffer(2);
    await booked.signal('accept', { offerId: second.id, pilotId: second.pilot_id });
    await booked.viewIs('assigned');
    return booked;
  },
  'retry-by-hand': async (stage) => {
    const { booked, here } = await start(stage, 0);
    await booked.viewIs('failed');
    await stage.pilot(here, 1);
    await booked.signal('retry', {});
    await booked.liveOffer(1);
    return booked;
  },
  'lost-and-repeated-signals': async (stage) => {
    const { booked } = await start(stage, 3, SHORT);
    await booked.decline(await booked.liveOffer(1), 'kept');
    const second = await booked.liveOffer(2);
    await stage.deliver([...stage.lines]);
    await stage.deliver();
    await booked.accept(second, 'kept');
    await booked.viewIs('assigned');
    await stage.deliver();
    return booked;
  },
  'job-given-back': async (stage) => {
    const booked = await assigned(stage, 2);
    const pilotId = (await booked.row()).pilot_id ?? '';
    await booked.tap(() => releaseByPilot(stage.api, { bookingId: booked.id, pilotId, reason: 'flat tyre' }));
    await booked.accept(await booked.liveOffer(2));
    await booked.viewIs('assigned');
    return booked;
  },
  'assigned-by-hand': async (stage) => {
    const { booked, pilotIds } = await start(stage, 2);
    await booked.liveOffer(1);
    const pilotId = pilotIds[1] ?? '';
    await booked.tap(() => assignByHand(stage.api, { bookingId: booked.id, pilotId, adminId: randomUUID() }));
    await booked.viewIs('assigned');
    return booked;
  },
  'pilot-offline': async (stage) => {
    const { booked, pilotIds } = await start(stage, 2);
    await booked.liveOffer(1);
    await stage.online(pilotIds[0] ?? '', false);
    await stage.deliver();
    await booked.liveOffer(2);
    return booked;
  },
  'patience-and-a-nudge': async (stage) => {
    const { booked, here } = await start(stage, 0, { searchPatienceMs: 20_000 });
    await eventually('the search to wait', async () => (await booked.searches())[0]?.waiting_until);
    await stage.pilot(here, 1);
    await booked.signal('nudge', {});
    await booked.accept(await booked.liveOffer(1));
    await booked.viewIs('assigned');
    return booked;
  },
  'too-late-for-an-offer': async (stage) => {
    const { booked } = await start(stage, 2, { offerTimeoutMs: 1_500, searchTimeoutMs: 2_400 });
    await booked.liveOffer(1);
    await booked.viewIs('failed');
    return booked;
  },
  'retry-window-over': async (stage) => {
    const { booked } = await start(stage, 0, { retryWindowMs: 500 });
    await booked.result();
    return booked;
  },
  'temporal-cancel': async (stage) => {
    const { booked } = await start(stage, 1);
    await booked.liveOffer(1);
    await booked.handle.cancel();
    await booked.result();
    return booked;
  },
  'temporal-cancel-refused': async (stage) => {
    const booked = await assigned(stage);
    await step(stage, booked, 'ARRIVED', 'PICKED_UP');
    await booked.handle.cancel();
    await pause(300);
    await step(stage, booked, 'IN_TRANSIT', 'DELIVERED');
    await booked.result();
    return booked;
  },
  'slow-database': async (stage) => {
    stage.activities.fail('claimNextPilot', 'before', 5);
    const { booked } = await start(stage, 2);
    const settling = stage.activities.hold('settleOffer', 'after');
    const offer = await booked.liveOffer(1);
    await booked.signal('nudge', {});
    await settling.reached;
    await booked.decline(offer);
    await booked.heard('decline', 1);
    settling.release();
    await booked.accept(await booked.liveOffer(2));
    await booked.viewIs('assigned');
    return booked;
  },
  'second-run': async (stage) => {
    const { booked } = await start(stage, 1);
    await booked.liveOffer(1);
    await booked.terminate();
    await stage.startAgain(booked.id);
    await booked.accept(await booked.liveOffer(1));
    await booked.viewIs('assigned');
    return booked;
  },
};
