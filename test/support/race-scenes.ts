/** The races of a booking's life whose histories are kept for replay: what crosses what, and who dies meanwhile. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { assignByHand } from '../../dispatch/assign-by-hand.js';
import type { Booked } from './booked.js';
import { Child } from './child.js';
import { reset } from './reset.js';
import { assigned, SHORT, start, type Scene } from './scenes.js';
import { eventually, until } from './waiting.js';
import type { Stage } from './workflow-stage.js';

/** So close to an offer's end that its timer and a tap cross. */
const JUST_BEFORE_MS = 60;
/** As the button is hit by somebody in a hurry. */
const IMPATIENT = 20;
/** More answers than the workflow keeps while it cannot tell which one fits. */
const FLOOD = 60;

export const RACE_SCENES: Record<string, Scene> = {
  'accept-crossed-by-cancel': async (stage) => {
    const { booked } = await start(stage, 1);
    await booked.accept(await booked.liveOffer(1), 'kept');
    await booked.cancel('kept');
    await stage.deliver(stage.lines.splice(0).toReversed());
    await booked.result();
    return booked;
  },
  'cancel-crossed-by-accept': async (stage) => {
    const { booked } = await start(stage, 1);
    const offer = await booked.liveOffer(1);
    await booked.cancel('kept');
    await booked.signal('accept', { offerId: offer.id, pilotId: offer.pilot_id });
    await stage.deliver();
    await booked.result();
    return booked;
  },
  'accept-at-the-end': async (stage) => {
    const { booked } = await start(stage, 2, SHORT);
    const offer = await booked.liveOffer(1);
    await until(offer.expires_at.getTime() - JUST_BEFORE_MS);
    await booked.accept(offer, 'kept');
    await booked.viewIs('assigned');
    await stage.deliver();
    return booked;
  },
  'accept-after-the-end': async (stage) => {
    const { booked } = await start(stage, 2, SHORT);
    const offer = await booked.liveOffer(1);
    await stage.stopWorker();
    await until(offer.expires_at.getTime() + 2 * JUST_BEFORE_MS);
    await booked.signal('accept', { offerId: offer.id, pilotId: offer.pilot_id });
    await stage.startWorker();
    await booked.accept(await booked.liveOffer(2));
    await booked.viewIs('assigned');
    return booked;
  },
  'decline-crossed-by-accept': async (stage) => {
    const { booked } = await start(stage, 2);
    const offer = await booked.liveOffer(1);
    await booked.decline(offer, 'kept');
    await booked.signal('accept', { offerId: offer.id, pilotId: offer.pilot_id });
    await stage.deliver();
    await booked.accept(await booked.liveOffer(2));
    await booked.viewIs('assigned');
    return booked;
  },
  'flood-of-declines': async (stage) => {
    const { booked } = await start(stage, 1);
    const offer = await booked.liveOffer(1);
    const strangers = Array.from({ length: FLOOD }, () =>
      booked.signal('decline', { offerId: offer.id, pilotId: randomUUID() }),
    );
    await Promise.all(strangers);
    await booked.cancel();
    await booked.result();
    return booked;
  },
  'retry-pressed-often': async (stage) => {
    const { booked, here } = await start(stage, 0);
    await booked.viewIs('failed');
    await stage.pilot(here, 1);
    await Promise.all(Array.from({ length: IMPATIENT }, () => booked.signal('retry', {})));
    await booked.accept(await booked.liveOffer(1));
    await booked.viewIs('assigned');
    return booked;
  },
  'retry-whose-signal-is-lost': async (stage) => {
    const { booked, here } = await start(stage, 0, { retryWindowMs: 1_500 });
    await booked.viewIs('failed');
    await stage.pilot(here, 1);
    await booked.retry('kept');
    await booked.accept(await booked.liveOffer(1));
    await booked.viewIs('assigned');
    return booked;
  },
  'cancel-after-assigned': async (stage) => {
    const booked = await assigned(stage);
    await booked.cancel();
    await booked.result();
    return booked;
  },
  'assigned-by-hand-after-failure': async (stage) => {
    const { booked, here } = await start(stage, 0);
    await booked.viewIs('failed');
    const pilotId = await stage.pilot(here, 1);
    await booked.tap(() => assignByHand(stage.api, { bookingId: booked.id, pilotId, adminId: randomUUID() }));
    await booked.viewIs('assigned');
    return booked;
  },
  reset: async (stage) => {
    const { booked } = await start(stage, 2);
    await booked.decline(await booked.liveOffer(1));
    const second = await booked.liveOffer(2);
    await reset(stage, booked);
    await eventually(
      'the new run to show it',
      async () => (await booked.view()).offer?.offerId === second.id,
    );
    await booked.accept(second);
    await booked.viewIs('assigned');
    return booked;
  },
  'worker-killed': async (stage) => {
    await stage.stopWorker();
    const worker = await workerProcess(stage);
    const { booked } = await start(stage, 2);
    await booked.decline(await booked.liveOffer(1), 'kept');
    await worker.kill9();
    await stage.deliver();
    await stage.startWorker();
    await acceptSecond(booked);
    return booked;
  },
};

/** The dead worker's sticky queue is given up after a second, then the other worker replays and goes on. */
async function acceptSecond(booked: Booked): Promise<void> {
  await booked.accept(await booked.liveOffer(2));
  await booked.viewIs('assigned');
}

/** A worker as in production, which can be killed. */
async function workerProcess({ ground }: Stage): Promise<Child> {
  const worker = Child.start('worker', process.execPath, [join(process.cwd(), 'dist/src/worker/main.js')], {
    DATABASE_URL: (ground.source.options as { url?: string }).url,
    TEMPORAL_ADDRESS: ground.address,
    TEMPORAL_NAMESPACE: ground.namespace,
    WORKER_METRICS_PORT: 'off',
  });
  await worker.says('worker polling');
  return worker;
}
