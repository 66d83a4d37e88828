/** Who starts a booking's workflow, how often, and what a new run finds: on a real server, in real time. */
import type { SearchLimits } from '../../contract/limits.js';
import { pino } from 'pino';
import { rows } from '../../database/query.js';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { stepJob } from '../../dispatch/jobs.js';
import { startOf } from '../../dispatch/create-booking.js';
import { OutboxRelay } from '../../src/outbox/outbox-relay.js';
import type { Booked } from '../support/booked.js';
import { freshPlace } from '../support/places.js';
import { tried } from '../support/counts.js';
import { letPass, type Fixture } from '../support/dispatch-fixture.js';
import { openRealStage } from '../support/real-stage.js';
import { expectSpan } from '../support/stage-checks.js';
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

const STARTS = 50;
const SHORT: Partial<SearchLimits> = { offerTimeoutMs: 3_000, searchTimeoutMs: 9_000 };

async function started(pilots: number, limits = SHORT): Promise<Booked> {
  const here = freshPlace();
  for (let km = 1; km <= pilots; km += 1) await stage.pilot(here, km);
  return (await stage.book(here, limits)).start();
}

/** As the reconciler and the relay do it for a booking whose workflow is gone. */
async function startAgain(booked: Booked): Promise<'running' | 'finished'> {
  return stage.startAgain(booked.id);
}

const runIdOf = async (booked: Booked): Promise<string> => (await booked.handle.describe()).runId;

test('F15 · started 50 times at once, there is one run', async () => {
  const here = freshPlace();
  await stage.pilot(here, 1);
  const booked = await stage.book(here, SHORT);
  const input = startOf(await booked.row());
  const answers = await Promise.all(Array.from({ length: STARTS }, () => stage.client.start(input)));
  expect(new Set(answers)).toEqual(new Set(['running']));
  await booked.liveOffer(1);
  const runId = await runIdOf(booked);
  expect(await startAgain(booked)).toBe('running');
  expect(await runIdOf(booked)).toBe(runId);
  expect((await booked.told()).filter((one) => one === 'search_started')).toHaveLength(1);
  tried('F15', STARTS);
});

test('F15 · 50 starts in the outbox and two relays: all go, and there is one run', async () => {
  const here = freshPlace();
  await stage.pilot(here, 1);
  const booked = await stage.book(here, SHORT);
  const outbox = (sql: string) => rows(stage.api.source.manager, sql, [booked.id]);
  await outbox(`INSERT INTO outbox (booking_id, kind, payload, due_at)
    SELECT booking_id, kind, payload, clock_timestamp() FROM outbox, generate_series(1, ${STARTS}) WHERE booking_id = $1`);
  const relays = [1, 2].map(() => new OutboxRelay({ ...stage.api }, stage.client, pino({ level: 'silent' })));
  for (const relay of relays) relay.onApplicationBootstrap();
  const offer = await booked.liveOffer(1);
  const runId = await runIdOf(booked);
  await eventually('an empty outbox', async () => {
    return (await outbox('SELECT 1 FROM outbox WHERE booking_id = $1')).length === 0;
  });
  await Promise.all(relays.map((relay) => relay.onApplicationShutdown()));
  expect(await runIdOf(booked)).toBe(runId);
  expect(await booked.told()).toEqual(['created', 'search_started', 'offer_sent']);
  expect((await booked.offers()).map((one) => one.id)).toEqual([offer.id]);
  tried('F15', STARTS);
});

describe('F18 · signals, starts and taps after the end revive nothing', () => {
  test.each<[string, (booked: Booked) => Promise<void>]>([
    ['CANCELLED', (booked) => booked.cancel()],
    [
      'DELIVERED',
      async (booked) => {
        const offer = await booked.liveOffer(1);
        await booked.accept(offer);
        for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
          await booked.tap(() =>
            stepJob(stage.api, { bookingId: booked.id, pilotId: offer.pilot_id, status }),
          );
      },
    ],
    ['EXPIRED', async (booked) => booked.decline(await booked.liveOffer(1))],
  ])('%s', async (status, end) => {
    const booked = await started(1, { ...SHORT, retryWindowMs: 500 });
    const offer = await booked.liveOffer(1);
    await end(booked);
    expect(await booked.result()).toEqual({ bookingId: booked.id, status });
    const now = async () => [
      await runIdOf(booked),
      await booked.row(),
      await booked.told(),
      await booked.offers(),
    ];
    const before = await now();
    const tap = { offerId: offer.id, pilotId: offer.pilot_id };
    for (const name of ['accept', 'decline', 'retry', 'cancel', 'nudge'])
      expect(await stage.client.signal(booked.id, name, tap)).toBe('gone');
    expect(await startAgain(booked)).toBe('finished');
    await expect(acceptByTap(stage.api, tap)).rejects.toMatchObject({ name: 'ConflictError' });
    await expect(booked.retry()).rejects.toMatchObject({ name: 'NotFoundError' });
    expect(await stage.client.isOpen(booked.id)).toBe(false);
    expect(await now()).toEqual(before);
  });
});

describe('a new run after a terminate reads where things stand', () => {
  async function again(booked: Booked): Promise<void> {
    await booked.terminate();
    expect(await stage.client.signal(booked.id, 'nudge', {})).toBe('gone');
    expect(await startAgain(booked)).toBe('running');
  }

  test('offered: the live offer goes on with the time that is left', async () => {
    const booked = await started(2);
    const offer = await booked.liveOffer(1);
    await again(booked);
    await eventually('the new run to show it', async () => (await booked.view()).offer?.offerId === offer.id);
    const next = await booked.liveOffer(2);
    const [first] = await booked.offers();
    expect(first?.status).toBe('EXPIRED');
    expectSpan(offer.expires_at, first?.ended_at).toBeAtEnd(0);
    await booked.accept(next);
    await booked.viewIs('assigned');
    expect((await booked.told()).filter((one) => one === 'search_started')).toHaveLength(1);
  });

  test('searching, between two offers: the search goes on with its own time and its tried pilots', async () => {
    const booked = await started(2);
    const offer = await booked.liveOffer(1);
    await booked.terminate();
    await booked.decline(offer, 'kept');
    expect(await startAgain(booked)).toBe('running');
    const next = await booked.liveOffer(2);
    expect(next).toMatchObject({ number: 2, search_no: 1 });
    const [search] = await booked.searches();
    expect((await booked.view()).searchEndsAt).toBe(search?.ends_at?.toISOString());
  });

  test('failed: it waits for a retry and does not search again by itself', async () => {
    const booked = await started(0);
    await booked.viewIs('failed');
    await again(booked);
    const view = await booked.viewIs('failed');
    expect(view).toMatchObject({ canRetry: true, canCancel: true });
    expect(await booked.searches()).toHaveLength(1);
    await booked.retry();
    await eventually('search 2 to end', async () => (await booked.searches())[1]?.ended_at);
  });

  test('failed, its retry window over meanwhile: it expires', async () => {
    const booked = await started(0);
    await eventually('the search to end', async () => (await booked.searches())[0]?.ended_at);
    await booked.terminate();
    const query: Fixture['query'] = (sql, given) => rows(stage.ground.source.manager, sql, given);
    await letPass({ query }, booked, 3_600_000);
    expect(await startAgain(booked)).toBe('running');
    expect(await booked.result()).toMatchObject({ status: 'EXPIRED' });
  });

  test('assigned: it follows the job to its end', async () => {
    const booked = await started(1);
    const offer = await booked.liveOffer(1);
    await booked.accept(offer);
    await booked.viewIs('assigned');
    await again(booked);
    await booked.viewIs('assigned');
    expect((await booked.told()).filter((one) => one === 'driver_assigned')).toHaveLength(1);
    for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
      await booked.tap(() => stepJob(stage.api, { bookingId: booked.id, pilotId: offer.pilot_id, status }));
    expect(await booked.result()).toMatchObject({ status: 'DELIVERED' });
  });

  test('closed: it completes at once', async () => {
    const booked = await started(1);
    await booked.liveOffer(1);
    await booked.terminate();
    await booked.cancel('kept');
    expect(await startAgain(booked)).toBe('running');
    expect(await booked.result()).toMatchObject({ status: 'CANCELLED' });
  });

  test('with signals that came before its first task: an accept, a cancel and a retry by hand are heeded', async () => {
    // Nothing here is about the offer's end: it may take long to come this far on a busy machine.
    const accepted = await started(1, { offerTimeoutMs: 30_000, searchTimeoutMs: 60_000 });
    const offer = await accepted.liveOffer(1);
    const cancelled = await started(1);
    await cancelled.liveOffer(1);
    const failed = await started(0);
    await failed.viewIs('failed');
    await stage.stopWorker();
    for (const one of [accepted, cancelled, failed]) await again(one);
    await accepted.signal('accept', { offerId: offer.id, pilotId: offer.pilot_id });
    await cancelled.signal('cancel', {});
    await failed.signal('retry', {});
    await stage.startWorker();
    await accepted.viewIs('assigned');
    expect(await cancelled.result()).toMatchObject({ status: 'CANCELLED' });
    await eventually('search 2 of the failed one', async () => (await failed.searches())[1], 3_000);
  });
});

test('F12 · an accept by hand after the end, while the workers are down, loses; the next pilot is asked', async () => {
  const booked = await started(2, { offerTimeoutMs: 4_000, searchTimeoutMs: 20_000 });
  const offer = await booked.liveOffer(1);
  await stage.stopWorker();
  await stage.ground.advanceTo(offer.expires_at.getTime() + 50);
  expect((await booked.offers())[0]?.status).toBe('OFFERED');
  await booked.signal('accept', { offerId: offer.id, pilotId: offer.pilot_id });
  await stage.startWorker();
  expect((await booked.liveOffer(2)).pilot_id).not.toBe(offer.pilot_id);
  expect((await booked.offers())[0]?.status).toBe('EXPIRED');
  expect((await booked.row()).status).toBe('PENDING');
});

test('an accept tapped while the workers are down is honoured when they are back, although its timer fired', async () => {
  const booked = await started(2, { offerTimeoutMs: 4_000, searchTimeoutMs: 20_000 });
  const offer = await booked.liveOffer(1);
  await stage.stopWorker();
  await booked.accept(offer);
  await stage.ground.advanceTo(offer.expires_at.getTime() + 50);
  await stage.startWorker();
  await booked.viewIs('assigned');
  expect((await booked.offers()).map((one) => one.status)).toEqual(['ACCEPTED']);
});

test('brokenSince finds what was terminated and not what completed', async () => {
  const terminated = await started(1);
  await terminated.liveOffer(1);
  await terminated.terminate();
  const completed = await started(1);
  await completed.liveOffer(1);
  await completed.cancel();
  await completed.result();
  const broken = await eventually('the list to know', async () => {
    const found = await stage.client.brokenSince(60_000, Date.now());
    return found.includes(terminated.id) ? found : null;
  });
  expect(broken).not.toContain(completed.id);
});
