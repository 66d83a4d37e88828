/** Signals sent by hand, from the Web UI or the CLI: what the REST call does, under the same conditions. */
import { randomUUID } from 'node:crypto';
import type { OfferRow } from '../../database/rows.js';
import type { Booked } from '../support/booked.js';
import { freshPlace } from '../support/places.js';
import { inSkippedTime, stage } from '../support/skipped-stage.js';
import { pause, eventually } from '../support/waiting.js';

async function offered(pilots = 2): Promise<{ booked: Booked; offer: OfferRow; pilots: string[] }> {
  const here = freshPlace();
  const ids: string[] = [];
  for (let km = 1; km <= pilots; km += 1) ids.push(await stage.pilot(here, km));
  const booked = await (await stage.book(here)).start();
  return { booked, offer: await booked.liveOffer(1), pilots: ids };
}

const answerTo = (offer: OfferRow) => ({ offerId: offer.id, pilotId: offer.pilot_id });

/** The rows and the workflow still have this offer live, after the workflow has looked again. */
async function expectUntouched(booked: Booked, offer: OfferRow): Promise<void> {
  const before = stage.activities.runs.length;
  await booked.signal('nudge', {});
  await eventually('the nudge to be read', () => stage.activities.runs.length > before);
  expect((await booked.view()).offer?.offerId).toBe(offer.id);
  expect(await booked.offers()).toMatchObject([{ id: offer.id, status: 'OFFERED' }]);
  expect(await booked.audit()).toEqual([]);
}

inSkippedTime('signals sent by hand', () => {
  describe('accept', () => {
    test('of the live offer assigns, and the audit says by whom: the operator when nobody is named', async () => {
      const { booked, offer } = await offered();
      await booked.signal('accept', answerTo(offer));
      await booked.viewIs('assigned');
      expect(await booked.row()).toMatchObject({ status: 'ASSIGNED', pilot_id: offer.pilot_id });
      expect(await booked.told()).toEqual(['created', 'search_started', 'offer_sent', 'driver_assigned']);
      expect(await booked.audit()).toMatchObject([
        { actor: 'operator', action: 'accept', details: { offerId: offer.id, pilotId: offer.pilot_id } },
      ]);
    });

    test('with a sender: the audit names him; upper-case ids are the same ids', async () => {
      const { booked, offer } = await offered();
      const { offerId, pilotId } = answerTo(offer);
      await booked.signal('accept', {
        offerId: offerId.toUpperCase(),
        pilotId: pilotId.toUpperCase(),
        by: 'night shift',
      });
      await booked.viewIs('assigned');
      expect(await booked.audit()).toMatchObject([{ actor: 'night shift', action: 'accept' }]);
    });

    test("with another pilot's id, of another offer, or of another booking changes nothing", async () => {
      const { booked, offer, pilots } = await offered();
      const other = await offered();
      await booked.signal('accept', { offerId: offer.id, pilotId: pilots[1] });
      await booked.signal('accept', { offerId: offer.id.toUpperCase(), pilotId: randomUUID().toUpperCase() });
      await booked.signal('accept', { offerId: randomUUID(), pilotId: offer.pilot_id });
      await booked.signal('accept', answerTo(other.offer));
      await expectUntouched(booked, offer);
      await expectUntouched(other.booked, other.offer);
    });

    test('after the end of the offer changes nothing', async () => {
      const { booked, offer } = await offered();
      await stage.ground.advanceTo(offer.expires_at.getTime() + 100);
      const next = await booked.liveOffer(2);
      await booked.signal('accept', answerTo(offer));
      await booked.signal('nudge', {});
      await pause(50);
      expect((await booked.view()).offer?.offerId).toBe(next.id);
      expect((await booked.row()).status).toBe('PENDING');
    });

    test('in a failed search, of its last offer, changes nothing, then and in the next search', async () => {
      const { booked, offer } = await offered(1);
      await stage.ground.advanceTo(offer.expires_at.getTime() + 100);
      await booked.viewIs('failed');
      await booked.signal('accept', answerTo(offer));
      await booked.retry();
      const next = await booked.liveOffer(2);
      expect(next.pilot_id).toBe(offer.pilot_id);
      await booked.signal('nudge', {});
      expect((await booked.view()).offer?.offerId).toBe(next.id);
      expect((await booked.row()).status).toBe('PENDING');
    });

    test('works after fifty and more that did not fit', async () => {
      const { booked, offer } = await offered();
      for (let foreign = 0; foreign < 60; foreign += 1)
        await booked.signal('accept', { offerId: randomUUID(), pilotId: offer.pilot_id });
      await booked.signal('accept', answerTo(offer));
      await booked.viewIs('assigned');
    });
  });

  test('decline of the live offer passes on to the next pilot and goes into the audit', async () => {
    const { booked, offer, pilots } = await offered();
    await booked.signal('decline', answerTo(offer));
    const next = await booked.liveOffer(2);
    expect(next.pilot_id).toBe(pilots[1]);
    expect((await booked.offers())[0]?.status).toBe('DECLINED');
    expect(await booked.audit()).toMatchObject([{ actor: 'operator', action: 'decline' }]);
  });

  test('accept and decline at once: the first that came counts', async () => {
    const { booked, offer } = await offered();
    const settling = stage.activities.hold('settleOffer', 'before');
    await booked.signal('nudge', {});
    await settling.reached;
    await booked.signal('decline', answerTo(offer));
    await booked.signal('accept', answerTo(offer));
    settling.release();
    await booked.liveOffer(2);
    expect((await booked.offers())[0]?.status).toBe('DECLINED');
    expect(await booked.told()).not.toContain('driver_assigned');
  });

  describe('cancel', () => {
    test.each([
      ['without a sender', [{}], 'operator', 'admin'],
      ['by the user', [{ by: 'user' }], 'user', 'user'],
    ] as const)('%s cancels, tells and audits', async (_name, args, actor, by) => {
      const { booked } = await offered();
      await booked.signal('cancel', ...args);
      expect(await booked.result()).toMatchObject({ status: 'CANCELLED' });
      expect((await booked.events()).at(-1)).toMatchObject({ event: 'booking:cancelled', payload: { by } });
      expect(await booked.audit()).toMatchObject([{ actor, action: 'cancel' }]);
    });

    test('before the first worker looks at the booking: nobody is ever asked', async () => {
      const here = freshPlace();
      await stage.pilot(here, 1);
      await stage.stopWorker();
      const booked = await (await stage.book(here)).start();
      await booked.signal('cancel', {});
      await stage.startWorker();
      expect(await booked.result()).toMatchObject({ status: 'CANCELLED' });
      expect(await booked.offers()).toEqual([]);
    });
  });

  describe('retry', () => {
    test('of a failed search begins another, audited', async () => {
      const here = freshPlace();
      const booked = await (await stage.book(here)).start();
      await booked.viewIs('failed');
      await stage.pilot(here, 1);
      await booked.signal('retry', {});
      expect(await booked.liveOffer(1)).toMatchObject({ search_no: 2 });
      expect(await booked.audit()).toMatchObject([{ actor: 'operator', action: 'retry' }]);
      expect(
        (await booked.events()).filter((one) => one.event === 'booking:search_started').at(-1)?.payload,
      ).toMatchObject({ message: 'Searching for drivers again...' });
    });

    test('while a search runs does nothing, also not later when that search fails', async () => {
      const { booked, offer } = await offered(1);
      await booked.signal('retry', {});
      await booked.signal('retry', { by: 'operator' });
      await booked.decline(offer);
      await booked.viewIs('failed');
      await pause(100);
      expect(await booked.searches()).toHaveLength(1);
      expect(await booked.audit()).toEqual([]);
    });

    test('twice, the second while the first is being done, begins one search, also when that one fails later', async () => {
      const here = freshPlace();
      const booked = await (await stage.book(here)).start();
      await booked.viewIs('failed');
      await stage.pilot(here, 1);
      const retrying = stage.activities.hold('retrySearch', 'before');
      await booked.signal('retry', {});
      await retrying.reached;
      await booked.signal('retry', {});
      await booked.heard('retry', 2);
      retrying.release();
      const offer = await booked.liveOffer(1);
      await booked.decline(offer);
      await booked.viewIs('failed');
      await pause(200);
      expect(await booked.searches()).toHaveLength(2);
    });
  });
});
