// What operators watch: the search of each booking, by state; and that old bookings cost nothing.
import { OFFER_RECEIPT_MS } from '../../contract/limits.js';
import { MESSAGES } from '../../contract/messages.js';
import { searchViewShape, type SearchView } from '../../contract/page-shapes.js';
import { ASSIGNMENT_STATUSES, SEARCH_STATES, type SearchState } from '../../contract/words.js';
import { markReceived } from '../../database/statements/offers.js';
import { listSearches, type SearchFilter } from '../../database/statements/watching.js';
import { acceptByTap, declineByTap } from '../../dispatch/answer-offer.js';
import { cancelBySignal } from '../../dispatch/cancel-booking.js';
import { expireBooking } from '../../dispatch/sweeps.js';
import { readAssignment } from '../../dispatch/reads.js';
import { readSearches, toSearchView } from '../../dispatch/watching.js';
import { expectAgreement } from '../support/agreement.js';
import { conform } from '../support/conform.js';
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
beforeEach(async () => {
  fixture = await openDispatch(4);
});
afterEach(async () => {
  await expectAgreement(fixture);
  await fixture.close();
});

async function searches(filter: Partial<SearchFilter> = {}): Promise<SearchView[]> {
  const { found } = await readSearches(fixture.context, { state: 'open', limit: 100, ...filter });
  const views = found.map((one) => toSearchView(one, (id) => `link to ${id}`));
  for (const view of views) conform(searchViewShape, view);
  return views;
}

async function searchOf(bookingId: string): Promise<SearchView> {
  const found = (await searches({ state: 'all' })).find((one) => one.bookingId === bookingId);
  if (found === undefined) throw new Error(`no search of ${bookingId}`);
  return found;
}

/** A booking in each status of a search; `failed` twice, since an expired booking is one as well. */
async function oneOfEach(): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  const make = async (name: string) => {
    const place = freshPlace();
    const booking = await book(fixture, place);
    ids[name] = booking.id;
    return { place, booking };
  };
  await make('searching');
  const offered = await make('offered');
  await addPilot(fixture, offered.place, { name: 'Olga Offered' });
  await offerOf(fixture, offered.booking);
  await claim(fixture, (await make('failed')).booking);
  const expired = await make('expired');
  await claim(fixture, expired.booking);
  await letPass(fixture, expired.booking, 1_900_000);
  await expireBooking(fixture.context, { bookingId: expired.booking.id });
  const assigned = await make('assigned');
  await addPilot(fixture, assigned.place, { name: 'Aldo Assigned' });
  await acceptByTap(fixture.context, await offerOf(fixture, assigned.booking));
  const cancelled = await make('cancelled');
  await cancelBySignal(fixture.context, { bookingId: cancelled.booking.id, by: 'user' });
  return ids;
}

describe('searches', () => {
  it('in each state those whose status it is, newest first, with what the assignment says', async () => {
    const ids = await oneOfEach();
    const all = await searches({ state: 'all' });
    expect(all.map((one) => one.bookingId)).toEqual(Object.values(ids).reverse());
    const wanted: Record<SearchState, string[]> = {
      open: ['failed', 'offered', 'searching'],
      searching: ['searching'],
      offered: ['offered'],
      failed: ['expired', 'failed'],
      assigned: ['assigned'],
      cancelled: ['cancelled'],
      all: Object.keys(ids).reverse(),
    };
    for (const state of SEARCH_STATES) {
      const found = await searches({ state });
      expect([state, found.map((one) => one.bookingId)]).toEqual([
        state,
        wanted[state].map((name) => ids[name]),
      ]);
      if ((ASSIGNMENT_STATUSES as readonly string[]).includes(state))
        expect(new Set(found.map((one) => one.status))).toEqual(new Set([state]));
    }
    for (const view of all) {
      const id = view.bookingId;
      const { status, triedPilots } = await readAssignment(fixture.context, id, { type: 'admin', id });
      expect(view).toMatchObject({ status, triedPilots, workflowUrl: `link to ${id}` });
    }
  });

  it('tells the live offer, and who has the job', async () => {
    const ids = await oneOfEach();
    const offered = await searchOf(ids['offered'] ?? '');
    expect(offered.offer).toMatchObject({ pilotName: 'Olga Offered', pilotNumber: 1, received: false });
    expect(offered).toMatchObject({ pilot: null, endedAt: null, reason: null });
    await markReceived(fixture.source.manager, offered.offer?.offerId ?? '', offered.offer?.pilotId ?? '');
    expect((await searchOf(offered.bookingId)).offer?.received).toBe(true);
    expect(await searchOf(ids['assigned'] ?? '')).toMatchObject({
      offer: null,
      pilot: { name: 'Aldo Assigned' },
      endedAt: expect.any(String),
    });
    expect(await searchOf(ids['searching'] ?? '')).toMatchObject({
      startedAt: null,
      endsAt: null,
      elapsedMs: 0,
    });
  });

  it('says why one failed in the words of rule 3, and elapsed time freezes', async () => {
    const place = freshPlace();
    await addPilot(fixture, place);
    const most = await book(fixture, place, { maxPilots: 1 });
    await declineByTap(fixture.context, await offerOf(fixture, most));
    await claim(fixture, most);
    const nobody = await book(fixture, freshPlace());
    await claim(fixture, nobody);
    const late = await book(fixture, freshPlace(), { searchPatienceMs: 200_000 });
    await claim(fixture, late);
    await letPass(fixture, late, 130_000);
    await claim(fixture, late);
    expect((await searches()).map((one) => one.reason)).toEqual([
      MESSAGES.searchTimeout,
      MESSAGES.nobodyNear,
      MESSAGES.maxPilots,
    ]);
    const before = (await searchOf(late.id)).elapsedMs;
    expect(before).toBeGreaterThanOrEqual(120_000);
    await letPass(fixture, late, 60_000);
    expect((await searchOf(late.id)).elapsedMs).toBe(before);
  });

  it('counts offers of this search that no app showed in time: not the young, not those answered at once', async () => {
    const place = freshPlace();
    for (const km of [1, 2, 3]) await addPilot(fixture, place, { km });
    const booking = await book(fixture, place);
    const counted = async () => (await searchOf(booking.id)).unreceivedOffers;
    const first = await offerOf(fixture, booking);
    expect(await counted()).toBe(0);
    await letPass(fixture, booking, OFFER_RECEIPT_MS);
    expect(await counted()).toBe(1);
    await declineByTap(fixture.context, first);
    const second = await offerOf(fixture, booking);
    await markReceived(fixture.source.manager, second.offerId, second.pilotId);
    expect(await counted()).toBe(1);
    await declineByTap(fixture.context, second);
    const third = await offerOf(fixture, booking);
    await declineByTap(fixture.context, third);
    await letPass(fixture, booking, 20_000);
    await fixture.query(`UPDATE offers SET received_at = offered_at + interval '1 s' WHERE id = $1`, [
      second.offerId,
    ]);
    expect(await counted()).toBe(1);
    await fixture.query(`UPDATE offers SET received_at = offered_at + interval '3 s' WHERE id = $1`, [
      second.offerId,
    ]);
    expect(await counted()).toBe(2);
  });

  it('by vehicle, by what q finds literally, and page by page', async () => {
    const place = freshPlace();
    const ids: string[] = [];
    for (const n of upTo(5)) {
      const user = { ...customer(), name: `Cora ${n}%` };
      const more = n === 2 ? { vehicleTypeId: 'van' } : {};
      ids.unshift((await book(fixture, place, {}, user, more)).id);
    }
    const found = async (filter: Partial<SearchFilter>) =>
      (await searches(filter)).map((one) => ids.indexOf(one.bookingId));
    expect(await found({ vehicleTypeId: 'van' })).toEqual([2]);
    expect(await found({ vehicleTypeId: 'truck' })).toEqual([]);
    for (const q of ['cora 4%', (await searchOf(ids[0] ?? '')).bookingNumber, ids[0] ?? ''])
      expect(await found({ q })).toEqual([0]);
    for (const q of ['%%', '_', "' OR true --"]) expect(await found({ q })).toEqual([]);
    await addPilot(fixture, place, { name: 'Quentin Asked' });
    await offerOf(fixture, { id: ids[3] ?? '' });
    expect(await found({ q: 'quentin' })).toEqual([3]);
    const { found: top } = await readSearches(fixture.context, { state: 'open', limit: 2 });
    expect(await found({ limit: 2, beforeNumber: top[1]?.number ?? '' })).toEqual([2, 3]);
  });

  it("answers Postgres' time, also where there is nothing", async () => {
    const { found, serverTime } = await readSearches(fixture.context, { state: 'all', limit: 10 });
    const [clock] = await fixture.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    expect(found).toEqual([]);
    expect(Math.abs(Date.parse(serverTime) - (clock?.now.getTime() ?? 0))).toBeLessThan(1_000);
  });

  it('reads none of the bookings that ended long ago to show those that are open', async () => {
    for (const _ of upTo(3)) await book(fixture, freshPlace());
    for (const _ of upTo(4))
      await fixture.query(`INSERT INTO bookings (id, status, user_id, user_name, pickup_lat, pickup_lng, pickup_address,
        dropoff_lat, dropoff_lng, dropoff_address, vehicle_type_id, limits)
      SELECT gen_random_uuid(), 'DELIVERED', gen_random_uuid(), 'Old', 1, 2, 'a', 1, 2, 'b', 'bike', '{"maxPilots": 10}'
      FROM generate_series(1, 5000)`);
    await fixture.query(`INSERT INTO searches (booking_id, search_no, origin, outcome)
      SELECT id, 1, 'booking', 'assigned' FROM bookings WHERE user_name = 'Old'`);
    await fixture.query('ANALYZE bookings, searches, offers');
    const reads = async () => {
      await fixture.query('SELECT pg_stat_force_next_flush()');
      const [row] = await fixture.query<{ rows: number }>(
        `SELECT sum(seq_tup_read + idx_tup_fetch)::int AS rows FROM pg_stat_user_tables
         WHERE relname IN ('bookings', 'searches', 'offers')`,
      );
      return row?.rows ?? 0;
    };
    const before = await reads();
    const { found } = await listSearches(
      fixture.source.manager,
      { state: 'open', q: 'Ann', limit: 500 },
      2_500,
    );
    expect(found).toHaveLength(3);
    expect((await reads()) - before).toBeLessThan(200);
  });
});
