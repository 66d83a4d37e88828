/** Errors, lost answers, stale runs and late nudges: an activity may fail and may run twice, the search goes on. */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import { DEFAULT_LIMITS } from '../../contract/limits.js';
import { rows } from '../../database/query.js';
import { releaseByPilot } from '../../dispatch/jobs.js';
import { Booked } from '../support/booked.js';
import { freshPlace } from '../support/places.js';
import { inSkippedTime, stage } from '../support/skipped-stage.js';
import { eventually, pause } from '../support/waiting.js';

/** Longer than one attempt of an activity may take. */
const STALE_AFTER_MS = 3_400;
/** The timers on which retries of activities waited, milliseconds; those of offers and searches are longer. */
async function retryTimersOf(booked: Booked): Promise<number[]> {
  return (await booked.history()).flatMap(({ timerStartedEventAttributes: timer }) => {
    const ms = optionalTsToMs(timer?.startToFireTimeout) ?? Infinity;
    return ms < 1_000 ? [ms] : [];
  });
}

inSkippedTime('trouble', () => {
  describe('a nudge that arrives while an activity runs is not lost', () => {
    test('a pilot comes online right after a claim found nobody', async () => {
      const here = freshPlace();
      const booked = await stage.book(here, { searchPatienceMs: 60_000 });
      const claiming = stage.activities.hold('claimNextPilot', 'after');
      await booked.start();
      await claiming.reached;
      const pilotId = await stage.pilot(here, 1);
      await booked.signal('nudge', {});
      await booked.heard('nudge', 1);
      claiming.release();
      expect((await booked.liveOffer(1)).pilot_id).toBe(pilotId);
    });

    test('a job is given back right after the rows were read', async () => {
      const here = freshPlace();
      const pilotId = await stage.pilot(here, 1);
      const other = await stage.pilot(here, 2);
      const booked = await (await stage.book(here)).start();
      await booked.accept(await booked.liveOffer(1));
      await booked.viewIs('assigned');
      const reading = stage.activities.hold('readStanding', 'after');
      await booked.signal('nudge', {});
      await reading.reached;
      await booked.tap(() => releaseByPilot(stage.api, { bookingId: booked.id, pilotId, reason: 'x' }));
      await booked.heard('nudge', 2);
      reading.release();
      expect((await booked.liveOffer(2)).pilot_id).toBe(other);
    });

    test('a pilot goes offline right after his offer was looked at', async () => {
      const here = freshPlace();
      const pilotId = await stage.pilot(here, 1);
      const other = await stage.pilot(here, 2);
      const booked = await (await stage.book(here)).start();
      await booked.liveOffer(1);
      const settling = stage.activities.hold('settleOffer', 'after');
      await booked.signal('nudge', {});
      await settling.reached;
      await stage.online(pilotId, false);
      await stage.deliver();
      await booked.heard('nudge', 2);
      settling.release();
      expect((await booked.liveOffer(2)).pilot_id).toBe(other);
    });
  });

  test('an accept by hand of an offer whose making is still being answered is not lost', async () => {
    const here = freshPlace();
    await stage.pilot(here, 1);
    const second = await stage.pilot(here, 2);
    const booked = await (await stage.book(here)).start();
    const first = await booked.liveOffer(1);
    const claiming = stage.activities.hold('claimNextPilot', 'after');
    await booked.decline(first);
    await claiming.reached;
    const offer = (await booked.offers())[1];
    await booked.signal('accept', { offerId: offer?.id, pilotId: second });
    await booked.heard('accept', 1);
    claiming.release();
    await booked.viewIs('assigned');
    expect((await booked.row()).pilot_id).toBe(second);
  });

  describe('database errors', () => {
    test('before every claim and settle: tried again until they pass, with the same outcome', async () => {
      const here = freshPlace();
      await stage.pilot(here, 1);
      await stage.pilot(here, 2);
      const booked = await stage.book(here);
      stage.activities.fail('claimNextPilot', 'before', 4);
      stage.activities.fail('settleOffer', 'before', 4);
      await booked.start();
      const offer = await booked.liveOffer(1);
      await booked.decline(offer);
      await booked.accept(await booked.liveOffer(2));
      await booked.viewIs('assigned');
      expect((await booked.told()).slice(2)).toEqual([
        'offer_sent',
        'offer_declined',
        'offer_sent',
        'driver_assigned',
      ]);
      // Twice within the workflow task, then on timers: a task that lasts is one that is lost on a busy machine.
      expect(await retryTimersOf(booked)).toEqual([450, 675, 450, 675]);
    });

    test('of the real driver: a missing table heals, and its statement is in no history', async () => {
      const here = freshPlace();
      await stage.pilot(here, 1);
      const booked = await stage.book(here);
      const { manager } = stage.api.source;
      await rows(manager, 'ALTER TABLE searches RENAME TO searches_away');
      let runs = 0;
      stage.activities.set('claimNextPilot', {
        before: async () => {
          runs += 1;
          if (runs === 4) await rows(manager, 'ALTER TABLE searches_away RENAME TO searches');
        },
      });
      await booked.start();
      await booked.liveOffer(1);
      expect(runs).toBe(4);
      const history = JSON.stringify(await booked.history());
      expect(history).toContain('database: 42P01');
      expect(history).not.toMatch(/relation|does not exist|SELECT/);
    });

    test('longer than the search: it ends as search_timeout as soon as the database is back', async () => {
      const here = freshPlace();
      await stage.pilot(here, 1);
      await stage.pilot(here, 2);
      const booked = await (
        await stage.book(here, { searchTimeoutMs: 4_000, offerTimeoutMs: 2_000 })
      ).start();
      const offer = await booked.liveOffer(1);
      const endsAt = (await booked.searches())[0]?.ends_at as Date;
      let away = true;
      stage.activities.set('claimNextPilot', {
        before: () => {
          if (away) throw new Error('away');
        },
      });
      await booked.decline(offer);
      await eventually(
        'the search to be overdue',
        async () => (await stage.ground.now()) > endsAt.getTime() + 300,
      );
      away = false;
      await booked.viewIs('failed');
      expect((await booked.told()).at(-1)).toBe('search_timeout');
      expect((await booked.searches())[0]?.outcome).toBe('search_timeout');
    });
  });

  describe('an answer that is lost after the commit: the second run has no second effect', () => {
    test('of a claim, a decline by hand, an accept by hand', async () => {
      const here = freshPlace();
      await stage.pilot(here, 1);
      await stage.pilot(here, 2);
      const booked = await stage.book(here);
      stage.activities.fail('claimNextPilot', 'after', 2);
      stage.activities.fail('settleOffer', 'after', 2);
      await booked.start();
      const first = await booked.liveOffer(1);
      await booked.signal('decline', { offerId: first.id, pilotId: first.pilot_id });
      const second = await booked.liveOffer(2);
      stage.activities.fail('settleOffer', 'after', 2);
      await booked.signal('accept', { offerId: second.id, pilotId: second.pilot_id });
      await booked.viewIs('assigned');
      expect((await booked.told()).slice(1)).toEqual([
        'search_started',
        'offer_sent',
        'offer_declined',
        'offer_sent',
        'driver_assigned',
      ]);
      expect((await booked.audit()).map((one) => one.action)).toEqual(['decline', 'accept']);
    });

    test('of a retry by hand, an expiry, a cancel', async () => {
      const booked = await (await stage.book(freshPlace())).start();
      await booked.viewIs('failed');
      stage.activities.fail('retrySearch', 'after', 1);
      await booked.signal('retry', {});
      const second = await eventually('search 2 to end', async () => (await booked.searches())[1]?.ended_at);
      expect(await booked.searches()).toHaveLength(2);
      stage.activities.fail('expireBooking', 'after', 1);
      await stage.ground.advanceTo(second.getTime() + DEFAULT_LIMITS.retryWindowMs + 100);
      expect(await booked.result()).toMatchObject({ status: 'EXPIRED' });
      expect((await booked.told()).filter((one) => one === 'status')).toHaveLength(1);

      const other = await (await stage.book(freshPlace())).start();
      await other.viewIs('failed');
      stage.activities.fail('cancelBooking', 'after', 1);
      await other.signal('cancel', {});
      expect(await other.result()).toMatchObject({ status: 'CANCELLED' });
      expect((await other.told()).filter((one) => one === 'cancelled')).toHaveLength(1);
      expect(await other.audit()).toHaveLength(1);
    });
  });

  describe('a run that froze and goes on after another has done its work changes nothing', () => {
    test('a claim', async () => {
      const here = freshPlace();
      await stage.pilot(here, 1);
      await stage.pilot(here, 2);
      await stage.pilot(here, 3);
      const booked = await stage.book(here);
      const frozen = stage.activities.hold('claimNextPilot', 'before');
      await booked.start();
      await frozen.reached;
      await pause(STALE_AFTER_MS);
      const offer = await booked.liveOffer(1);
      await booked.decline(offer);
      const second = await booked.liveOffer(2);
      frozen.release();
      await pause(300);
      expect((await booked.view()).offer?.offerId).toBe(second.id);
      expect(await booked.offers()).toHaveLength(2);
      await booked.accept(second);
      await booked.viewIs('assigned');
    });

    test('a retry by hand', async () => {
      const booked = await (await stage.book(freshPlace())).start();
      await booked.viewIs('failed');
      const frozen = stage.activities.hold('retrySearch', 'before');
      await booked.signal('retry', {});
      await frozen.reached;
      await pause(STALE_AFTER_MS);
      await eventually('search 2 to end', async () => (await booked.searches())[1]?.ended_at);
      frozen.release();
      await pause(300);
      expect(await booked.searches()).toHaveLength(2);
    });
  });

  test('a booking that does not exist fails its workflow with booking_not_found', async () => {
    const id = randomUUID();
    const start = { bookingId: id, bookingNumber: 'B-0', vehicleTypeId: 'bike', limits: DEFAULT_LIMITS };
    await stage.client.start(start);
    const failed: unknown = await new Booked(stage, id, id).handle.result().catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(WorkflowFailedError);
    expect((failed as WorkflowFailedError).cause).toMatchObject({ type: 'booking_not_found' });
  });
});
