/** Nothing that a hand can send wedges a workflow: what does not fit changes nothing, an accept works after it. */
import { randomUUID } from 'node:crypto';
import { rows } from '../../database/query.js';
import type { OfferRow } from '../../database/rows.js';
import type { Booked } from '../support/booked.js';
import { freshPlace } from '../support/places.js';
import { inSkippedTime, stage } from '../support/skipped-stage.js';
import { warnings } from '../support/stage-ground.js';
import { json, RAW_BYTES, UNDECODABLE } from '../support/raw-payloads.js';
import { eventually } from '../support/waiting.js';

async function offered(): Promise<{ booked: Booked; offer: OfferRow }> {
  const here = freshPlace();
  await stage.pilot(here, 1);
  await stage.pilot(here, 2);
  const booked = await (await stage.book(here)).start();
  return { booked, offer: await booked.liveOffer(1) };
}

/** The offer is still live, the workflow still listens, and an ordinary accept assigns. */
async function expectUnharmed({ booked, offer }: { booked: Booked; offer: OfferRow }): Promise<void> {
  const before = stage.activities.runs.length;
  await booked.signal('nudge', {});
  await eventually('the nudge to be read', () => stage.activities.runs.length > before);
  expect(await booked.view()).toMatchObject({
    status: 'offered',
    offer: { offerId: offer.id },
    triedPilots: 1,
  });
  expect(await booked.told()).toEqual(['created', 'search_started', 'offer_sent']);
  expect(await booked.audit()).toEqual([]);
  await booked.accept(offer);
  await booked.viewIs('assigned');
  expect(await failedTasks(booked)).toBe(0);
}

async function failedTasks(booked: Booked): Promise<number> {
  const failed = (await booked.history()).filter((one) => one.workflowTaskFailedEventAttributes != null);
  return failed.length;
}

/** Warnings of this workflow about a signal of that name. */
const linesOf = ({ id }: Booked, signal: string) =>
  warnings.filter((one) => one.meta?.['workflowId'] === `booking-${id}` && one.meta['signal'] === signal);

function malformedAnswers({ offer }: { offer: OfferRow }): [string, unknown[]][] {
  const offerId = offer.id;
  const pilotId = offer.pilot_id;
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, field) => [`field${field}`, field]));
  return [
    ['no arguments', []],
    ['null', [null]],
    ['a number', [42]],
    ['a text', ['accept']],
    ['true', [true]],
    ['an array', [[offerId, pilotId]]],
    ['an array of what would fit', [[{ offerId, pilotId }]]],
    ['nested one deeper', [{ input: { offerId, pilotId } }]],
    ['the second argument', [null, { offerId, pilotId }]],
    ['the pilot missing', [{ offerId }]],
    ['the offer missing', [{ pilotId }]],
    ['numbers for ids', [{ offerId: 1, pilotId: 2 }]],
    ['arrays for ids', [{ offerId: [offerId], pilotId: [pilotId] }]],
    ['objects for ids', [{ offerId: { id: offerId }, pilotId: { id: pilotId } }]],
    ['no uuids', [{ offerId: `${offerId}0`, pilotId: `x${pilotId}` }]],
    ['blanks around ids', [{ offerId: ` ${offerId} `, pilotId }]],
    ['SQL for an id', [{ offerId: `${offerId}' OR '1'='1`, pilotId }]],
    ['1,000 fields', [many]],
    ['a NUL in the sender', [{ offerId, pilotId, by: 'a\u0000b' }]],
    ['__proto__', [JSON.parse(`{"__proto__": {"offerId": "${offerId}", "pilotId": "${pilotId}"}}`)]],
    ['100 kB of text', [{ offerId: 'x'.repeat(100_000), pilotId: randomUUID() }]],
  ];
}

inSkippedTime('malformed signals', () => {
  test.each(['accept', 'decline'])('F23 · a malformed %s of any kind changes nothing', async (name) => {
    const stand = await offered();
    for (const [what, args] of malformedAnswers(stand)) {
      await stand.booked.signal(name, ...args);
      expect([what, (await stand.booked.offers())[0]?.status]).toEqual([what, 'OFFERED']);
    }
    await expectUnharmed(stand);
  });

  test.each(['accept', 'decline', 'retry', 'cancel', 'nudge', 'dance'])(
    'a %s that cannot be decoded changes nothing',
    async (name) => {
      const stand = await offered();
      for (const [, payload] of UNDECODABLE) await stand.booked.signalRaw(name, [payload]);
      await expectUnharmed(stand);
    },
  );

  test.each(['cancel', 'retry'])('a %s that does not fit its shape changes nothing', async (name) => {
    const stand = await offered();
    for (const malformed of [42, 'please', true, [], [{}], [{ by: 'user' }], { by: 7 }, { by: 'a\u0000b' }])
      await stand.booked.signal(name, malformed);
    await stand.booked.signalRaw(name, [RAW_BYTES]);
    await expectUnharmed(stand);
  });

  test('a retry that cannot be decoded begins no search after a failed one', async () => {
    const booked = await (await stage.book(freshPlace())).start();
    await booked.viewIs('failed');
    for (const [, payload] of UNDECODABLE) await booked.signalRaw('retry', [payload]);
    // A query is answered after all that came before it.
    expect((await booked.view()).status).toBe('failed');
    expect(stage.activities.runs.filter((one) => one.name === 'retrySearch')).toEqual([]);
    expect(await booked.searches()).toHaveLength(1);
  });

  test('unknown signals, with any payload, change nothing', async () => {
    const stand = await offered();
    for (const name of [
      'Accept',
      'dance',
      '__proto__',
      'constructor',
      'toString',
      'x'.repeat(1_000),
      'ünïcödé',
      '__stack_trace',
      // The SDK keeps these to itself, and throws for one before any handler sees it.
      '__temporal_',
      '__temporal_dance',
      '__temporal_workflow_stream_publish',
    ]) {
      await stand.booked.signal(name);
      await stand.booked.signal(name, { offerId: stand.offer.id, pilotId: stand.offer.pilot_id });
    }
    await expectUnharmed(stand);
  });

  test('a nudge with anything in it only reads the rows', async () => {
    const stand = await offered();
    for (const args of [[], [null], [7], ['x'], [[]], [{ offerId: stand.offer.id }], [{}, {}, {}]])
      await stand.booked.signal('nudge', ...args);
    await expectUnharmed(stand);
  });

  test('an accept beside malformed ones, all before the workflow wakes, assigns', async () => {
    const stand = await offered();
    const settling = stage.activities.hold('settleOffer', 'before');
    await stand.booked.signal('nudge', {});
    await settling.reached;
    await stand.booked.signalRaw('accept', [json('{')]);
    await stand.booked.signal('accept', null);
    await stand.booked.signal('accept', { offerId: stand.offer.id, pilotId: stand.offer.pilot_id });
    await stand.booked.signalRaw('decline', [json('{')]);
    settling.release();
    await stand.booked.viewIs('assigned');
    expect(await failedTasks(stand.booked)).toBe(0);
  });

  /** Until this workflow has written a warning that says so. */
  const warned = ({ id }: Booked, says: RegExp): Promise<unknown> =>
    eventually(`a log line of ${says}`, () =>
      warnings.some((one) => one.meta?.['workflowId'] === `booking-${id}` && says.test(one.message)),
    );
  const anybody = () => ({ offerId: randomUUID(), pilotId: randomUUID() });

  test.each([
    ['an unknown name', 'dance', [{}], /unknown signal/],
    ['a name that the SDK keeps to itself', '__temporal_dance', [{}], /unknown signal/],
    ['a cancel with a NUL in its sender', 'cancel', [{ by: 'a\u0000b' }], /signal ignored/],
    ['an accept without ids', 'accept', [{}], /must be uuids/],
    ['an accept of another offer', 'accept', [anybody()], /not to the live offer/],
    ['a decline that is a number', 'decline', [4], /must be uuids/],
    ['a retry while a search runs', 'retry', [{}], /no search has failed/],
    ['a cancel that is a number', 'cancel', [4], /signal ignored/],
    ['a nudge that is a number', 'nudge', [4], /a nudge does not/],
  ])('%s leaves a log line', async (_what, name, args, says) => {
    const { booked, offer } = await offered();
    await booked.signal(name, ...args);
    await warned(booked, says);
    await booked.accept(offer);
    await booked.viewIs('assigned');
  });

  test('an answer that no live offer waits for leaves a log line, in every state', async () => {
    const failed = await (await stage.book(freshPlace())).start();
    await failed.viewIs('failed');
    const waiting = await (await stage.book(freshPlace(), { searchPatienceMs: 60_000 })).start();
    await waiting.viewIs('searching');
    const { booked: assigned, offer } = await offered();
    await assigned.accept(offer);
    await assigned.viewIs('assigned');
    for (const booked of [failed, waiting, assigned])
      for (const name of ['accept', 'decline']) {
        await booked.signal(name, anybody());
        await eventually(`a log line of ${name}`, () => linesOf(booked, name).length > 0);
      }
  });

  test('a cancel of what has been picked up leaves a log line, and the job goes on', async () => {
    const { booked, offer } = await offered();
    await booked.accept(offer);
    await booked.viewIs('assigned');
    await rows(stage.api.source.manager, `UPDATE bookings SET status = 'PICKED_UP' WHERE id = $1`, [
      booked.id,
    ]);
    await booked.signal('cancel', {});
    await warned(booked, /cannot be cancelled any more/);
    expect((await booked.row()).status).toBe('PICKED_UP');
    await booked.viewIs('assigned');
  });

  test.each(['accept', 'decline'])(
    'an %s by hand that comes when the offer is over leaves a log line; one that is in time leaves none',
    async (answer) => {
      const { booked, offer } = await offered();
      const ignored = () =>
        stage.logs.filter(([point, { bookingId }]) => {
          return point === 'answer_ignored' && bookingId === booked.id;
        });
      await rows(stage.api.source.manager, 'UPDATE offers SET expires_at = clock_timestamp() WHERE id = $1', [
        offer.id,
      ]);
      await booked.signal(answer, { offerId: offer.id, pilotId: offer.pilot_id });
      const next = await booked.liveOffer(2);
      const line = ['answer_ignored', { bookingId: booked.id, offerId: offer.id, answer }];
      expect(ignored()).toEqual([line]);
      await booked.signal(answer, { offerId: next.id, pilotId: next.pilot_id });
      await booked.viewIs(answer === 'accept' ? 'assigned' : 'failed');
      expect(ignored()).toEqual([line]);
    },
  );
});
