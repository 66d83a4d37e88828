// A cell of half a million pilots who all decline: the claim stays fast, and a search asks as many as it may, no more.
import pg from 'pg';
import { MESSAGES } from '../../contract/messages.js';
import { declineByTap } from '../../dispatch/answer-offer.js';
import { expectAgreement } from '../support/agreement.js';
import { count, LONG, tried } from '../support/counts.js';
import { upTo } from '../support/crowd.js';
import { book, claim, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { freshPlace } from '../support/places.js';

const PILOTS = count(500_000);
const SEARCHES = LONG ? 50 : 10;
/** Claims of a search with pilots near; the slowest of a busy machine is no measure, the middle one is. */
const MEDIAN_WITHIN_MS = 50;
const MAX_PILOTS = 10;

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
}, 60_000);
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

/** Available pilots, all within a kilometre of the place. */
async function fill(place: { lat: number; lng: number }): Promise<void> {
  // A connection of its own: those of the system end a statement after 2.5 s.
  const client = new pg.Client({ connectionString: fixture.url });
  await client.connect();
  await client.query(
    `WITH made AS (
       INSERT INTO pilots (id, name, phone, vehicle_type_id, online)
       SELECT gen_random_uuid(), 'Paul', '+15145550199', 'bike', true FROM generate_series(1, $1::int) RETURNING id
     ), here AS (
       SELECT id, $2::double precision + (random() - 0.5) * 0.012 AS lat,
         $3::double precision + (random() - 0.5) * 0.012 AS lng FROM made
     ), seen AS (
       INSERT INTO pilot_presence (pilot_id, seen_at) SELECT id, clock_timestamp() + interval '1 hour' FROM made
     )
     INSERT INTO pilot_positions (pilot_id, lat, lng, place, received_at)
     SELECT id, lat, lng, dispatch_place(lat, lng), clock_timestamp() + interval '1 hour' FROM here`,
    [PILOTS, place.lat, place.lng],
  );
  await client.query('ANALYZE pilots, pilot_positions, pilot_presence');
  await client.end();
}

it('F24 · half a million pilots in one cell, all decline: ten are asked, fast, and the search ends', async () => {
  const place = freshPlace();
  await fill(place);
  const tookMs: number[] = [];
  const asked: string[] = [];
  for (const _search of upTo(SEARCHES)) {
    const booking = await book(fixture, place, { maxPilots: MAX_PILOTS });
    for (const number of upTo(MAX_PILOTS)) {
      const startedAt = performance.now();
      const standing = await claim(fixture, booking);
      tookMs.push(performance.now() - startedAt);
      if (standing.kind !== 'offered') throw new Error(`no offer ${number + 1}: ${JSON.stringify(standing)}`);
      expect(standing.offer.number).toBe(number + 1);
      asked.push(standing.offer.pilotId);
      await declineByTap(fixture.context, standing.offer);
    }
    expect(await claim(fixture, booking)).toMatchObject({ kind: 'failed', reason: 'no_pilots' });
    const [end] = fixture.emitter.to(`user:${booking.userId}`, booking.id).slice(-1);
    expect(end).toMatchObject(['booking:no_pilots', { message: MESSAGES.maxPilots }]);
  }
  expect(asked).toHaveLength(SEARCHES * MAX_PILOTS);
  const median = tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length / 2)] ?? Infinity;
  expect(median).toBeLessThan(MEDIAN_WITHIN_MS);
  tried('F24', tookMs.length);
}, 600_000);
