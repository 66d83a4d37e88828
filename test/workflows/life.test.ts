/** A booking's life beside its search: given back, assigned by hand, offline, delivered, Temporal's Cancel. */
import { randomUUID } from 'node:crypto';
import { pilotRoom } from '../../contract/rooms.js';
import type { JobStatus } from '../../contract/words.js';
import { assignByHand } from '../../dispatch/assign-by-hand.js';
import { releaseByPilot, stepJob } from '../../dispatch/jobs.js';
import type { Booked } from '../support/booked.js';
import { freshPlace } from '../support/places.js';
import { inSkippedTime, stage } from '../support/skipped-stage.js';
import { expectSpan, payloadsTo } from '../support/stage-checks.js';
import { eventually } from '../support/waiting.js';

async function assigned(pilots = 1): Promise<{ booked: Booked; pilotId: string; others: string[] }> {
  const here = freshPlace();
  const ids: string[] = [];
  for (let km = 1; km <= pilots; km += 1) ids.push(await stage.pilot(here, km));
  const booked = await (await stage.book(here)).start();
  await booked.accept(await booked.liveOffer(1));
  await booked.viewIs('assigned');
  return { booked, pilotId: ids[0] as string, others: ids.slice(1) };
}

async function step(booked: Booked, pilotId: string, status: JobStatus): Promise<void> {
  await booked.tap(() => stepJob(stage.api, { bookingId: booked.id, pilotId, status }));
}

inSkippedTime("a booking's life beside its search", () => {
  test('rule 7: a job given back starts a search counted from zero, without that pilot, now and later', async () => {
    const { booked, pilotId, others } = await assigned(2);
    await stage.ground.advanceTo((await stage.ground.now()) + 300_000);

    await booked.tap(() => releaseByPilot(stage.api, { bookingId: booked.id, pilotId, reason: 'flat tyre' }));

    const offer = await booked.liveOffer(2);
    expect(offer).toMatchObject({ pilot_id: others[0], search_no: 2, number: 1 });
    expectSpan(offer.offered_at, offer.expires_at).toBe(30_000);
    const search = (await booked.searches())[1];
    expectSpan(search?.started_at, search?.ends_at).toBe(120_000);
    expect(await booked.view()).toMatchObject({ triedPilots: 1, triedPilotIds: others });
    expect((await booked.told()).slice(-3)).toEqual(['driver_released', 'search_started', 'offer_sent']);

    await booked.decline(offer);
    await booked.viewIs('failed');
    await booked.retry();
    const again = await booked.liveOffer(3);
    expect(again).toMatchObject({ pilot_id: others[0], search_no: 3, number: 1 });
  });

  test('assigned by hand: the live offer is withdrawn and the workflow follows the nudge', async () => {
    const here = freshPlace();
    const asked = await stage.pilot(here, 1);
    const chosen = await stage.pilot(here, 2);
    const booked = await (await stage.book(here)).start();
    const offer = await booked.liveOffer(1);
    await booked.tap(() =>
      assignByHand(stage.api, { bookingId: booked.id, pilotId: chosen, adminId: randomUUID() }),
    );
    await booked.viewIs('assigned');
    expect((await booked.row()).pilot_id).toBe(chosen);
    expect((await booked.offers())[0]).toMatchObject({ status: 'WITHDRAWN', end_reason: 'reassigned' });
    expect(payloadsTo(stage, pilotRoom(asked), 'offer:expired')).toMatchObject([
      { offerId: offer.id, reason: 'reassigned' },
    ]);
    expect((await booked.told()).slice(-2)).toEqual(['offer_sent', 'driver_assigned']);
    // The withdrawn offer's time must bring nothing more.
    await stage.ground.advanceTo(offer.expires_at.getTime() + 1_000);
    expect((await booked.told()).at(-1)).toBe('driver_assigned');
  });

  test('assigned by hand after a failed search: the retry window must not expire the job', async () => {
    const here = freshPlace();
    const booked = await (await stage.book(here)).start();
    await booked.viewIs('failed');
    const chosen = await stage.pilot(here, 1);
    await booked.tap(() =>
      assignByHand(stage.api, { bookingId: booked.id, pilotId: chosen, adminId: randomUUID() }),
    );
    await booked.viewIs('assigned');
    await stage.ground.advanceTo((await stage.ground.now()) + 2_000_000);
    expect((await booked.row()).status).toBe('ASSIGNED');
    expect((await booked.view()).status).toBe('assigned');
  });

  test('rule 10: a pilot who goes offline loses the offer, counts as tried, and the next is asked', async () => {
    const here = freshPlace();
    const first = await stage.pilot(here, 1);
    const second = await stage.pilot(here, 2);
    const booked = await (await stage.book(here)).start();
    const offer = await booked.liveOffer(1);
    await stage.online(first, false);
    await stage.deliver();
    const next = await booked.liveOffer(2);
    expect(next).toMatchObject({ pilot_id: second, number: 2 });
    expect((await booked.view()).triedPilotIds).toEqual([first, second]);
    const expired = (await booked.events()).find((one) => one.event === 'booking:offer_expired');
    expect(expired?.payload).toMatchObject({ reason: 'offline' });
    expect(payloadsTo(stage, pilotRoom(first), 'offer:expired')).toMatchObject([
      { offerId: offer.id, reason: 'offline' },
    ]);
    // He comes back within this search: he is not asked again.
    await stage.online(first, true);
    await booked.decline(next);
    await booked.viewIs('failed');
    expect(await booked.offers()).toHaveLength(2);
  });

  test('a job to its door: DELIVERED completes the workflow', async () => {
    const { booked, pilotId } = await assigned();
    for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
      await step(booked, pilotId, status);
    expect(await booked.result()).toEqual({ bookingId: booked.id, status: 'DELIVERED' });
    expect(await booked.view()).toMatchObject({ status: 'assigned', canCancel: false, canRetry: false });
  });

  test('the query follows the job: from PICKED_UP on it says that nothing can be cancelled', async () => {
    const { booked, pilotId } = await assigned();
    expect((await booked.view()).canCancel).toBe(true);
    await step(booked, pilotId, 'ARRIVED');
    await step(booked, pilotId, 'PICKED_UP');
    await eventually('canCancel to be false', async () => !(await booked.view()).canCancel, 3_000);
  });

  describe("Temporal's Cancel is an operator's cancel", () => {
    test('during an offer: withdrawn, told, audited, and the workflow completes as CANCELLED', async () => {
      const here = freshPlace();
      const pilotId = await stage.pilot(here, 1);
      const booked = await (await stage.book(here)).start();
      await booked.liveOffer(1);
      await booked.handle.cancel();
      expect(await booked.result()).toEqual({ bookingId: booked.id, status: 'CANCELLED' });
      expect((await booked.events()).at(-1)?.payload).toMatchObject({ by: 'admin' });
      expect(await booked.audit()).toMatchObject([{ actor: 'operator', action: 'cancel' }]);
      expect(payloadsTo(stage, pilotRoom(pilotId), 'offer:expired')).toMatchObject([{ reason: 'cancelled' }]);
    });

    test('of an assigned booking: the pilot is freed and told', async () => {
      const { booked, pilotId } = await assigned();
      await booked.handle.cancel();
      expect(await booked.result()).toMatchObject({ status: 'CANCELLED' });
      expect(payloadsTo(stage, pilotRoom(pilotId), 'booking:cancelled')).toMatchObject([{ by: 'admin' }]);
      expect((await booked.offers())[0]).toMatchObject({ status: 'ACCEPTED', end_reason: 'cancelled' });
    });

    test('of a failed search: the booking is cancelled', async () => {
      const booked = await (await stage.book(freshPlace())).start();
      await booked.viewIs('failed');
      await booked.handle.cancel();
      expect(await booked.result()).toMatchObject({ status: 'CANCELLED' });
    });

    test('before the first worker: the booking is cancelled and nobody is left with an offer', async () => {
      const here = freshPlace();
      await stage.pilot(here, 1);
      await stage.stopWorker();
      const booked = await (await stage.book(here)).start();
      await booked.handle.cancel();
      await stage.startWorker();
      expect(await booked.result()).toMatchObject({ status: 'CANCELLED' });
      expect((await booked.offers()).filter((one) => one.status !== 'WITHDRAWN')).toEqual([]);
    });

    test('refused in PICKED_UP: the workflow goes on to the delivery', async () => {
      const { booked, pilotId } = await assigned();
      await step(booked, pilotId, 'ARRIVED');
      await step(booked, pilotId, 'PICKED_UP');
      await booked.handle.cancel();
      await eventually('the refusal', () =>
        stage.activities.runs.some((one) => one.name === 'cancelBooking'),
      );
      await booked.viewIs('assigned');
      expect((await booked.row()).status).toBe('PICKED_UP');
      await step(booked, pilotId, 'IN_TRANSIT');
      await step(booked, pilotId, 'DELIVERED');
      expect(await booked.result()).toMatchObject({ status: 'DELIVERED' });
      expect(await booked.told()).not.toContain('cancelled');
    });
  });
});
