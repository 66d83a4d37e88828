// Design 7: every activity may run twice. The second run changes nothing, and a fact that does not fit neither.
import { randomUUID } from 'node:crypto';
import type { AnswerFact } from '../../contract/activities.js';
import { acceptByTap, declineByTap } from '../../dispatch/answer-offer.js';
import { cancelBySignal } from '../../dispatch/cancel-booking.js';
import { claimNextPilot } from '../../dispatch/claim-next-pilot.js';
import { retryBySignal } from '../../dispatch/retry-search.js';
import { settleOffer } from '../../dispatch/settle-offer.js';
import { readStanding } from '../../dispatch/standing.js';
import { expireBooking } from '../../dispatch/sweeps.js';
import type { SearchLimits } from '../../contract/limits.js';
import { expectAgreement } from '../support/agreement.js';
import { inCrowd, upTo } from '../support/crowd.js';
import { book, claim, letPass, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

const TABLES = ['bookings', 'searches', 'offers', 'pilots', 'booking_events', 'outbox', 'audit_entries'];

/** Everything that is written anywhere, and everything that was sent. */
async function everything(): Promise<unknown> {
  const tables = await Promise.all(
    TABLES.map((table) =>
      fixture.query(`SELECT to_jsonb(t) AS line FROM ${table} t ORDER BY to_jsonb(t)::text`),
    ),
  );
  return { tables, sent: fixture.emitter.sent.length };
}

async function offered(limits: Partial<SearchLimits> = {}) {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place, { km: 1 });
  const booking = await book(fixture, place, limits);
  const offer = await offerOf(fixture, booking);
  const ids = { bookingId: booking.id, offerId: offer.offerId };
  return { place, pilot, booking, offer, ids };
}
type Offered = Awaited<ReturnType<typeof offered>>;
const factOf = ({ offer, pilot }: Offered, answer: AnswerFact['answer']): AnswerFact => ({
  answer,
  offerId: offer.offerId,
  pilotId: pilot,
  by: 'operator',
});

describe('F4 · run again, alone and ten at once, it changes nothing', () => {
  const settled = (kind: string, prepare: (one: Offered) => Promise<unknown>, fact?: AnswerFact['answer']) =>
    [
      kind,
      async () => {
        const one = await offered();
        await prepare(one);
        const step = fact === undefined ? one.ids : { ...one.ids, fact: factOf(one, fact) };
        return () => settleOffer(fixture.context, step);
      },
    ] as const;

  it.each([
    [
      'claimNextPilot',
      async () => {
        const { place, booking } = await offered();
        const second = await book(fixture, place);
        await addPilot(fixture, place, { km: 2 });
        const step = { bookingId: second.id, offerId: randomUUID() };
        expect(booking.id).not.toBe(second.id);
        return () => claimNextPilot(fixture.context, step);
      },
    ],
    [
      'claimNextPilot with nobody near',
      async () => {
        const booking = await book(fixture, freshPlace());
        return () => claimNextPilot(fixture.context, { bookingId: booking.id, offerId: randomUUID() });
      },
    ],
    [
      'claimNextPilot whose offer was declined meanwhile',
      async () => {
        const one = await offered();
        await declineByTap(fixture.context, one.offer);
        return () => claimNextPilot(fixture.context, one.ids);
      },
    ],
    settled('settleOffer before the end', () => Promise.resolve()),
    settled('settleOffer after the end', ({ booking }) => letPass(fixture, booking, 30_000)),
    settled('settleOffer with an accept', () => Promise.resolve(), 'accept'),
    settled('settleOffer with a decline', () => Promise.resolve(), 'decline'),
    settled(
      'settleOffer after an accept by tap',
      ({ offer }) => acceptByTap(fixture.context, offer),
      'accept',
    ),
    [
      'retrySearch',
      async () => {
        const booking = await book(fixture, freshPlace());
        await claim(fixture, booking);
        return () =>
          retryBySignal(fixture.context, {
            bookingId: booking.id,
            by: 'operator',
            afterSearchNo: 1,
          });
      },
    ],
    [
      'cancelBooking',
      async () => {
        const { booking } = await offered();
        return () => cancelBySignal(fixture.context, { bookingId: booking.id, by: 'operator' });
      },
    ],
    [
      'expireBooking',
      async () => {
        const booking = await book(fixture, freshPlace(), { retryWindowMs: 1 });
        await claim(fixture, booking);
        await letPass(fixture, booking, 10);
        return () => expireBooking(fixture.context, { bookingId: booking.id });
      },
    ],
  ] as [string, () => Promise<() => ReturnType<typeof readStanding>>][])('%s', async (_name, prepare) => {
    const run = await prepare();
    const first = await run();
    const before = await everything();
    const { kind } = await run();
    expect(kind).toBe(first.kind);
    await inCrowd(10, upTo(10), run);
    expect(await everything()).toEqual(before);
  });

  it('a used-up offer id makes no second offer, and the next pilot is asked with a new one', async () => {
    const one = await offered();
    const next = await addPilot(fixture, one.place, { km: 2 });
    await declineByTap(fixture.context, one.offer);
    const again = await claimNextPilot(fixture.context, one.ids);
    expect(again.kind).not.toBe('failed');
    expect(await fixture.query('SELECT id FROM offers WHERE booking_id = $1', [one.booking.id])).toHaveLength(
      1,
    );
    expect(await offerOf(fixture, one.booking)).toMatchObject({ pilotId: next, number: 2 });
  });
});

describe('a fact that does not fit changes nothing', () => {
  const unchanged = async (one: Offered, step: Parameters<typeof settleOffer>[1], kind: string) => {
    const before = await everything();
    expect(await settleOffer(fixture.context, step)).toMatchObject({ kind });
    expect(await everything()).toEqual(before);
    expect(await readStanding(fixture.context, { bookingId: one.booking.id })).toMatchObject({ kind });
  };

  it.each(['accept', 'decline'] as const)(
    "%s: another pilot's id, another offer's id, an offer of another booking",
    async (answer) => {
      const one = await offered();
      const other = await offered();
      const fact = factOf(one, answer);
      await unchanged(one, { ...one.ids, fact: { ...fact, pilotId: other.pilot } }, 'offered');
      await unchanged(one, { ...one.ids, fact: { ...fact, offerId: other.offer.offerId } }, 'offered');
      await unchanged(
        one,
        { ...one.ids, offerId: other.offer.offerId, fact: factOf(other, answer) },
        'offered',
      );
      await unchanged(one, { ...one.ids, offerId: randomUUID(), fact }, 'offered');
    },
  );

  it.each([
    ['declined', ({ offer }: Offered) => declineByTap(fixture.context, offer), 'searching'],
    [
      'cancelled',
      ({ booking }: Offered) => cancelBySignal(fixture.context, { bookingId: booking.id, by: 'user' }),
      'closed',
    ],
  ] as const)('the offer was %s', async (_name, end, kind) => {
    const one = await offered();
    await end(one);
    for (const answer of ['accept', 'decline'] as const)
      await unchanged(one, { ...one.ids, fact: factOf(one, answer) }, kind);
  });

  it('an accept by signal after the end expires the offer instead (S16)', async () => {
    const one = await offered();
    await letPass(fixture, one.booking, 30_000);
    const standing = await settleOffer(fixture.context, { ...one.ids, fact: factOf(one, 'accept') });
    expect(standing).toMatchObject({ kind: 'searching' });
    expect(await fixture.query('SELECT status FROM offers WHERE id = $1', [one.offer.offerId])).toEqual([
      { status: 'EXPIRED' },
    ]);
    expect(
      await fixture.query('SELECT 1 FROM audit_entries WHERE booking_id = $1', [one.booking.id]),
    ).toEqual([]);
  });
});

it('what is done by signal is audited with who did it', async () => {
  const one = await offered();
  await settleOffer(fixture.context, { ...one.ids, fact: { ...factOf(one, 'accept'), by: 'olivia' } });
  await cancelBySignal(fixture.context, { bookingId: one.booking.id, by: 'oscar' });
  const audit = await fixture.query(
    'SELECT actor, action FROM audit_entries WHERE booking_id = $1 ORDER BY id',
    [one.booking.id],
  );
  expect(audit).toEqual([
    { actor: 'olivia', action: 'accept' },
    { actor: 'oscar', action: 'cancel' },
  ]);
});

it('a booking that does not exist: NotFoundError from every activity', async () => {
  const bookingId = randomUUID();
  const step = { bookingId, offerId: randomUUID(), by: 'operator', afterSearchNo: 1 };
  for (const run of [claimNextPilot, settleOffer, retryBySignal, cancelBySignal, expireBooking, readStanding])
    await expect(run(fixture.context, step)).rejects.toMatchObject({ name: 'NotFoundError' });
});
