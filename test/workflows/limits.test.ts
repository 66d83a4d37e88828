/** Where a search ends: pilots tried, patience, too little time for an offer, the retry window. */
import { adminEvents, expectSpan, secondsOf } from '../support/stage-checks.js';
import { freshPlace } from '../support/places.js';
import { inSkippedTime, stage } from '../support/skipped-stage.js';
import { eventually } from '../support/waiting.js';

const OFFER_MS = 30_000;
const SEARCH_MS = 120_000;
const RETRY_WINDOW_MS = 1_800_000;

inSkippedTime('the limits of a search', () => {
  test('rule 3: after ten pilots the search fails, although an eleventh is available', async () => {
    const here = freshPlace();
    for (let one = 0; one < 11; one += 1) await stage.pilot(here, 0.5 + one / 10);
    const booked = await (await stage.book(here)).start();
    for (let number = 1; number <= 10; number += 1) await booked.decline(await booked.liveOffer(number));

    expect(await booked.viewIs('failed')).toMatchObject({ triedPilots: 10, canRetry: true });
    const last = (await booked.events()).at(-1);
    expect(last).toMatchObject({
      event: 'booking:no_pilots',
      payload: { message: 'Maximum retry attempts reached', canRetry: true, canCancel: true },
    });
    expect(adminEvents(stage, 'booking:no_pilots')).toMatchObject([
      { bookingId: booked.id, reason: 'Maximum retry attempts reached', triedPilots: 10 },
    ]);
    expect(await booked.offers()).toHaveLength(10);
  });

  test('rule 3: the number of pilots is looked at first: with 1 s left it does not wait for the end', async () => {
    const here = freshPlace();
    await stage.pilot(here, 1);
    await stage.pilot(here, 2);
    const booked = await (await stage.book(here, { maxPilots: 1, searchTimeoutMs: 30_700 })).start();
    const only = await booked.liveOffer(1);
    await stage.ground.advanceTo(only.expires_at.getTime() + 1);
    await booked.viewIs('failed');
    expect((await booked.events()).at(-1)?.payload['message']).toBe('Maximum retry attempts reached');
  });

  describe('patience', () => {
    const limits = { searchPatienceMs: 20_000 };

    test('rule 3: a pilot who comes online while a search waits is asked after a nudge', async () => {
      const here = freshPlace();
      const booked = await (await stage.book(here, limits)).start();
      await eventually('the search to wait', async () => (await booked.searches())[0]?.waiting_until);
      await stage.ground.advanceTo((await stage.ground.now()) + 15_000);
      expect(await booked.view()).toMatchObject({ status: 'searching', offer: null });

      const pilot = await stage.pilot(here, 3);
      await booked.signal('nudge', {});

      const offer = await booked.liveOffer(1);
      expect(offer.pilot_id).toBe(pilot);
      expectSpan(offer.offered_at, offer.expires_at).toBe(OFFER_MS);
      expect((await booked.searches())[0]?.waiting_until).toBeNull();
      expect(await booked.told()).toEqual(['created', 'search_started', 'offer_sent']);
    });

    test('rule 3: nobody comes: the search fails when the patience is over, not before', async () => {
      const booked = await (await stage.book(freshPlace(), limits)).start();
      const waiting = await eventually('the search to wait', async () => {
        const [search] = await booked.searches();
        return search?.waiting_until == null ? null : search;
      });
      // Nudges must not lengthen the wait.
      await stage.ground.advanceTo((waiting.started_at as Date).getTime() + 18_000);
      await booked.signal('nudge', {});
      expect((await booked.view()).status).toBe('searching');
      await stage.ground.advanceTo((waiting.started_at as Date).getTime() + 20_200);

      await booked.viewIs('failed');
      const [search] = await booked.searches();
      expect(search?.outcome).toBe('no_pilots');
      expectSpan(search?.started_at, search?.ended_at).toBeAtEnd(20_000);
      expect((await booked.events()).at(-1)?.payload['message']).toBe('No pilots available in your area');
    });

    test('rule 3: patience longer than the search ends as search_timeout at 120 s', async () => {
      const booked = await (await stage.book(freshPlace(), { searchPatienceMs: 600_000 })).start();
      const startedAt = await eventually(
        'the search to start',
        async () => (await booked.searches())[0]?.started_at,
      );
      await stage.ground.advanceTo(startedAt.getTime() + SEARCH_MS - 2_000);
      expect((await booked.view()).status).toBe('searching');
      await stage.ground.advanceTo(startedAt.getTime() + SEARCH_MS + 100);

      await booked.viewIs('failed');
      const [search] = await booked.searches();
      expect(search?.outcome).toBe('search_timeout');
      expectSpan(search?.started_at, search?.ended_at).toBeAtEnd(SEARCH_MS);
      expect(await booked.told()).toEqual(['created', 'search_started', 'search_timeout']);
    });

    test('rule 5: a cancel ends the wait at once', async () => {
      const booked = await (await stage.book(freshPlace(), limits)).start();
      await eventually('the search to wait', async () => (await booked.searches())[0]?.waiting_until);
      await booked.cancel();
      expect(await booked.result()).toMatchObject({ status: 'CANCELLED' });
      expect(await booked.told()).toEqual(['created', 'search_started', 'cancelled']);
    });
  });

  test('rule 9: with less than 1 s left no offer is made; the search waits for its end', async () => {
    const here = freshPlace();
    await stage.pilot(here, 1);
    const free = await stage.pilot(here, 2);
    const booked = await (await stage.book(here, { searchTimeoutMs: 25_000 })).start();
    const first = await booked.liveOffer(1);
    const endsAt = (await booked.searches())[0]?.ends_at as Date;
    expectSpan(endsAt, first.expires_at).toBe(0);

    await stage.ground.advanceTo(endsAt.getTime() - 800);
    await booked.decline(first);
    await booked.viewIs('searching');
    await stage.ground.advanceTo(endsAt.getTime() + 1);

    await booked.viewIs('failed');
    const [search] = await booked.searches();
    expect(search?.outcome).toBe('search_timeout');
    expectSpan(search?.started_at, search?.ended_at).toBeAtEnd(25_000);
    expect((await booked.offers()).map((one) => one.pilot_id)).not.toContain(free);
    expect((await booked.told()).slice(-2)).toEqual(['offer_declined', 'search_timeout']);
  });

  test('rule 9: an offer late in the search is cut to what is left, and its countdown shows that', async () => {
    const here = freshPlace();
    await stage.pilot(here, 1);
    const second = await stage.pilot(here, 2);
    const booked = await (await stage.book(here, { searchTimeoutMs: 45_000 })).start();
    const first = await booked.liveOffer(1);
    await stage.ground.advanceTo(first.expires_at.getTime() + 1);
    const cut = await booked.liveOffer(2);
    const endsAt = (await booked.searches())[0]?.ends_at as Date;
    expectSpan(endsAt, cut.expires_at).toBe(0);
    const shown = stage.emissions.find((one) => one.event === 'booking:offer' && one.room.endsWith(second));
    const seconds = secondsOf(cut);
    expect(seconds).toBeGreaterThanOrEqual(14);
    expect(seconds).toBeLessThanOrEqual(15);
    expect(shown?.payload).toMatchObject({ totalSeconds: seconds, remainingSeconds: seconds });
  });

  test('retry window: 30 min after the last failed search the booking expires and the workflow completes', async () => {
    const here = freshPlace();
    const booked = await (await stage.book(here)).start();
    await booked.viewIs('failed');
    const firstEnd = (await booked.searches())[0]?.ended_at as Date;
    // A retry begins the window anew.
    await stage.ground.advanceTo(firstEnd.getTime() + 1_000_000);
    await booked.retry();
    const second = await eventually('the second search to end', async () => {
      const search = (await booked.searches())[1];
      return search?.ended_at == null ? null : search;
    });
    const windowEnds = (second.ended_at as Date).getTime() + RETRY_WINDOW_MS;

    await stage.ground.advanceTo(windowEnds - 3_000);
    expect(await booked.view()).toMatchObject({ status: 'failed', canRetry: true });
    expect((await booked.row()).status).toBe('PENDING');
    await stage.ground.advanceTo(windowEnds + 100);

    expect(await booked.result()).toEqual({ bookingId: booked.id, status: 'EXPIRED' });
    const last = (await booked.events()).at(-1);
    expect(last).toMatchObject({
      event: 'booking:status',
      payload: { status: 'EXPIRED', message: 'Your booking has expired.' },
    });
    expectSpan(second.ended_at, last?.at).toBeAtEnd(RETRY_WINDOW_MS);
    expect(await booked.view()).toMatchObject({ status: 'failed', canRetry: false, canCancel: false });
  });

  test("a search's time starts when its workflow starts it, however late that is", async () => {
    const here = freshPlace();
    const booked = await stage.book(here);
    await stage.ground.advanceTo((await stage.ground.now()) + 600_000);
    await stage.pilot(here, 1);
    await booked.start();
    const offer = await booked.liveOffer(1);
    const [search] = await booked.searches();
    expectSpan(search?.started_at, search?.ends_at).toBe(SEARCH_MS);
    expectSpan(search?.started_at, offer.offered_at).toBeLessThan(1_500);
  });
});
