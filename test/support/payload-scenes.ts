/** Bookings in every state, and who stands where to each: what the snapshot of all payloads is taken from. */
import { DEFAULT_JOB_STALE_MS } from '../../contract/limits.js';
import type { JobStatus } from '../../contract/words.js';
import type { Cast, Operator, PilotActor, User } from './actors.js';
import { freshPlace, northOf } from './places.js';
import { failedBooking, waitingBooking } from './states.js';
import type { System } from './system.js';
import { eventually } from './waiting.js';

export type Person = User | PilotActor | Operator;

/** A booking, and the people by their part in it. */
export interface Standing {
  state: string;
  id: string;
  people: Record<string, Person>;
}

/** The door of an API whose offers, searches and time to retry are over soon. */
export const HASTY_DOOR = 1;
export const HASTY = { OFFER_TIMEOUT_MS: '5000', SEARCH_TIMEOUT_MS: '9000', RETRY_WINDOW_MS: '300' };
export const UNHURRIED = {
  OFFER_TIMEOUT_MS: '60000',
  SEARCH_TIMEOUT_MS: '120000',
  SEARCH_PATIENCE_MS: '100000',
};

interface Scene {
  system: System;
  cast: Cast;
  user: User;
  near: PilotActor;
  far: PilotActor;
  id: string;
  /** The offer that is live: the second pilot's, who is asked since the first declined. */
  offerId: string;
}

/** The near pilot has declined, the far one is asked. */
async function asked(system: System, cast: Cast): Promise<Scene> {
  const place = freshPlace();
  const user = await cast.user({ phone: USER_PHONE });
  const near = await cast.pilot({ at: northOf(place, 1) });
  const far = await cast.pilot({ at: northOf(place, 2) });
  const { id } = await user.book(place, FULL);
  await near.decline((await near.offered(id)).offerId);
  return { system, cast, user, near, far, id, offerId: (await far.offered(id)).offerId };
}

const USER_PHONE = '+15145553333';
/** Every field that may be left out is there. */
const FULL = {
  package: { description: 'a cake', weightKg: 2 },
  payment: { method: 'COD', amount: 12.5, currency: 'CAD' },
  note: 'ring twice',
};

async function accepted(scene: Scene): Promise<void> {
  const { system, cast, user, far, id, offerId } = scene;
  await far.accept(offerId);
  await far.hears('job:assigned');
  await (await cast.operator()).hears('booking:assigned', (one) => one['bookingId'] === id);
  const { pickup } = await user.booking(id);
  await far.socket.ask('pilot:location', { ...northOf(pickup, 1.9), heading: 180 });
  await user.hears('booking:pilot_location');
  await eventually('the workflow to know', async () => {
    const rows = await system.rows('SELECT 1 FROM outbox WHERE booking_id = $1', [id]);
    return rows.length === 0;
  });
}

type Play = (scene: Scene) => Promise<Record<string, PilotActor>>;

const afterSteps =
  (...steps: JobStatus[]): Play =>
  async (scene) => {
    await accepted(scene);
    for (const step of steps) await scene.far.step(scene.id, step);
    const part = steps.includes('DELIVERED') ? 'former pilot' : 'assigned pilot';
    return { [part]: scene.far, 'pilot who declined': scene.near };
  };

const PLAYS: Record<string, Play> = {
  offered: ({ near, far }) => Promise.resolve({ 'asked pilot': far, 'pilot who declined': near }),
  ASSIGNED: afterSteps(),
  ARRIVED: afterSteps('ARRIVED'),
  PICKED_UP: afterSteps('ARRIVED', 'PICKED_UP'),
  IN_TRANSIT: afterSteps('ARRIVED', 'PICKED_UP', 'IN_TRANSIT'),
  DELIVERED: afterSteps('ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'),
  'ASSIGNED but unreachable': async (scene) => {
    const { system, user, far, near, id } = scene;
    await accepted(scene);
    const longAgo = `clock_timestamp() - ${DEFAULT_JOB_STALE_MS + 1_000} * interval '1 millisecond'`;
    await system.rows(`UPDATE bookings SET assigned_at = ${longAgo} WHERE id = $1`, [id]);
    await system.rows(`UPDATE pilot_positions SET received_at = ${longAgo} WHERE pilot_id = $1`, [far.id]);
    await user.event(id, 'booking:driver_unreachable', 15_000);
    return { 'assigned pilot': far, 'pilot who declined': near };
  },
  'ASSIGNED by hand': async ({ cast, near, far, id }) => {
    const operator = await cast.operator();
    await operator.expect(200, 'POST', `/admin/bookings/${id}/assign`, { pilotId: near.id });
    await near.hears('job:assigned');
    await far.hears('offer:expired');
    return { 'assigned pilot': near, 'former pilot': far };
  },
  'offered after the job was given back': async (scene) => {
    const { near, far, id } = scene;
    await accepted(scene);
    await far.release(id);
    await eventually('to be asked again', () => near.socket.of('booking:offer', id).length === 2);
    return { 'asked pilot': near, 'former pilot': far };
  },
  'searching after the pilot went offline': async ({ user, near, far, id }) => {
    await far.setOnline(false);
    await far.hears('offer:expired');
    await user.event(id, 'booking:offer_expired');
    return { 'pilot who was asked': far, 'pilot who declined': near };
  },
  'CANCELLED during an offer': async ({ user, near, far, id }) => {
    await user.cancel(id);
    await far.hears('offer:expired');
    return { 'pilot who was asked': far, 'pilot who declined': near };
  },
  'CANCELLED during the job': async (scene) => {
    const { user, near, far, id } = scene;
    await accepted(scene);
    await user.cancel(id);
    await far.hears('booking:cancelled');
    return { 'former pilot': far, 'pilot who declined': near };
  },
};

/** The first offer ends by its own time, the second by the search's, and nobody retries. */
async function expired(cast: Cast): Promise<Omit<Standing, 'state'>> {
  const place = freshPlace();
  const user = await cast.user({ phone: USER_PHONE, connected: false });
  user.door = HASTY_DOOR;
  await user.connect();
  const near = await cast.pilot({ at: northOf(place, 1) });
  const far = await cast.pilot({ at: northOf(place, 2) });
  const { id } = await user.book(place, FULL);
  await near.hears('offer:expired');
  await far.hears('offer:expired');
  await user.event(id, 'booking:status');
  return { id, people: { user, 'pilot who was silent': near, 'pilot who was asked': far } };
}

/** Brings one booking into each state; a few at a time. */
export function plays(system: System, cast: Cast): (() => Promise<Standing>)[] {
  const alone = (state: string, make: typeof waitingBooking) => async (): Promise<Standing> => {
    const { id, user } = await make(system, cast);
    return { state, id, people: { user } };
  };
  return [
    alone('searching', waitingBooking),
    alone('failed', failedBooking),
    ...Object.entries(PLAYS).map(([state, play]) => async (): Promise<Standing> => {
      const scene = await asked(system, cast);
      return { state, id: scene.id, people: { user: scene.user, ...(await play(scene)) } };
    }),
    async () => ({ state: 'EXPIRED', ...(await expired(cast)) }),
  ];
}
