/** An operator resets a booking's workflow to its first task: the rows know better, nothing is done again. */
import { stepJob } from '../../dispatch/jobs.js';
import type { Booked } from '../support/booked.js';
import { freshPlace } from '../support/places.js';
import { openRealStage } from '../support/real-stage.js';
import { reset } from '../support/reset.js';
import { eventually } from '../support/waiting.js';
import type { Stage } from '../support/workflow-stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openRealStage();
});
afterEach(async () => {
  await stage.clear();
});
afterAll(() => stage.close());

async function offered(): Promise<Booked> {
  const here = freshPlace();
  await stage.pilot(here, 1);
  await stage.pilot(here, 2);
  const booked = await (await stage.book(here)).start();
  await booked.liveOffer(1);
  return booked;
}

test('F27 · reset, offered: the offer goes on, nobody else is asked', async () => {
  const booked = await offered();
  const offer = await booked.liveOffer(1);
  await reset(stage, booked);
  await eventually('the new run to show it', async () => (await booked.view()).offer?.offerId === offer.id);
  expect(await booked.told()).toEqual(['created', 'search_started', 'offer_sent']);
  await booked.accept(offer);
  await booked.viewIs('assigned');
});

test('F27 · reset, assigned, then delivered: told once', async () => {
  const booked = await offered();
  const offer = await booked.liveOffer(1);
  await booked.accept(offer);
  await booked.viewIs('assigned');
  await reset(stage, booked);
  await booked.viewIs('assigned');
  expect(await booked.told()).toEqual(['created', 'search_started', 'offer_sent', 'driver_assigned']);
  for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
    await booked.tap(() => stepJob(stage.api, { bookingId: booked.id, pilotId: offer.pilot_id, status }));
  expect(await booked.result()).toMatchObject({ status: 'DELIVERED' });
});

test('F27 · reset, a completed booking: its workflow reads that it is over and completes again', async () => {
  const booked = await offered();
  await booked.cancel();
  await booked.result();
  await reset(stage, booked);
  expect(await booked.result()).toMatchObject({ status: 'CANCELLED' });
  expect((await booked.told()).filter((one) => one === 'cancelled')).toHaveLength(1);
});

test('F27 · reset, a failed search whose retry was done by hand: the replayed retry begins no further search', async () => {
  const here = freshPlace();
  const booked = await (await stage.book(here)).start();
  await booked.viewIs('failed');
  await stage.pilot(here, 1);
  await booked.signal('retry', {});
  const offer = await booked.liveOffer(1);
  await reset(stage, booked);
  await eventually('the new run to show it', async () => (await booked.view()).offer?.offerId === offer.id);
  expect(await booked.searches()).toHaveLength(2);
});
