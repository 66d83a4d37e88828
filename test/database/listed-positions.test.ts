// Rule 1 among many who are offline: the index that claims walk holds everybody who is online, whatever races, and
// nobody who went offline.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../database/migrate.js';
import { insertPilot, markSeen, upsertPositions } from '../../database/statements/pilots.js';
import { lockBooking } from '../../database/statements/bookings.js';
import { claimPilot } from '../../database/statements/claim.js';
import { startSearch } from '../../database/statements/searches.js';
import type { BookingRow } from '../../database/rows.js';
import { setAvailability } from '../../dispatch/availability.js';
import { expectAgreement } from '../support/agreement.js';
import { inCrowd, upTo } from '../support/crowd.js';
import { book, claim, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot, at } from '../support/pilots.js';
import { freshPlace, northOf } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(async () => {
  await expectAgreement(fixture);
  expect(await hidden()).toEqual([]);
});
afterAll(() => fixture.close());

/** Pilots who are online with a position that no claim would look at: there must never be one. */
const hidden = () =>
  fixture.query(
    'SELECT p.id FROM pilots p JOIN pilot_positions pos ON pos.pilot_id = p.id WHERE p.online AND NOT pos.listed',
  );
const listed = async (pilot: string) =>
  (
    await fixture.query<{ listed: boolean }>('SELECT listed FROM pilot_positions WHERE pilot_id = $1', [
      pilot,
    ])
  )[0]?.listed;
const turn = (pilotId: string, online: boolean) => setAvailability(fixture.context, { pilotId, online });

it('who goes offline is looked at by no claim, and found at once when he is online again', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  await turn(pilot, false);
  expect(await listed(pilot)).toBe(false);
  expect((await claim(fixture, await book(fixture, place))).kind).toBe('failed');
  await turn(pilot, true);
  expect(await claim(fixture, await book(fixture, place))).toMatchObject({ offer: { pilotId: pilot } });
});

it('an operator, and a release that does not know of the list, keep it too', async () => {
  const pilot = await addPilot(fixture, freshPlace());
  await setAvailability(fixture.context, {
    pilotId: pilot,
    online: false,
    operator: { adminId: randomUUID() },
  });
  expect(await listed(pilot)).toBe(false);
  await fixture.query('UPDATE pilots SET online = true WHERE id = $1', [pilot]);
  expect(await listed(pilot)).toBe(true);
  await fixture.query('UPDATE pilots SET online = false WHERE id = $1', [pilot]);
  expect(await listed(pilot)).toBe(false);
});

it('a transaction that is rolled back lists nobody anew, one that turns twice as it ends', async () => {
  const pilot = await addPilot(fixture, freshPlace());
  const set = (online: boolean) => `UPDATE pilots SET online = ${online} WHERE id = '${pilot}'`;
  await fixture.query(`BEGIN; ${set(false)}; ROLLBACK`);
  expect(await listed(pilot)).toBe(true);
  await fixture.query(`BEGIN; ${set(false)}; ${set(true)}; ${set(false)}; COMMIT`);
  expect(await listed(pilot)).toBe(false);
});

it('a report of a position lists nobody and unlists nobody; a first one is listed', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  const report = () => upsertPositions(fixture.source.manager, [at(pilot, northOf(place, Math.random()))]);
  await report();
  expect(await listed(pilot)).toBe(true);
  await turn(pilot, false);
  await report();
  expect(await listed(pilot)).toBe(false);
  await fixture.query('DELETE FROM pilot_positions WHERE pilot_id = $1', [pilot]);
  await report();
  expect(await listed(pilot)).toBe(true);
});

it('a first position that races with going online, many at once: everybody is found', async () => {
  await inCrowd(8, upTo(100), async () => {
    const place = freshPlace();
    const id = randomUUID();
    await insertPilot(fixture.source.manager, id, { name: 'N', phone: '1', vehicleTypeId: 'bike' });
    await markSeen(fixture.source.manager, [{ pilotId: id, agoMs: -600_000 }]);
    await Promise.all([turn(id, true), upsertPositions(fixture.source.manager, [at(id, place)])]);
    expect(await claim(fixture, await book(fixture, place))).toMatchObject({ offer: { pilotId: id } });
  });
});

it('positions, going on- and offline, and forgetting race: who ends online is listed, who ends offline is not', async () => {
  const place = freshPlace();
  const pilots = await Promise.all(upTo(10).map(() => addPilot(fixture, place, { vehicleTypeId: 'truck' })));
  await inCrowd(12, upTo(600), async (round) => {
    const pilot = pilots[round % 10] ?? '';
    if (round % 3 === 0) await turn(pilot, round % 2 === 0);
    else if (round % 50 === 1)
      await fixture.query('DELETE FROM pilot_positions WHERE pilot_id = $1', [pilot]);
    else
      await upsertPositions(
        fixture.source.manager,
        pilots.map((id) => at(id, place)),
      );
    expect(await hidden()).toEqual([]);
  });
  await upsertPositions(
    fixture.source.manager,
    pilots.map((id) => at(id, place)),
  );
  for (const [index, pilot] of pilots.entries()) {
    await turn(pilot, true);
    await turn(pilot, index % 2 === 0);
    expect(await listed(pilot)).toBe(index % 2 === 0);
  }
});

it('the migration lists those who are online and no others, and may be run again', async () => {
  const pilots = await Promise.all(upTo(4).map(() => addPilot(fixture, freshPlace())));
  await fixture.query('ALTER TABLE pilot_positions DROP COLUMN listed');
  await fixture.query('DROP FUNCTION keep_listed() CASCADE');
  await fixture.query(`DELETE FROM migrations WHERE name ~ '^ListedPositions'`);
  for (const pilot of pilots.slice(0, 2))
    await fixture.query('UPDATE pilots SET online = false WHERE id = $1', [pilot]);
  for (const _time of upTo(2)) {
    expect(await migrate(fixture.url)).toHaveLength(1);
    expect(await Promise.all(pilots.map(listed))).toEqual([false, false, true, true]);
    await fixture.query(`DELETE FROM migrations WHERE name ~ '^ListedPositions'`);
  }
});

it('F24 · among 200,000 who are offline a claim with nobody to ask looks at those who are online, no more', async () => {
  const place = freshPlace();
  const online = 100;
  const client = new pg.Client({ connectionString: fixture.url });
  await client.connect();
  await client.query(
    `WITH made AS (
       INSERT INTO pilots (id, name, vehicle_type_id, online)
       SELECT gen_random_uuid(), 'Crowd', 'van', n <= ${online} FROM generate_series(1, 200000) n RETURNING id, online
     ), seen AS (INSERT INTO pilot_presence SELECT id, clock_timestamp() + interval '1 hour' FROM made)
     INSERT INTO pilot_positions (pilot_id, lat, lng, place, received_at, listed)
     SELECT id, lat, lng, dispatch_place(lat, lng), clock_timestamp() + interval '1 hour', online
     FROM (SELECT id, online, $1 + (random() - 0.5) / 10 AS lat, $2 + (random() - 0.5) / 10 AS lng FROM made) spread`,
    [place.lat, place.lng],
  );
  await client.query('ANALYZE pilots, pilot_positions, pilot_presence');
  await client.end();
  const { id } = await book(fixture, place);
  const plan = await explainedClaim(id);
  const scan = plan.find((line) => line.includes('ix_pilot_positions')) ?? '';
  expect(scan).toContain('Index Scan using ix_pilot_positions_listed');
  expect(Number(/actual time=\S+ rows=(\d+)/.exec(scan)?.[1])).toBe(online);
  const buffers = Math.max(...plan.map((line) => Number(/shared hit=(\d+)/.exec(line)?.[1] ?? 0)));
  // Some 10 for each pilot who is looked at: without the list there would be 2,000,000.
  expect(buffers).toBeLessThan(online * 20);
  // A step of the search tells of those who are offline all the same.
  const other = await book(fixture, place);
  expect((await claim(fixture, other)).kind).toBe('failed');
  const [step] = await fixture.query<{ looked_at: number; offline: number }>(
    `SELECT looked_at, (SELECT count(*)::int FROM jsonb_array_elements(reasons) near
       JOIN pilots p ON p.id = (near->>'pilotId')::uuid WHERE NOT p.online) AS offline
     FROM search_steps WHERE booking_id = $1`,
    [other.id],
  );
  expect(step).toEqual({ looked_at: 50, offline: expect.any(Number) });
  expect(step?.offline).toBeGreaterThan(10);
});

/** The plan of a claim as it was carried out, with what it read. */
async function explainedClaim(bookingId: string): Promise<string[]> {
  return fixture.source.transaction(async (manager) => {
    const booking = (await lockBooking(manager, bookingId)) as BookingRow;
    await startSearch(manager, bookingId, 1, 120_000);
    const explained: string[] = [];
    const client = {
      query: async ({ text, values }: { text: string; values: unknown[] }) => {
        const plan = await manager.query<Record<string, string>[]>(
          `EXPLAIN (ANALYZE, BUFFERS) ${text}`,
          values,
        );
        explained.push(...plan.map((line) => line['QUERY PLAN'] ?? ''));
        return { rows: [] };
      },
    };
    const runner = { isReleased: false, connect: () => Promise.resolve(client) };
    const offer = { id: randomUUID(), number: 1 };
    await claimPilot({ queryRunner: runner } as never, booking, booking.limits, offer);
    return explained;
  });
}
