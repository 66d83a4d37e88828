// Rule 8 in races: accept against cancel, decline, the end of time and another answer. F11, F13, F31.
import { acceptByTap, declineByTap } from '../../dispatch/answer-offer.js';
import { cancelByCaller } from '../../dispatch/cancel-booking.js';
import { settleOffer } from '../../dispatch/settle-offer.js';
import { expectAgreement } from '../support/agreement.js';
import { count, tried, within } from '../support/counts.js';
import { inCrowd, jitter, outcome, upTo } from '../support/crowd.js';
import { book, customer, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';
import { pause } from '../support/waiting.js';

/** Races at once: each takes two or three connections. */
const AT_ONCE = 4;
let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

async function offered(offerTimeoutMs = 30_000) {
  const place = freshPlace();
  const user = customer();
  const pilot = await addPilot(fixture, place);
  const booking = await book(fixture, place, { offerTimeoutMs }, user);
  const offer = await offerOf(fixture, booking);
  return { user, pilot, booking, offer };
}
type Offered = Awaited<ReturnType<typeof offered>>;

const rowOf = async ({ booking, offer }: Offered) =>
  (
    await fixture.query<{ status: string; offer: string; end_reason: string | null }>(
      `SELECT b.status, o.status AS offer, o.end_reason FROM bookings b JOIN offers o ON o.booking_id = b.id
       WHERE b.id = $1 AND o.id = $2`,
      [booking.id, offer.offerId],
    )
  )[0];
const toPilot = ({ pilot, booking }: Offered) =>
  fixture.emitter.to(`pilot:${pilot}`, booking.id).map(([event]) => event);
const jobs = ({ pilot }: Offered) =>
  fixture.emitter.to(`pilot:${pilot}`).filter(([event]) => event === 'job:assigned').length;
const toUser = ({ user }: Offered) =>
  fixture.emitter
    .to(`user:${user.id}`)
    .slice(3)
    .map(([event]) => event);

/** A cancel as the API makes it: its age is what has passed since it reached the process. */
function cancel({ booking, user }: Offered, arrivedAt = performance.now()) {
  return cancelByCaller(fixture.context, {
    bookingId: booking.id,
    caller: { type: 'user', id: user.id },
    ageMs: performance.now() - arrivedAt,
  });
}

/** What crosses is told by when the accept was decided: a cancel that came after that is a later one. */
async function cameLater({ booking }: Offered, cancelledAt: number): Promise<boolean> {
  const [row] = await fixture.query<{ assigned_at: Date }>('SELECT assigned_at FROM bookings WHERE id = $1', [
    booking.id,
  ]);
  return cancelledAt >= (row?.assigned_at.getTime() ?? Infinity);
}

it(
  'F13 · accept against cancel: two that cross never both succeed, and the pilot is told',
  async () => {
    const won = { accept: 0, cancel: 0 };
    await inCrowd(AT_ONCE, upTo(count(2_000)), async () => {
      const one = await offered();
      let cancelledAt = 0;
      const [accepted, cancelled] = await Promise.all([
        // A cancel reads once more than an accept before it has the lock: this way each wins often.
        jitter(5).then(() => outcome(acceptByTap(fixture.context, one.offer))),
        jitter(2).then(() => {
          cancelledAt = Date.now();
          return outcome(cancel(one));
        }),
      ]);
      const row = await rowOf(one);
      if (accepted.ok && cancelled.ok) {
        expect(await cameLater(one, cancelledAt)).toBe(true);
        expect(toPilot(one).at(-1)).toBe('booking:cancelled');
      } else if (accepted.ok) {
        won.accept += 1;
        expect(cancelled).toMatchObject({ ok: false, error: { code: 'booking_assigned' } });
        expect(row).toEqual({ status: 'ASSIGNED', offer: 'ACCEPTED', end_reason: null });
        expect(toUser(one)).toEqual(['booking:driver_assigned']);
        expect(await cancel(one)).toMatchObject({ status: 'CANCELLED' });
        expect(toPilot(one).at(-1)).toBe('booking:cancelled');
      } else {
        won.cancel += 1;
        expect(accepted).toMatchObject({ error: { code: 'booking_cancelled' } });
        expect(row).toEqual({ status: 'CANCELLED', offer: 'WITHDRAWN', end_reason: 'cancelled' });
        expect(toUser(one)).toEqual(['booking:cancelled']);
        expect(toPilot(one)).toEqual(['booking:offer', 'offer:expired']);
        expect(jobs(one)).toBe(0);
      }
    });
    expect(won.accept).toBeGreaterThan(10);
    expect(won.cancel).toBeGreaterThan(10);
    tried('F13', count(2_000));
  },
  within(120_000),
);

it('F13 · a cancel that was under way when the accept committed does not win, however long it waited for it', async () => {
  const one = await offered();
  const accepting = fixture.source.createQueryRunner();
  await accepting.startTransaction();
  await accepting.query('SELECT 1 FROM bookings WHERE id = $1 FOR NO KEY UPDATE', [one.booking.id]);
  const cancelling = outcome(cancel(one));
  await pause(30);
  // The accept, as `acceptByTap` writes it, while the cancel waits for its lock.
  await accepting.query(
    `UPDATE offers SET status = 'ACCEPTED', accepted_at = clock_timestamp() WHERE id = $1`,
    [one.offer.offerId],
  );
  await accepting.query(
    `UPDATE bookings SET status = 'ASSIGNED', pilot_id = $2, assigned_at = clock_timestamp() WHERE id = $1`,
    [one.booking.id, one.pilot],
  );
  await accepting.query(
    `UPDATE searches SET outcome = 'assigned', ended_at = clock_timestamp() WHERE booking_id = $1`,
    [one.booking.id],
  );
  await pause(30);
  await accepting.commitTransaction();
  await accepting.release();
  expect(await cancelling).toMatchObject({ ok: false, error: { code: 'booking_assigned' } });
  expect(await rowOf(one)).toMatchObject({ status: 'ASSIGNED', offer: 'ACCEPTED' });
});

it(
  'F31 · accept against decline: the first wins, the other hears 409',
  async () => {
    const won = { accept: 0, decline: 0 };
    await inCrowd(AT_ONCE, upTo(count(1_000)), async () => {
      const one = await offered();
      const [accepted, declined] = await Promise.all([
        jitter(3).then(() => outcome(acceptByTap(fixture.context, one.offer))),
        jitter(3).then(() => outcome(declineByTap(fixture.context, one.offer))),
      ]);
      expect([accepted.ok, declined.ok].filter(Boolean)).toHaveLength(1);
      won[accepted.ok ? 'accept' : 'decline'] += 1;
      const code = accepted.ok ? 'offer_accepted' : 'offer_declined';
      expect(accepted.ok ? declined : accepted).toMatchObject({ error: { code } });
      expect(await rowOf(one)).toEqual(
        accepted.ok
          ? { status: 'ASSIGNED', offer: 'ACCEPTED', end_reason: null }
          : { status: 'PENDING', offer: 'DECLINED', end_reason: 'declined' },
      );
      expect(toUser(one)).toEqual([accepted.ok ? 'booking:driver_assigned' : 'booking:offer_declined']);
    });
    expect(Math.min(won.accept, won.decline)).toBeGreaterThan(5);
    tried('F31', count(1_000));
  },
  within(120_000),
);

it(
  'F11 · accept within 50 ms of the end: exactly one of accepted and expired, and all agree',
  async () => {
    const offerMs = 120;
    const won = { accepted: 0, expired: 0 };
    await inCrowd(AT_ONCE, upTo(count(2_000)), async () => {
      const one = await offered(offerMs);
      // From now on: what the claim says was true before it had committed.
      const leftMs = Math.max(0, Date.parse(one.offer.expiresAt) - Date.now());
      const settle = () =>
        settleOffer(fixture.context, { bookingId: one.booking.id, offerId: one.offer.offerId });
      const [accepted, settled] = await Promise.all([
        pause(Math.max(0, leftMs - 50 + Math.random() * 100)).then(() =>
          outcome(acceptByTap(fixture.context, one.offer)),
        ),
        // The workflow's timer fires at the end, and again until the rows have ended the offer.
        pause(leftMs).then(async () => {
          for (;;) {
            const standing = await settle();
            if (standing.kind !== 'offered') return standing;
            await pause(standing.offer.remainingMs + 1);
          }
        }),
      ]);
      const row = await rowOf(one);
      if (accepted.ok) {
        won.accepted += 1;
        expect(row).toEqual({ status: 'ASSIGNED', offer: 'ACCEPTED', end_reason: null });
        expect(settled.kind).toBe('assigned');
        expect(toUser(one)).toEqual(['booking:driver_assigned']);
        expect(jobs(one)).toBe(1);
        expect(toPilot(one)).not.toContain('offer:expired');
      } else {
        won.expired += 1;
        expect(accepted.error.code).toBe('offer_expired');
        expect(row).toEqual({ status: 'PENDING', offer: 'EXPIRED', end_reason: 'timeout' });
        expect(settled.kind).toBe('searching');
        expect(toUser(one)).toEqual(['booking:offer_expired']);
        expect(toPilot(one)).toEqual(['booking:offer', 'offer:expired']);
        expect(jobs(one)).toBe(0);
      }
    });
    expect(Math.min(won.accepted, won.expired)).toBeGreaterThan(5);
    tried('F11', count(2_000));
  },
  within(120_000),
);

it(
  'F10 · the same accept from 2 to 50 devices at once: the same answer for all, one transition',
  async () => {
    const tries = count(500);
    await inCrowd(1, upTo(tries), async (index) => {
      const one = await offered();
      const devices = 2 + (index % 49);
      const answers = await Promise.all(upTo(devices).map(() => acceptByTap(fixture.context, one.offer)));
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(toUser(one)).toEqual(['booking:driver_assigned']);
      expect(jobs(one)).toBe(1);
      expect(await rowOf(one)).toEqual({ status: 'ASSIGNED', offer: 'ACCEPTED', end_reason: null });
      const told = await fixture.query("SELECT 1 FROM outbox WHERE booking_id = $1 AND kind = 'accept'", [
        one.booking.id,
      ]);
      expect(told).toHaveLength(1);
    });
    tried('F10', tries);
  },
  within(120_000),
);
