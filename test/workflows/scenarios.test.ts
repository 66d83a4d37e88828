/** The six scenarios of a search, at their true limits, in skipped time. */
import { pilotRoom } from '../../contract/rooms.js';
import { freshPlace } from '../support/places.js';
import { inSkippedTime, stage } from '../support/skipped-stage.js';
import { expectSpan, payloadsTo, secondsOf } from '../support/stage-checks.js';
import { CANARY } from '../support/stage-ground.js';
import { eventually } from '../support/waiting.js';

const OFFER_MS = 30_000;
const SEARCH_MS = 120_000;

inSkippedTime('the six scenarios of a search', () => {
  test('success: the nearest pilot is asked and has the job when he accepts', async () => {
    const here = freshPlace();
    await stage.pilot(here, 2);
    const near = await stage.pilot(here, 1);
    const booked = await (await stage.book(here)).start();
    const offer = await booked.liveOffer(1);
    expect(offer.pilot_id).toBe(near);
    expectSpan(offer.offered_at, offer.expires_at).toBe(OFFER_MS);

    await booked.accept(offer);

    const view = await booked.viewIs('assigned');
    expect(view).toMatchObject({ triedPilotIds: [near], offer: null, canRetry: false, canCancel: true });
    expect(await booked.told()).toEqual(['created', 'search_started', 'offer_sent', 'driver_assigned']);
    expect(await booked.row()).toMatchObject({ status: 'ASSIGNED', pilot_id: near });
    expect((await booked.searches()).map((one) => one.outcome)).toEqual(['assigned']);
    expect(payloadsTo(stage, pilotRoom(near), 'job:assigned')).toHaveLength(1);
  });

  test('decline then next: the second pilot is asked at once and the first hears nothing more', async () => {
    const here = freshPlace();
    const first = await stage.pilot(here, 1);
    const second = await stage.pilot(here, 2);
    const booked = await (await stage.book(here)).start();
    const declined = await booked.liveOffer(1);

    await booked.decline(declined);

    const next = await booked.liveOffer(2);
    expect([declined.pilot_id, next.pilot_id]).toEqual([first, second]);
    expectSpan(declined.offered_at, next.offered_at).toBeLessThan(OFFER_MS / 2);
    expectSpan(next.offered_at, next.expires_at).toBe(OFFER_MS);
    await booked.accept(next);
    await booked.viewIs('assigned');
    expect(await booked.told()).toEqual([
      'created',
      'search_started',
      'offer_sent',
      'offer_declined',
      'offer_sent',
      'driver_assigned',
    ]);
    expect((await booked.offers()).map((one) => one.status)).toEqual(['DECLINED', 'ACCEPTED']);
    expect((await booked.events()).map((one) => one.payload['message'])).toEqual([
      'Booking created! Finding a driver...',
      'Finding a driver for you...',
      'Offer sent to driver 1...',
      'Driver declined. Finding another driver...',
      'Offer sent to driver 2...',
      `${CANARY.pilot} has accepted your booking!`,
    ]);
    expect(payloadsTo(stage, pilotRoom(first), 'offer:expired')).toEqual([]);
  });

  test('offer timeout then next: an offer is live until 30 s have passed, then the next pilot is asked', async () => {
    const here = freshPlace();
    const first = await stage.pilot(here, 1);
    await stage.pilot(here, 2);
    const booked = await (await stage.book(here)).start();
    const silent = await booked.liveOffer(1);

    await stage.ground.advanceTo(silent.expires_at.getTime() - 2_000);
    expect((await booked.view()).offer?.offerId).toBe(silent.id);
    expect((await booked.offers())[0]?.status).toBe('OFFERED');
    await stage.ground.advanceTo(silent.expires_at.getTime() + 1);

    const next = await booked.liveOffer(2);
    const [expired] = await booked.offers();
    expect(expired).toMatchObject({ status: 'EXPIRED', end_reason: 'timeout' });
    expectSpan(silent.offered_at, expired?.ended_at).toBeAtEnd(OFFER_MS);
    expectSpan(silent.offered_at, next.offered_at).toBeAtEnd(OFFER_MS);
    expect(payloadsTo(stage, pilotRoom(first), 'offer:expired')).toMatchObject([
      { offerId: silent.id, reason: 'timeout' },
    ]);
    expect(await booked.told()).toEqual([
      'created',
      'search_started',
      'offer_sent',
      'offer_expired',
      'offer_sent',
    ]);
  });

  test('no pilots then retry: it fails at once, and the retry finds the pilot who came meanwhile', async () => {
    const here = freshPlace();
    const booked = await (await stage.book(here)).start();
    const failed = await booked.viewIs('failed');
    expect(failed).toMatchObject({ triedPilots: 0, offer: null, canRetry: true, canCancel: true });
    const [, , noPilots] = await booked.events();
    expect(noPilots).toMatchObject({
      event: 'booking:no_pilots',
      payload: { message: 'No pilots available in your area', canRetry: true, canCancel: true },
    });

    await stage.ground.advanceTo((await stage.ground.now()) + 600_000);
    const pilot = await stage.pilot(here, 1);
    await booked.retry();

    const offer = await booked.liveOffer(1);
    expect(offer).toMatchObject({ pilot_id: pilot, search_no: 2, number: 1 });
    await booked.accept(offer);
    await booked.viewIs('assigned');
    const events = await booked.events();
    expect(events.map((one) => one.event.slice('booking:'.length))).toEqual([
      'created',
      'search_started',
      'no_pilots',
      'search_started',
      'offer_sent',
      'driver_assigned',
    ]);
    expect(events[3]?.payload['message']).toBe('Searching for drivers again...');
  });

  test('search timeout: the fourth silent pilot is cut short at 120 s and only the end of the search is told', async () => {
    const here = freshPlace();
    for (let km = 1; km <= 5; km += 1) await stage.pilot(here, km * 0.5);
    const booked = await (await stage.book(here)).start();
    const first = await booked.liveOffer(1);
    const startedAt = (await booked.searches())[0]?.started_at as Date;

    await stage.ground.advanceTo(startedAt.getTime() + SEARCH_MS - 2_000);
    const fourth = await booked.liveOffer(4);
    expectSpan(startedAt, fourth.expires_at).toBe(SEARCH_MS);
    expectSpan(first.offered_at, fourth.offered_at).toBeAtEnd(3 * OFFER_MS);
    const [shown] = payloadsTo(stage, pilotRoom(fourth.pilot_id), 'booking:offer');
    expect(shown).toMatchObject({
      expiresAt: fourth.expires_at.toISOString(),
      totalSeconds: secondsOf(fourth),
    });
    await stage.ground.advanceTo(startedAt.getTime() + SEARCH_MS + 1);

    expect(await booked.viewIs('failed')).toMatchObject({ triedPilots: 4, offer: null, canRetry: true });
    const [search] = await booked.searches();
    expect(search?.outcome).toBe('search_timeout');
    expectSpan(startedAt, search?.ended_at).toBeAtEnd(SEARCH_MS);
    const offers = await booked.offers();
    expect(offers.map((one) => one.status)).toEqual(['EXPIRED', 'EXPIRED', 'EXPIRED', 'WITHDRAWN']);
    expect(payloadsTo(stage, pilotRoom(fourth.pilot_id), 'offer:expired')).toMatchObject([
      { offerId: fourth.id, reason: 'search_timeout' },
    ]);
    expect((await booked.events()).slice(-3).map((one) => one.payload['message'])).toEqual([
      'Driver did not respond. Finding another driver...',
      'Offer sent to driver 4...',
      'No drivers available at the moment. Would you like to try again?',
    ]);
    const told = await booked.told();
    expect(told.slice(-3)).toEqual(['offer_expired', 'offer_sent', 'search_timeout']);
    expect(told.filter((one) => one === 'offer_expired')).toHaveLength(3);
  });

  test('cancel during the search: the offer is withdrawn, the workflow completes and nobody is asked again', async () => {
    const here = freshPlace();
    await stage.pilot(here, 1);
    await stage.pilot(here, 2);
    const booked = await (await stage.book(here)).start();
    const offer = await booked.liveOffer(1);

    await booked.cancel();

    expect(await booked.result()).toEqual({ bookingId: booked.id, status: 'CANCELLED' });
    expect(await booked.told()).toEqual(['created', 'search_started', 'offer_sent', 'cancelled']);
    expect(await booked.offers()).toMatchObject([{ status: 'WITHDRAWN', end_reason: 'cancelled' }]);
    expect(payloadsTo(stage, pilotRoom(offer.pilot_id), 'offer:expired')).toMatchObject([
      { offerId: offer.id, reason: 'cancelled' },
    ]);
    expect((await booked.searches()).map((one) => one.outcome)).toEqual(['cancelled']);
    await eventually(
      'the query of the completed workflow',
      async () => (await booked.view()).status === 'cancelled',
    );
  });
});
