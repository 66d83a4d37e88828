/** Rule 8: the rows decide once; a tap's signal may come late, never or twice and changes nothing of it. */
import { randomUUID } from 'node:crypto';
import { acceptByTap, declineByTap } from '../../dispatch/answer-offer.js';
import type { OfferRow } from '../../database/rows.js';
import type { Booked } from '../support/booked.js';
import { freshPlace } from '../support/places.js';
import { inSkippedTime, stage } from '../support/skipped-stage.js';
import { expectSpan } from '../support/stage-checks.js';
import { eventually } from '../support/waiting.js';

async function offered(pilots = 2): Promise<{ booked: Booked; offer: OfferRow }> {
  const here = freshPlace();
  for (let km = 1; km <= pilots; km += 1) await stage.pilot(here, km);
  const booked = await (await stage.book(here)).start();
  return { booked, offer: await booked.liveOffer(1) };
}

const ASSIGNED = ['created', 'search_started', 'offer_sent', 'driver_assigned'];

inSkippedTime('taps and their signals', () => {
  test('accept committed, its signal never sent: the timer finds the truth and nobody else is asked', async () => {
    const { booked, offer } = await offered();
    await booked.accept(offer, 'kept');
    // The workflow does not know yet; the rows do.
    expect((await booked.view()).status).toBe('offered');
    expect((await booked.row()).status).toBe('ASSIGNED');

    await stage.ground.advanceTo(offer.expires_at.getTime() + 100);

    expect((await booked.viewIs('assigned')).offer).toBeNull();
    expect(await booked.told()).toEqual(ASSIGNED);
    expect(await booked.offers()).toHaveLength(1);
  });

  test('accept committed just before the end, with the timer firing: assigned, not expired', async () => {
    const { booked, offer } = await offered();
    await stage.ground.advanceTo(offer.expires_at.getTime() - 2_000);
    await booked.accept(offer, 'kept');
    await stage.ground.advanceTo(offer.expires_at.getTime() + 100);
    await stage.deliver();

    await booked.viewIs('assigned');
    expect((await booked.offers()).map((one) => one.status)).toEqual(['ACCEPTED']);
    expect(await booked.told()).toEqual(ASSIGNED);
  });

  test('accept after the end, before the workflow has settled the offer: refused, by tap and by hand', async () => {
    const { booked, offer } = await offered();
    const settling = stage.activities.hold('settleOffer', 'before');
    await stage.ground.advanceTo(offer.expires_at.getTime() + 5);
    await settling.reached;
    expect((await booked.offers())[0]?.status).toBe('OFFERED');
    const tap = { offerId: offer.id, pilotId: offer.pilot_id };
    await expect(acceptByTap(stage.api, tap)).rejects.toMatchObject({ code: 'offer_expired' });
    await expect(declineByTap(stage.api, tap)).rejects.toMatchObject({ code: 'offer_expired' });
    await booked.signal('accept', tap);
    settling.release();

    const next = await booked.liveOffer(2);
    expect(next.pilot_id).not.toBe(offer.pilot_id);
    expect((await booked.offers())[0]?.status).toBe('EXPIRED');
    expect(await booked.told()).toEqual([
      'created',
      'search_started',
      'offer_sent',
      'offer_expired',
      'offer_sent',
    ]);
  });

  test('accept with its signal sent twice: one assignment', async () => {
    const { booked, offer } = await offered();
    await booked.accept(offer, 'kept');
    const lines = stage.lines.splice(0);
    await stage.deliver(lines);
    await stage.deliver(lines);
    await booked.viewIs('assigned');
    await stage.deliver(lines);
    await booked.signal('nudge', {});
    expect((await booked.view()).status).toBe('assigned');
    expect(await booked.told()).toEqual(ASSIGNED);
    expect(await booked.audit()).toEqual([]);
  });

  test('decline committed, its signal never sent: the next pilot is asked when the timer fires', async () => {
    const { booked, offer } = await offered();
    await booked.decline(offer, 'kept');
    await stage.ground.advanceTo(offer.expires_at.getTime() + 100);
    const next = await booked.liveOffer(2);
    expect(next.number).toBe(2);
    expect((await booked.offers())[0]?.status).toBe('DECLINED');
    expect((await booked.told()).filter((one) => one === 'offer_expired')).toEqual([]);
  });

  test('a stale decline of an earlier offer, late and twice, does not touch the next offer', async () => {
    const { booked, offer } = await offered();
    await booked.decline(offer, 'kept');
    const lines = stage.lines.splice(0);
    await stage.ground.advanceTo(offer.expires_at.getTime() + 100);
    const next = await booked.liveOffer(2);

    await stage.deliver(lines);
    await stage.deliver(lines);

    await booked.signal('nudge', {});
    await eventually(
      'the nudge to be read',
      () => stage.activities.runs.filter((one) => one.name === 'settleOffer').length >= 2,
    );
    expect((await booked.view()).offer?.offerId).toBe(next.id);
    await booked.accept(next);
    await booked.viewIs('assigned');
  });

  test('the same pilot asked again after a retry: his answer to the first offer is not one to the second', async () => {
    const { booked, offer } = await offered(1);
    await booked.decline(offer, 'kept');
    const stale = stage.lines.splice(0);
    await stage.ground.advanceTo(offer.expires_at.getTime() + 100);
    await booked.viewIs('failed');
    await booked.retry();
    const second = await booked.liveOffer(2);
    expect(second.pilot_id).toBe(offer.pilot_id);
    await stage.deliver(stale);
    await booked.signal('nudge', {});
    expect((await booked.view()).offer?.offerId).toBe(second.id);
    expect((await booked.offers())[1]?.status).toBe('OFFERED');
  });

  test('decline first, accept after it: the decline stands', async () => {
    const { booked, offer } = await offered();
    await booked.decline(offer, 'kept');
    await expect(
      acceptByTap(stage.api, { offerId: offer.id, pilotId: offer.pilot_id }),
    ).rejects.toMatchObject({
      code: 'offer_declined',
    });
    await stage.deliver();
    expect((await booked.liveOffer(2)).pilot_id).not.toBe(offer.pilot_id);
  });

  test('cancel committed, its signal never sent: the timer finds the truth and the workflow completes', async () => {
    const { booked, offer } = await offered();
    await booked.cancel('kept');
    await stage.ground.advanceTo(offer.expires_at.getTime() + 100);
    expect(await booked.result()).toMatchObject({ status: 'CANCELLED' });
    expect(await booked.told()).toEqual(['created', 'search_started', 'offer_sent', 'cancelled']);
  });

  test('accept committed, then the customer cancels before the workflow heard of it: the job is cancelled', async () => {
    const { booked, offer } = await offered();
    await booked.accept(offer, 'kept');
    const accept = stage.lines.splice(0);
    await booked.cancel('kept');
    await stage.deliver();
    await stage.deliver(accept);
    expect(await booked.result()).toMatchObject({ status: 'CANCELLED' });
    expect(await booked.told()).toEqual([...ASSIGNED, 'cancelled']);
  });

  test('retry committed, its signal late: the search begins when it comes, once', async () => {
    const booked = await (await stage.book(freshPlace())).start();
    await booked.viewIs('failed');
    await booked.retry('kept');
    await booked.retry('kept');
    const lines = stage.lines.splice(0);
    expect(lines.map((one) => one.payload['searchNo'])).toEqual([2, 2]);
    await stage.deliver(lines);
    await eventually('the second search to end', async () => (await booked.searches())[1]?.ended_at);
    // An old retry only reads the rows.
    await stage.deliver(lines);
    await booked.signal('retry', { by: 'user', searchNo: 1 });
    await booked.signal('nudge', {});
    await eventually(
      'the signals to be read',
      () => stage.activities.runs.filter((one) => one.name === 'readStanding').length >= 2,
    );
    expect(await booked.searches()).toHaveLength(2);
    expect((await booked.view()).status).toBe('failed');
  });

  test('retry committed, its signal never sent: the retry window of the old search must not expire it', async () => {
    const here = freshPlace();
    const booked = await (await stage.book(here)).start();
    await booked.viewIs('failed');
    const endedAt = (await booked.searches())[0]?.ended_at as Date;
    await stage.ground.advanceTo(endedAt.getTime() + 1_700_000);
    const pilotId = await stage.pilot(here, 1);
    await booked.retry('kept');
    await stage.ground.advanceTo(endedAt.getTime() + 1_800_100);
    const offer = await booked.liveOffer(1);
    expect(offer).toMatchObject({ pilot_id: pilotId, search_no: 2 });
    expect((await booked.row()).status).toBe('PENDING');
  });

  test('signals for what never was change nothing', async () => {
    const { booked, offer } = await offered();
    await booked.signal('accept', { offerId: randomUUID(), pilotId: offer.pilot_id });
    await booked.signal('decline', { offerId: offer.id, pilotId: randomUUID() });
    await booked.signal('nudge', {});
    expect((await booked.view()).offer?.offerId).toBe(offer.id);
    await booked.accept(offer);
    await booked.viewIs('assigned');
    expect(await booked.told()).toEqual(ASSIGNED);
  });

  test('an overdue offer that nobody has settled holds its pilot for nobody: another booking gets him', async () => {
    const here = freshPlace();
    const pilotId = await stage.pilot(here, 1);
    const stuck = await (await stage.book(here)).start();
    const overdue = await stuck.liveOffer(1);
    const settling = stage.activities.hold('settleOffer', 'before');
    await stage.ground.advanceTo(overdue.expires_at.getTime() + 5);
    await settling.reached;
    const other = await (await stage.book(here)).start();
    expect((await other.liveOffer(1)).pilot_id).toBe(pilotId);
    settling.release();
    await stuck.viewIs('failed');
    expect((await stuck.offers()).map((one) => one.status)).toEqual(['EXPIRED']);
    expect((await stuck.told()).filter((one) => one === 'offer_expired')).toHaveLength(1);
  });

  test('a retry while a search runs starts nothing: the live offer keeps its time', async () => {
    const { booked, offer } = await offered();
    await booked.retry();
    await booked.retry();
    expect((await booked.view()).offer).toMatchObject({
      offerId: offer.id,
      expiresAt: offer.expires_at.toISOString(),
    });
    await stage.ground.advanceTo(offer.expires_at.getTime() + 1);
    const next = await booked.liveOffer(2);
    expectSpan(offer.offered_at, next.offered_at).toBeAtEnd(30_000);
    expect(await booked.searches()).toHaveLength(1);
  });
});
