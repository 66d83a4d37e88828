// The worker dies at the end of each activity: committed, not yet reported. Another runs it again: no second effect.
import { agreed, completed, offersOf } from '../support/accounts.js';
import { Cast, type PilotActor, type User } from '../support/actors.js';
import { LONG, within } from '../support/counts.js';
import { freshPlace } from '../support/places.js';
import type { TestProcess } from '../support/processes.js';
import { inRounds } from '../support/rounds.js';
import { System } from '../support/system.js';

/** In full, each activity dies so often. */
const ROUNDS = LONG ? 10 : 1;
const RETRY_WINDOW_MS = 700;
/** A dead worker's task is given to another after 2 s, its sticky queue is left after 1 s. */
const TAKEN_OVER_WITHIN_MS = 15_000;

let system: System;
let cast: Cast;
/** The only worker that lives: it is armed for the activity whose turn it is. */
let worker: TestProcess;
beforeAll(async () => {
  system = await System.start({ env: { OFFER_TIMEOUT_MS: '30000', SEARCH_TIMEOUT_MS: '60000' } });
  // Bookings of this API expire soon when nobody retries.
  await system.startApi({ RETRY_WINDOW_MS: String(RETRY_WINDOW_MS) });
  cast = new Cast(system);
  worker = system.worker();
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

interface Scene {
  user: User;
  pilot: PilotActor;
  id: string;
}
const signal = (id: string, name: string, payload: object = {}): Promise<void> =>
  system.temporal.client.workflow.getHandle(`booking-${id}`).signal(name, payload);

/** A booking with a pilot near by, or with nobody. */
async function booked(options: { alone?: boolean; door?: number } = {}): Promise<Scene> {
  const place = freshPlace();
  const user = await cast.user({ connected: false });
  user.door = options.door ?? 0;
  const pilot = await cast.pilot({ at: place, ready: options.alone !== true });
  return { user, pilot, id: (await user.book(place)).id };
}

const audited = async (id: string): Promise<string[]> => {
  const rows = await system.rows<{ action: string }>(
    'SELECT action FROM audit_entries WHERE booking_id = $1',
    [id],
  );
  return rows.map((one) => one.action);
};
const searchesOf = async (id: string): Promise<number> =>
  (await system.rows('SELECT 1 FROM searches WHERE booking_id = $1', [id])).length;

interface Death {
  activity: string;
  /** Brings the booking to the activity; the worker dies of it. */
  run: () => Promise<Scene>;
  /** What is so when another worker has taken over. */
  after: (scene: Scene) => Promise<void>;
  events: string[];
  audit: string[];
  offers: string[];
}

const DEATHS: Death[] = [
  {
    activity: 'readStanding',
    run: async () => {
      const scene = await booked();
      await scene.pilot.accept((await scene.pilot.offered(scene.id)).offerId);
      // A nudge of the reconciler's own, by which the worker dies a moment earlier, is as good.
      await Promise.race([agreed(system, scene.id, 'assigned'), worker.ended]);
      await signal(scene.id, 'nudge');
      return scene;
    },
    after: async ({ id }) => void (await agreed(system, id, 'assigned', TAKEN_OVER_WITHIN_MS)),
    ...{ events: ['created', 'search_started', 'offer_sent', 'driver_assigned'] },
    ...{ audit: [], offers: ['ACCEPTED'] },
  },
  {
    activity: 'cancelBooking',
    run: async () => {
      const scene = await booked();
      await scene.pilot.offered(scene.id);
      await signal(scene.id, 'cancel');
      return scene;
    },
    after: async ({ id }) => void (await completed(system, id, TAKEN_OVER_WITHIN_MS)),
    ...{ events: ['created', 'search_started', 'offer_sent', 'cancelled'] },
    ...{ audit: ['cancel'], offers: ['WITHDRAWN'] },
  },
  {
    activity: 'expireBooking',
    run: () => booked({ alone: true, door: 1 }),
    after: async ({ id }) => void (await completed(system, id, TAKEN_OVER_WITHIN_MS)),
    ...{ events: ['created', 'search_started', 'no_pilots', 'status'], audit: [], offers: [] },
  },
  {
    activity: 'retrySearch',
    run: async () => {
      const scene = await booked({ alone: true });
      await agreed(system, scene.id, 'failed');
      await signal(scene.id, 'retry');
      return scene;
    },
    after: async ({ user, id }) => {
      await user.event(id, 'booking:no_pilots', TAKEN_OVER_WITHIN_MS, 2);
      await agreed(system, id, 'failed');
      expect(await searchesOf(id)).toBe(2);
    },
    events: ['created', 'search_started', 'no_pilots', 'search_started', 'no_pilots'],
    ...{ audit: ['retry'], offers: [] },
  },
  {
    activity: 'settleOffer',
    run: async () => {
      const scene = await booked();
      const { offerId } = await scene.pilot.offered(scene.id);
      await signal(scene.id, 'accept', { offerId, pilotId: scene.pilot.id });
      return scene;
    },
    after: async ({ pilot, id }) => {
      await agreed(system, id, 'assigned', TAKEN_OVER_WITHIN_MS);
      expect(pilot.socket.of('job:assigned')).toHaveLength(1);
    },
    ...{ events: ['created', 'search_started', 'offer_sent', 'driver_assigned'] },
    ...{ audit: ['accept'], offers: ['ACCEPTED'] },
  },
  {
    activity: 'claimNextPilot',
    run: () => booked(),
    after: async ({ pilot, id }) => {
      await agreed(system, id, 'offered', TAKEN_OVER_WITHIN_MS);
      expect(pilot.socket.of('booking:offer', id)).toHaveLength(1);
      expect(await pilot.offers()).toHaveLength(1);
    },
    ...{ events: ['created', 'search_started', 'offer_sent'], audit: [], offers: ['OFFERED'] },
  },
];

test.each(DEATHS)(
  'F4 · killed at the end of $activity: it has one effect',
  ({ activity, run, after, events, audit, offers }) =>
    inRounds('F4', ROUNDS, async () => {
      await worker.kill9();
      worker = await system.startWorker({ FAILPOINT: activity });
      const scene = await run();
      expect(await worker.ended).toEqual({ code: null, signal: 'SIGKILL' });
      worker = await system.startWorker();
      await after(scene);
      expect(await scene.user.eventNames(scene.id)).toEqual(events);
      expect(await audited(scene.id)).toEqual(audit);
      expect((await offersOf(system, scene.id)).map((one) => one.status)).toEqual(offers);
    }),
  within(40_000),
);
