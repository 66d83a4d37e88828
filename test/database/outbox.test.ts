// The outbox (design 3): a line commits with its change, goes to one relay at a time, and stays until it is told.
import {
  deleteOutboxLines,
  insertOutboxLine,
  leaseOutboxLines,
  outboxBacklog,
  postponeOutboxLine,
} from '../../database/statements/outbox.js';
import { inTransaction } from '../../dispatch/context.js';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { lockBooking } from '../../database/statements/bookings.js';
import { dropLease, takeLease } from '../../database/statements/repairs.js';
import { expectAgreement } from '../support/agreement.js';
import { inCrowd, outcome, upTo } from '../support/crowd.js';
import { book, customer, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
beforeEach(() => fixture.query('DELETE FROM outbox'));
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

const LEASE_MS = 30_000;
const lease = (limit = 50) => leaseOutboxLines(fixture.source.manager, limit, LEASE_MS);

/** Lines that are due now. */
async function dueLines(count: number): Promise<string[]> {
  const lines = await inCrowd(10, upTo(count), (index) =>
    insertOutboxLine(fixture.source.manager, {
      bookingId: customer().id,
      kind: 'nudge',
      payload: { index },
      leaseMs: 0,
    }),
  );
  return lines.map((line) => line.id).sort();
}
const byTime = (ms: number) =>
  fixture.query(`UPDATE outbox SET due_at = due_at - $1::double precision * interval '1 ms'`, [ms]);

it('F15 · two relays at once: each line goes to one of them, once', async () => {
  const ids = await dueLines(100);
  const leased = (await inCrowd(8, upTo(16), () => lease(10))).flat().map((line) => line.id);
  for (let more = await lease(); more.length > 0; more = await lease())
    leased.push(...more.map((line) => line.id));
  expect(leased.sort()).toEqual(ids);
  expect(await lease()).toEqual([]);
});

it('never more than were asked for', async () => {
  await dueLines(30);
  const sizes = await inCrowd(4, upTo(4), async () => (await lease(5)).length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(5);
});

it('a line that was leased and not deleted is due again after the lease, with its attempts counted', async () => {
  const [id] = await dueLines(1);
  expect(await lease()).toMatchObject([{ id, attempts: 1, kind: 'nudge', payload: { index: 0 } }]);
  await byTime(LEASE_MS - 5_000);
  expect(await lease()).toEqual([]);
  await byTime(5_000);
  expect(await lease()).toMatchObject([{ id, attempts: 2 }]);
  await deleteOutboxLines(fixture.source.manager, [id ?? '']);
  await byTime(LEASE_MS);
  expect(await lease()).toEqual([]);
});

it('a line that could not be told is due again after its delay', async () => {
  const [id] = await dueLines(1);
  await lease();
  await postponeOutboxLine(fixture.source.manager, id ?? '', 60_000);
  expect(await lease()).toEqual([]);
  await byTime(60_000);
  expect(await lease()).toMatchObject([{ id }]);
});

it('F1 · the writer has a line to itself for 0.6 s, then any relay may take it', async () => {
  const booking = await book(fixture, freshPlace());
  expect(await lease()).toEqual([]);
  await byTime(600);
  expect(await lease()).toMatchObject([{ booking_id: booking.id, kind: 'start' }]);
});

it('the backlog: how many lines, and how old the oldest', async () => {
  expect(await outboxBacklog(fixture.source.manager)).toEqual({ lines: 0, oldest_ms: 0 });
  await dueLines(3);
  await fixture.query(
    `UPDATE outbox SET created_at = created_at - interval '1 min' WHERE id = (SELECT min(id) FROM outbox)`,
  );
  const backlog = await outboxBacklog(fixture.source.manager);
  expect(backlog.lines).toBe(3);
  expect(backlog.oldest_ms).toBeGreaterThan(60_000);
  expect(backlog.oldest_ms).toBeLessThan(65_000);
});

describe('after a rollback', () => {
  async function nothingOf(bookingId: string, work: () => Promise<unknown>) {
    const count = async () => ({
      events: await fixture.query('SELECT seq FROM booking_events WHERE booking_id = $1', [bookingId]),
      booking: await fixture.query('SELECT event_seq, status FROM bookings WHERE id = $1', [bookingId]),
      lines: await fixture.query('SELECT id FROM outbox WHERE booking_id = $1', [bookingId]),
      sent: fixture.emitter.sent.length,
      delivered: fixture.delivered.length,
      logs: fixture.logs.length,
    });
    const before = await count();
    expect(await outcome(work())).toMatchObject({ ok: false });
    expect(await count()).toEqual(before);
  }

  it('there is no line, no event, no emission, no log, nothing handed over', async () => {
    const booking = await book(fixture, freshPlace());
    await nothingOf(booking.id, () =>
      inTransaction(fixture.context, async (tx) => {
        const row = await lockBooking(tx.manager, booking.id);
        tx.tidings.user(row as NonNullable<typeof row>, 'booking:offer_declined', { message: 'x' });
        tx.tidings.admin('booking:assigned', { bookingId: booking.id, pilotId: booking.id, pilotName: 'x' });
        tx.tellWorkflow(booking.id, 'nudge', {});
        tx.log('offer_declined', { bookingId: booking.id });
        throw new Error('not like this');
      }),
    );
  });

  it('an emitter that fails inside of the transaction rolls everything back; the tap may be repeated', async () => {
    const place = freshPlace();
    await addPilot(fixture, place);
    const booking = await book(fixture, place);
    const offer = await offerOf(fixture, booking);
    fixture.emitter.failWith = new Error('the emitter fails');
    await nothingOf(booking.id, () => acceptByTap(fixture.context, offer));
    fixture.emitter.failWith = undefined;
    expect(await acceptByTap(fixture.context, offer)).toMatchObject({ outcome: 'ASSIGNED' });
  });

  it('a transaction that Postgres ended in a deadlock is run again as a whole, and told once', async () => {
    const booking = await book(fixture, freshPlace());
    const before = fixture.emitter.sent.length;
    let runs = 0;
    await inTransaction(fixture.context, async (tx) => {
      const row = await lockBooking(tx.manager, booking.id);
      tx.tidings.user(row as NonNullable<typeof row>, 'booking:offer_declined', { message: `run ${runs}` });
      tx.tellWorkflow(booking.id, 'nudge', {});
      runs += 1;
      if (runs < 3) throw Object.assign(new Error('deadlock detected'), { driverError: { code: '40P01' } });
    });
    expect(runs).toBe(3);
    expect(fixture.emitter.sent.slice(before).map((one) => one.payload['message'])).toEqual(['run 2']);
    expect(
      await fixture.query(`SELECT 1 FROM outbox WHERE booking_id = $1 AND kind = 'nudge'`, [booking.id]),
    ).toHaveLength(1);
  });
});

it("a lease is one process's at a time, kept by renewing, free after its end or when given back", async () => {
  const take = (holder: string, ms = 5_000) => takeLease(fixture.source.manager, 'reconciler', holder, ms);
  const taken = await inCrowd(10, upTo(10), (index) => take(`process-${index}`));
  expect(taken.filter(Boolean)).toHaveLength(1);
  const holder = `process-${taken.indexOf(true)}`;
  expect(await take(holder)).toBe(true);
  expect(await take('another')).toBe(false);
  await dropLease(fixture.source.manager, 'reconciler', 'another');
  expect(await take('another')).toBe(false);
  await dropLease(fixture.source.manager, 'reconciler', holder);
  expect(await take('another')).toBe(true);
  await fixture.query(`UPDATE leases SET until = clock_timestamp() - interval '1 ms'`);
  expect(await take(holder)).toBe(true);
});
