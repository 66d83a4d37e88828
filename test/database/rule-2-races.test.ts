// Rule 2 under load (F14): whatever races, a pilot has one offer and a booking one, and nobody gets an error.
import { randomUUID } from 'node:crypto';
import type { Standing } from '../../contract/activities.js';
import type { SearchLimits } from '../../contract/limits.js';
import type { Booking } from '../../contract/shapes.js';
import { rows } from '../../database/query.js';
import { upsertPositions } from '../../database/statements/pilots.js';
import { expectAgreement } from '../support/agreement.js';
import { tried } from '../support/counts.js';
import { inCrowd, upTo } from '../support/crowd.js';
import { book, claim, openConnections, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot, addPilots, at } from '../support/pilots.js';
import { eastOf, freshPlace, northOf } from '../support/places.js';
import type { LatLng } from '../../contract/geo.js';

/** Connections that really work at once. */
const AT_ONCE = 40;
let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch(AT_ONCE);
  await openConnections(fixture, AT_ONCE);
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

/** Within `km` of a place, spread evenly. */
function spread(place: LatLng, count: number, km: number): LatLng[] {
  return Array.from({ length: count }, (_, index) =>
    eastOf(northOf(place, (km * (index % 7)) / 7), (km * (index % 11)) / 11),
  );
}

function bookings(count: number, places: LatLng[], limits: Partial<SearchLimits> = {}): Promise<Booking[]> {
  return inCrowd(AT_ONCE, upTo(count), (index) =>
    book(fixture, places[index % places.length] as LatLng, limits),
  );
}

/** Claims for all at once, and again for those whose claim was crowded out, as their workflows do. */
async function claimAll(all: Booking[]): Promise<Standing[]> {
  const standings = await inCrowd(AT_ONCE, all, (booking) => claim(fixture, booking));
  for (let round = 0; round < 20; round += 1) {
    const crowded = all.flatMap((_, index) => {
      const standing = standings[index];
      return standing?.kind === 'waiting' && standing.waitMs <= 200 ? [index] : [];
    });
    if (crowded.length === 0) return standings;
    await inCrowd(AT_ONCE, crowded, async (index) => {
      standings[index] = await claim(fixture, all[index] as Booking);
    });
  }
  throw new Error('claims were crowded out for twenty rounds');
}

const offeredPilots = (standings: Standing[]): string[] =>
  standings.flatMap((standing) => (standing.kind === 'offered' ? [standing.offer.pilotId] : []));

it('F14 · 400 bookings race for 20 pilots: one offer each, the others fail or wait, without an error', async () => {
  const place = freshPlace();
  const pilots = await addPilots(fixture, spread(place, 20, 3));
  const hasty = await bookings(200, spread(place, 20, 2));
  const patient = await bookings(200, spread(place, 20, 2), { searchPatienceMs: 60_000 });
  const all = hasty.flatMap((one, index) => [one, patient[index] as Booking]);
  const standings = await claimAll(all);
  expect(offeredPilots(standings).sort()).toEqual([...pilots].sort());
  const rest = standings.filter((standing) => standing.kind !== 'offered');
  expect(rest).toHaveLength(380);
  for (const [index, standing] of standings.entries()) {
    if (standing.kind === 'offered') continue;
    expect(standing.kind).toBe(index % 2 === 0 ? 'failed' : 'waiting');
  }
  const live = await fixture.query(`SELECT id FROM offers WHERE status = 'OFFERED'`);
  expect(live).toHaveLength(20);
  tried('F14', all.length);
}, 120_000);

it('F14 · select-then-update doubles pilots under the same load (the control: this test can fail)', async () => {
  const planted = await openDispatch(AT_ONCE);
  try {
    await planted.query('DROP INDEX ux_offers_live_pilot');
    const place = freshPlace();
    await addPilots(planted, spread(place, 20, 3));
    const all = await inCrowd(AT_ONCE, upTo(100), () => book(planted, place));
    await inCrowd(AT_ONCE, all, (booking) => selectThenInsert(planted, booking));
    const doubled = await planted.query(
      `SELECT pilot_id FROM offers WHERE status = 'OFFERED' GROUP BY pilot_id HAVING count(*) > 1`,
    );
    expect(doubled.length).toBeGreaterThan(0);
  } finally {
    await planted.close();
  }
});

/** What the claim must not be: look for a free pilot, then take him. */
async function selectThenInsert({ source }: Fixture, booking: Booking): Promise<void> {
  await source.transaction(async (manager) => {
    const [free] = await rows<{ id: string }>(
      manager,
      `SELECT p.id FROM pilots p WHERE p.online AND NOT EXISTS
         (SELECT FROM offers o WHERE o.pilot_id = p.id AND o.status = 'OFFERED') ORDER BY p.id LIMIT 1`,
    );
    if (free === undefined) return;
    await rows(
      manager,
      `INSERT INTO offers (id, booking_id, search_no, pilot_id, number, status, distance_km, expires_at)
       VALUES ($1, $2, 1, $3, 1, 'OFFERED', 1, clock_timestamp() + interval '30 s')`,
      [randomUUID(), booking.id, free.id],
    );
  });
}

it('50 claims at once in a crowded square kilometre with 60 pilots: nobody hears a false "no pilots"', async () => {
  const place = freshPlace();
  await addPilots(fixture, spread(place, 60, 1));
  const all = await bookings(50, spread(place, 50, 1));
  const standings = await claimAll(all);
  expect(standings.map((standing) => standing.kind)).toEqual(all.map(() => 'offered'));
  expect(new Set(offeredPilots(standings)).size).toBe(50);
  const failed = await fixture.query(
    `SELECT 1 FROM booking_events WHERE event = 'booking:no_pilots' AND booking_id = ANY ($1::uuid[])`,
    [all.map((one) => one.id)],
  );
  expect(failed).toEqual([]);
});

it('a claim while a batch of positions is being written finds the pilot and does not wait for it', async () => {
  const place = freshPlace();
  const pilots = await addPilots(fixture, spread(place, 30, 3));
  for (const _round of upTo(10)) {
    await fixture.source.transaction(async (manager) => {
      await upsertPositions(
        manager,
        pilots.map((id) => at(id, place)),
      );
      const standing = await claim(fixture, await book(fixture, place));
      expect(standing.kind).toBe('offered');
    });
  }
});

it('claims under a steady stream of position writes never miss a pilot', async () => {
  const place = freshPlace();
  const pilots = await addPilots(fixture, spread(place, 20, 3));
  let writing = true;
  const stream = (async () => {
    while (writing)
      await upsertPositions(
        fixture.source.manager,
        pilots.map((id) => at(id, northOf(place, Math.random()))),
      );
  })();
  const all = await bookings(20, [place]);
  const standings = await claimAll(all);
  writing = false;
  await stream;
  expect(new Set(offeredPilots(standings)).size).toBe(20);
});

it('a pilot whose row another transaction holds is waited for, not given up', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  const booking = await book(fixture, place);
  const holder = fixture.source.createQueryRunner();
  await holder.startTransaction();
  await holder.query('SELECT 1 FROM pilots WHERE id = $1 FOR NO KEY UPDATE', [pilot]);
  const meanwhile = await claim(fixture, booking);
  await holder.rollbackTransaction();
  await holder.release();
  expect(meanwhile).toMatchObject({ kind: 'waiting' });
  expect(await claim(fixture, booking)).toMatchObject({
    kind: 'offered',
    offer: { pilotId: pilot, number: 1 },
  });
});

it('a claim passes over a locked nearest pilot and asks the next', async () => {
  const place = freshPlace();
  const nearest = await addPilot(fixture, place, { km: 1 });
  const next = await addPilot(fixture, place, { km: 2 });
  const holder = fixture.source.createQueryRunner();
  await holder.startTransaction();
  await holder.query('SELECT 1 FROM pilots WHERE id = $1 FOR NO KEY UPDATE', [nearest]);
  const standing = await claim(fixture, await book(fixture, place));
  await holder.rollbackTransaction();
  await holder.release();
  expect(standing).toMatchObject({ kind: 'offered', offer: { pilotId: next, number: 1 } });
});

it.each(['ux_offers_live_pilot', 'ux_offers_live_booking'])(
  'the database itself refuses a second: %s',
  async (index) => {
    const place = freshPlace();
    const [one, other] = await addPilots(fixture, [place, place]);
    const [booking, second] = await bookings(2, [place]);
    const insert = (bookingId: string | undefined, pilotId: string | undefined) =>
      fixture.query(
        `INSERT INTO offers (id, booking_id, search_no, pilot_id, number, status, distance_km, expires_at)
       VALUES ($1, $2, 1, $3, 1, 'OFFERED', 1, clock_timestamp() + interval '30 s')`,
        [randomUUID(), bookingId, pilotId],
      );
    await fixture.query(
      `UPDATE searches SET ends_at = clock_timestamp() + interval '2 min' WHERE booking_id = $1`,
      [booking?.id],
    );
    await insert(booking?.id, one);
    const twice = index === 'ux_offers_live_pilot' ? insert(second?.id, one) : insert(booking?.id, other);
    await expect(twice).rejects.toMatchObject({ driverError: { code: '23505', constraint: index } });
  },
);
