/** The query `assignmentStatus` answers exactly the contract's fields, in every state of a booking. */
import { randomUUID } from 'node:crypto';
import type { AssignmentStatusView } from '../../contract/workflow.js';
import { assignByHand } from '../../dispatch/assign-by-hand.js';
import { stepJob } from '../../dispatch/jobs.js';
import type { Booked } from '../support/booked.js';
import { freshPlace } from '../support/places.js';
import { inSkippedTime, stage } from '../support/skipped-stage.js';
import { eventually } from '../support/waiting.js';

/** What the rows say that the query must say, and nothing else. */
async function expectView(
  booked: Booked,
  expected: Pick<AssignmentStatusView, 'status' | 'canRetry' | 'canCancel'>,
): Promise<void> {
  const search = (await booked.searches()).at(-1);
  const offers = (await booked.offers()).filter(
    (one) => one.search_no === search?.search_no && one.number > 0,
  );
  const live = offers.find((one) => one.status === 'OFFERED');
  expect(await booked.view()).toEqual({
    bookingId: booked.id,
    ...expected,
    triedPilots: offers.length,
    triedPilotIds: offers.map((one) => one.pilot_id),
    offer:
      live === undefined
        ? null
        : { offerId: live.id, pilotId: live.pilot_id, expiresAt: live.expires_at.toISOString() },
    searchStartedAt: search?.started_at?.toISOString() ?? null,
    searchEndsAt: search?.ends_at?.toISOString() ?? null,
  });
}

inSkippedTime('the query assignmentStatus', () => {
  test('before the first claim: searching, and the search has no time yet', async () => {
    const booked = await stage.book(freshPlace());
    const claiming = stage.activities.hold('claimNextPilot', 'before', true);
    await booked.start();
    await claiming.reached;
    await expectView(booked, { status: 'searching', canRetry: false, canCancel: true });
    claiming.release();
    await booked.viewIs('failed');
  });

  test('waiting with patience, offered, offered to the second: searching and offered', async () => {
    const here = freshPlace();
    const booked = await (await stage.book(here, { searchPatienceMs: 60_000 })).start();
    await eventually('the search to wait', async () => (await booked.searches())[0]?.waiting_until);
    await eventually('the query to know', async () => (await booked.view()).searchStartedAt);
    await expectView(booked, { status: 'searching', canRetry: false, canCancel: true });
    await stage.pilot(here, 1);
    await booked.signal('nudge', {});
    const offer = await booked.liveOffer(1);
    await expectView(booked, { status: 'offered', canRetry: false, canCancel: true });
    await stage.pilot(here, 2);
    await booked.decline(offer);
    await booked.liveOffer(2);
    await expectView(booked, { status: 'offered', canRetry: false, canCancel: true });
  });

  test('failed, then searching again from zero, then expired', async () => {
    const here = freshPlace();
    await stage.pilot(here, 1);
    const booked = await (await stage.book(here)).start();
    await booked.decline(await booked.liveOffer(1));
    await booked.viewIs('failed');
    await expectView(booked, { status: 'failed', canRetry: true, canCancel: true });
    await booked.retry();
    const again = await booked.liveOffer(2);
    await expectView(booked, { status: 'offered', canRetry: false, canCancel: true });
    await booked.decline(again);
    await booked.viewIs('failed');
    await stage.ground.advanceTo((await stage.ground.now()) + 1_801_000);
    await booked.result();
    await expectView(booked, { status: 'failed', canRetry: false, canCancel: false });
  });

  test('assigned, then cancelled', async () => {
    const here = freshPlace();
    await stage.pilot(here, 1);
    const booked = await (await stage.book(here)).start();
    await booked.accept(await booked.liveOffer(1));
    await booked.viewIs('assigned');
    await expectView(booked, { status: 'assigned', canRetry: false, canCancel: true });
    await booked.cancel();
    await booked.result();
    await expectView(booked, { status: 'cancelled', canRetry: false, canCancel: false });
  });

  test('assigned by hand: not a tried pilot; delivered', async () => {
    const here = freshPlace();
    const booked = await (await stage.book(here)).start();
    await booked.viewIs('failed');
    const pilotId = await stage.pilot(here, 1);
    await booked.tap(() => assignByHand(stage.api, { bookingId: booked.id, pilotId, adminId: randomUUID() }));
    await booked.viewIs('assigned');
    await expectView(booked, { status: 'assigned', canRetry: false, canCancel: true });
    for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
      await booked.tap(() => stepJob(stage.api, { bookingId: booked.id, pilotId, status }));
    await booked.result();
    await expectView(booked, { status: 'assigned', canRetry: false, canCancel: false });
  });
});
