// Lists (newest first, cursor, `q`) and the counts of searches.
import { recentEventsOfUsers } from '../../database/statements/events.js';
import {
  insertVehicleType,
  listBookings,
  listVehicleTypes,
  selectStats,
  type BookingFilter,
} from '../../database/statements/lists.js';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { assignByHand } from '../../dispatch/assign-by-hand.js';
import { cancelBySignal } from '../../dispatch/cancel-booking.js';
import { readAssignment, readEvents } from '../../dispatch/reads.js';
import { retryByCaller } from '../../dispatch/retry-search.js';
import { releaseByOperator } from '../../dispatch/jobs.js';
import { expectAgreement } from '../support/agreement.js';
import { upTo } from '../support/crowd.js';
import {
  book,
  claim,
  customer,
  letPass,
  offerOf,
  openDispatch,
  type Fixture,
} from '../support/dispatch-fixture.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

const stats = () => selectStats(fixture.source.manager);

it('the counts, from nothing on: pending, searching, failed, assigned, and the rate', async () => {
  const expectStats = async (
    pending: number,
    active: number,
    failed: number,
    assigned: number,
    rate: number | null,
  ) =>
    expect(await stats()).toEqual({
      pendingBookings: pending,
      activeAssignments: active,
      failedAssignments: failed,
      assignedBookings: assigned,
      successRate: rate,
    });
  await expectStats(0, 0, 0, 0, null);
  const place = freshPlace();
  const user = customer();
  const one = await book(fixture, place, {}, user);
  await expectStats(1, 1, 0, 0, null);
  await claim(fixture, one); // nobody near
  await expectStats(1, 0, 1, 0, 0);
  await retryByCaller(fixture.context, { bookingId: one.id, caller: { type: 'user', id: user.id } });
  await expectStats(1, 1, 1, 0, 0);
  const pilot = await addPilot(fixture, place);
  await acceptByTap(fixture.context, await offerOf(fixture, one));
  await expectStats(0, 0, 1, 1, 0.5);
  const late = await book(fixture, freshPlace(), { searchPatienceMs: 60_000 });
  await claim(fixture, late);
  await letPass(fixture, late, 130_000);
  await claim(fixture, late);
  await expectStats(1, 0, 2, 1, 1 / 3);
  await releaseByOperator(fixture.context, { bookingId: one.id, adminId: user.id, reason: 'x' });
  await expectStats(2, 1, 2, 1, 1 / 3);
  await assignByHand(fixture.context, { bookingId: late.id, pilotId: pilot, adminId: user.id }); // a failed one
  await expectStats(1, 1, 2, 2, 0.5);
  await cancelBySignal(fixture.context, { bookingId: one.id, by: 'user' }); // a search that ended neither way
  await expectStats(0, 0, 2, 2, 0.5);
});

describe('lists of bookings', () => {
  const user = customer();
  const numbers: string[] = [];
  const list = (filter: Partial<BookingFilter>) =>
    listBookings(fixture.source.manager, { limit: 100, userId: user.id, ...filter });
  const found = async (q: string) => (await list({ q })).map((booking) => booking.pickup_address);

  beforeAll(async () => {
    const place = freshPlace();
    for (const address of [
      '100% Street',
      '1000 Street',
      'under_score',
      'underXscore',
      'O\'Hara "quoted"',
      'back\\slash',
      'Ünï 🚲',
    ])
      numbers.push(
        (await book(fixture, place, {}, user, { pickup: { ...place, address } })).bookingNumber.slice(2),
      );
    await book(fixture, place, {}, { ...customer(), name: 'Someone Else' });
  });

  it('newest first, of this user alone', async () => {
    expect((await list({})).map((booking) => booking.number)).toEqual([...numbers].reverse());
  });

  it('page by page without a gap or a repeat, also when new ones come meanwhile', async () => {
    const seen: string[] = [];
    for (let beforeNumber: string | undefined; ;) {
      const page = await list({ limit: 3, ...(beforeNumber === undefined ? {} : { beforeNumber }) });
      seen.push(...page.map((booking) => booking.number));
      if (page.length < 3) break;
      beforeNumber = page.at(-1)?.number;
      const late = await book(fixture, freshPlace(), {}, user);
      await fixture.query('UPDATE bookings SET user_id = $2 WHERE id = $1', [late.id, customer().id]);
      await fixture.query('DELETE FROM booking_events WHERE booking_id = $1', [late.id]);
      await fixture.query('UPDATE bookings SET event_seq = 0 WHERE id = $1', [late.id]);
      fixture.emitter.sent.splice(-1);
    }
    expect(seen).toEqual([...numbers].reverse());
  });

  it.each([
    ['100%', ['100% Street']],
    ['0%', ['100% Street']],
    ['%', ['100% Street']],
    ['_', ['under_score']],
    ['under_', ['under_score']],
    ['\\', ['back\\slash']],
    ["o'hara", ['O\'Hara "quoted"']],
    ['"quoted"', ['O\'Hara "quoted"']],
    ['ünï', ['Ünï 🚲']],
    ['🚲', ['Ünï 🚲']],
    ["' OR true --", []],
    ["'; DELETE FROM bookings; --", []],
    ['$1', []],
    ['someone', []],
  ])('q finds literally: %s', async (q, addresses) => {
    expect(await found(q)).toEqual(addresses);
  });

  it('q finds number, address, customer and pilot, not the phone', async () => {
    const place = freshPlace();
    const pilot = await addPilot(fixture, place, { name: 'Zacharias Pilot' });
    const booking = await book(fixture, place, {}, { ...customer(), name: 'Quentin' });
    await acceptByTap(fixture.context, await offerOf(fixture, booking));
    for (const q of [
      booking.bookingNumber,
      booking.bookingNumber.toLowerCase(),
      booking.id.slice(0, 18),
      'quentin',
      'zacharias',
    ])
      expect((await listBookings(fixture.source.manager, { q, limit: 5 })).map((one) => one.id)).toContain(
        booking.id,
      );
    expect(await listBookings(fixture.source.manager, { q: '555 0100', limit: 5 })).toEqual([]);
    const mine = await listBookings(fixture.source.manager, { pilotId: pilot, limit: 5 });
    expect(mine).toMatchObject([
      { id: booking.id, pilot_name: 'Zacharias Pilot', pilot_phone: '+1 514 555 0199' },
    ]);
    const assigned = await listBookings(fixture.source.manager, { status: 'ASSIGNED', limit: 50 });
    expect(assigned.map((one) => one.id)).toContain(booking.id);
    expect(new Set(assigned.map((one) => one.status))).toEqual(new Set(['ASSIGNED']));
  });
});

it('vehicle types: bike, truck and van from the first migration; one more, once', async () => {
  const { manager } = fixture.source;
  expect(await listVehicleTypes(manager)).toEqual([
    { id: 'bike', name: 'Bike' },
    { id: 'truck', name: 'Truck' },
    { id: 'van', name: 'Van' },
  ]);
  expect(await insertVehicleType(manager, 'boat', 'Boat')).toBe(true);
  expect(await insertVehicleType(manager, 'boat', 'Other')).toBe(false);
  expect(await listVehicleTypes(manager)).toContainEqual({ id: 'boat', name: 'Boat' });
});

it('elapsedMs runs while the search does and freezes at its end', async () => {
  const user = customer();
  const booking = await book(fixture, freshPlace(), { searchPatienceMs: 10_000 }, user);
  const read = () => readAssignment(fixture.context, booking.id, { type: 'user', id: user.id });
  await claim(fixture, booking);
  await letPass(fixture, booking, 7_000);
  const running = await read();
  expect(running).toMatchObject({ isSearching: true, status: 'searching', canRetry: false });
  expect(running.elapsedMs).toBeGreaterThanOrEqual(7_000);
  await letPass(fixture, booking, 3_000);
  await claim(fixture, booking);
  const ended = await read();
  expect(ended).toMatchObject({
    isSearching: false,
    status: 'failed',
    canRetry: true,
    canCancel: true,
    triedPilots: 0,
  });
  await letPass(fixture, booking, 60_000);
  expect((await read()).elapsedMs).toBe(ended.elapsedMs);
});

it('events after a number, in order, for their user and operators only', async () => {
  const user = customer();
  const booking = await book(fixture, freshPlace(), {}, user);
  await claim(fixture, booking);
  const read = (after: number, type: 'user' | 'admin' | 'pilot' = 'user', id = user.id) =>
    readEvents(fixture.context, booking.id, { type, id }, after);
  const all = await read(0);
  expect(all.map((one) => one.seq)).toEqual([1, 2, 3]);
  for (const one of all)
    expect(one.payload).toMatchObject({ seq: one.seq, at: one.at, bookingId: booking.id });
  for (const after of upTo(5)) expect(await read(after)).toEqual(all.slice(after));
  expect(await read(0, 'admin', customer().id)).toEqual(all);
  await expect(read(0, 'user', customer().id)).rejects.toMatchObject({ name: 'NotFoundError' });
});

it('what a listener missed: the latest events of the users who are connected (F21)', async () => {
  const [user, other] = [customer(), customer()];
  const [first, second] = [
    await book(fixture, freshPlace(), {}, user),
    await book(fixture, freshPlace(), {}, user),
  ];
  await book(fixture, freshPlace(), {}, other);
  await claim(fixture, second);
  await fixture.query(`UPDATE booking_events SET at = at - interval '1 min' WHERE booking_id = $1`, [
    first.id,
  ]);
  const recent = async (sinceMs: number, userIds = [user.id], atOnce?: number) => {
    const found: [string, number][] = [];
    for await (const one of recentEventsOfUsers(fixture.source.manager, userIds, sinceMs, atOnce))
      found.push([one.booking_id, one.seq]);
    return found;
  };
  expect(await recent(30_000)).toEqual([1, 2, 3].map((seq) => [second.id, seq]));
  const all = await recent(90_000);
  expect(all).toHaveLength(4);
  // However few are read at once, none is left out and none comes twice.
  for (const atOnce of [1, 2, 3, 4, 5]) expect(await recent(90_000, [user.id], atOnce)).toEqual(all);
  expect(await recent(90_000, [])).toEqual([]);
  await fixture.query(`UPDATE booking_events SET at = at + interval '1 min' WHERE booking_id = $1`, [
    first.id,
  ]);
});
