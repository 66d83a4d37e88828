/** Bookings on the stage in every state, while workers of other builds come and go. */
import { execFile } from 'node:child_process';
import type { LatLng } from '../../contract/geo.js';
import { stepJob } from '../../dispatch/jobs.js';
import type { Booked } from './booked.js';
import { freshPlace } from './places.js';
import { eventually } from './waiting.js';
import type { Stage } from './workflow-stage.js';

/** So long that a deployment itself ends nothing. */
export const LIMITS = { offerTimeoutMs: 300_000, searchTimeoutMs: 600_000 };
/** Bookings that are driven at once. */
const AT_ONCE = 10;

export const BEGUN = ['offered', 'waiting', 'failed', 'assigned', 'on the way'] as const;
export type InFlightState = 'not begun' | (typeof BEGUN)[number];

export interface InFlight {
  state: InFlightState;
  booked: Booked;
  place: LatLng;
}

/** A booking in a state, on the code of the worker that runs. */
export async function inState(stage: Stage, state: (typeof BEGUN)[number]): Promise<InFlight> {
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
export async function deliver(stage: Stage, { state, booked, place }: InFlight): Promise<void> {
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

/** Works through all of them, some at once. */
export async function each<T, R>(all: T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < all.length; from += AT_ONCE)
    results.push(...(await Promise.all(all.slice(from, from + AT_ONCE).map(work))));
  return results;
}

/** `npm run history:replay -- --from-cluster` of everything, on a build. */
export function replayAll(
  { ground }: Stage,
  bundle: string,
  query = '',
): Promise<{ code: number; out: string; err: string }> {
  const { address: TEMPORAL_ADDRESS, namespace: TEMPORAL_NAMESPACE } = ground;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['dist/tools/history/replay.js', '--from-cluster', query, '--bundle', bundle],
      { env: { ...process.env, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE } },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}
