// Positions and signs of life: written in batches, by the server's clock, told to those whose pilot moved.
import fc from 'fast-check';
import { greatCircleKm, type LatLng } from '../../contract/geo.js';
import {
  findPilot,
  jobsOfPilots,
  listPilots,
  markSeen,
  upsertPositions,
  type PositionReport,
} from '../../database/statements/pilots.js';
import { locationSchema, placeSchema } from '../../contract/schemas.js';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { stepJob } from '../../dispatch/jobs.js';
import { expectAgreement } from '../support/agreement.js';
import { inCrowd, upTo } from '../support/crowd.js';
import { book, claim, customer, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot, addPilots, at } from '../support/pilots.js';
import { freshPlace, northOf } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

const write = (reports: PositionReport[]) => upsertPositions(fixture.source.manager, reports);
const rowOf = async (pilot: string) =>
  (
    await fixture.query<{
      lat: number;
      lng: number;
      heading: number | null;
      speed_kph: number | null;
      received_at: Date;
    }>('SELECT lat, lng, heading, speed_kph, received_at FROM pilot_positions WHERE pilot_id = $1', [pilot])
  )[0];

it('the last report counts, with heading and speed, received when the server got it', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  const before = await rowOf(pilot);
  expect(await write([{ ...at(pilot, northOf(place, 2)), heading: 271.5, speedKph: 33 }])).toEqual([pilot]);
  const after = await rowOf(pilot);
  expect(after).toMatchObject({ lat: northOf(place, 2).lat, lng: place.lng, heading: 271.5, speed_kph: 33 });
  expect(after?.received_at.getTime()).toBeGreaterThanOrEqual(before?.received_at.getTime() ?? Infinity);
  await write([at(pilot, place)]);
  expect(await rowOf(pilot)).toMatchObject({ heading: null, speed_kph: null });
});

it('unknown pilots are passed over, the others written', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  const stranger = customer().id;
  expect(await write([at(stranger, place), at(pilot, place)])).toEqual([pilot]);
  expect(await write([at(stranger, place)])).toEqual([]);
  await markSeen(fixture.source.manager, [{ pilotId: stranger, agoMs: 0 }]);
  expect(await rowOf(stranger)).toBeUndefined();
});

it('an empty batch is nothing', async () => {
  expect(await write([])).toEqual([]);
  await markSeen(fixture.source.manager, []);
});

it('big batches at once, in any order, do not wait for each other in a circle', async () => {
  const place = freshPlace();
  const pilots = (
    await fixture.query<{ id: string }>(
      `INSERT INTO pilots (id, name, vehicle_type_id) SELECT gen_random_uuid(), 'p', 'van' FROM generate_series(1, 300) RETURNING id`,
    )
  ).map((pilot) => pilot.id);
  await inCrowd(4, upTo(40), async (round) => {
    const turned = round % 2 === 0 ? pilots : [...pilots].reverse();
    if (round % 5 === 0)
      await markSeen(
        fixture.source.manager,
        turned.map((pilotId) => ({ pilotId, agoMs: 0 })),
      );
    else expect(await write(turned.map((id) => at(id, northOf(place, Math.random()))))).toHaveLength(300);
  });
});

it('the place in the index is where the pilot is: chords order as great circles do, everywhere', async () => {
  const pilot = await addPilot(fixture, freshPlace());
  // Nanodegrees: what is closer to zero has a test of its own.
  const nano = (max: number) =>
    fc.double({ min: -max, max, noNaN: true }).map((value) => Math.round(value * 1e9) / 1e9);
  const degrees = fc.record({ lat: nano(90), lng: nano(180) });
  const chordOf = async (a: LatLng, b: LatLng) => {
    const [found] = await fixture.query<{ chord: number }>(
      'SELECT dispatch_place($1, $2) <-> dispatch_place($3, $4) AS chord',
      [a.lat, a.lng, b.lat, b.lng],
    );
    return found?.chord ?? NaN;
  };
  await fc.assert(
    fc.asyncProperty(degrees, degrees, async (a, b) => {
      const arc = 2 * 6371.0088 * Math.asin(Math.min(1, (await chordOf(a, b)) / (2 * 6371.0088)));
      // Near the antipode an arcsine loses digits: a metre there, a millimetre elsewhere.
      expect(Math.abs(arc - greatCircleKm(a, b))).toBeLessThan(arc > 19_000 ? 0.5 : 1e-5);
    }),
    {
      numRuns: 60,
      examples: [
        [
          { lat: 90, lng: 0 },
          { lat: 90, lng: 123 },
        ],
        [
          { lat: 0, lng: 180 },
          { lat: 0, lng: -180 },
        ],
      ],
    },
  );
  await write([at(pilot, { lat: -90, lng: -180 })]);
  expect(await rowOf(pilot)).toMatchObject({ lat: -90, lng: -180 });
});

it.each([
  ['as close to zero as a number can be', 5e-324, -5e-324],
  ['at a pole, as close to the meridian as a number can be', 90, 1e-310],
  ['minus zero', -0, -0],
])(
  'whatever coordinates the schema lets through spoil no batch and no search: %s (F23)',
  async (_name, lat, lng) => {
    const taken = locationSchema.safeParse({ lat, lng });
    if (!taken.success) return;
    const place = freshPlace();
    const [odd = '', other = ''] = await addPilots(fixture, [place, place]);
    expect(await write([at(odd, taken.data), at(other, northOf(place, 1))])).toHaveLength(2);
    const booking = await book(fixture, placeSchema.parse({ lat, lng, address: 'x' }));
    expect(['offered', 'failed']).toContain((await claim(fixture, booking)).kind);
  },
);

it('whose pilot moved: jobs only, with what is needed to tell them', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  const idle = await addPilot(fixture, place, { km: 3 });
  const user = customer();
  const booking = await book(fixture, place, {}, user);
  const offer = await offerOf(fixture, booking);
  const watched = () => jobsOfPilots(fixture.source.manager, [pilot, idle]);
  expect(await watched()).toEqual([]);
  await acceptByTap(fixture.context, offer);
  expect(await watched()).toEqual([
    {
      booking_id: booking.id,
      user_id: user.id,
      pilot_id: pilot,
      status: 'ASSIGNED',
      pickup_lat: booking.pickup.lat,
      pickup_lng: booking.pickup.lng,
      dropoff_lat: booking.dropoff.lat,
      dropoff_lng: booking.dropoff.lng,
      now: expect.any(Date),
    },
  ]);
  for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
    await stepJob(fixture.context, { bookingId: booking.id, pilotId: pilot, status });
  // After the end nobody sees where he is (S5).
  expect(await watched()).toEqual([]);
});

it('nothing frequent writes a pilot: positions and signs of life leave his row alone', async () => {
  const place = freshPlace();
  const pilot = await addPilot(fixture, place);
  const version = () => fixture.query('SELECT xmin::text, ctid::text FROM pilots WHERE id = $1', [pilot]);
  const before = await version();
  await write([at(pilot, northOf(place, 1))]);
  await markSeen(fixture.source.manager, [{ pilotId: pilot, agoMs: 0 }]);
  expect(await version()).toEqual(before);
});

it('a claim finds the nearest through the index of places', async () => {
  const place = freshPlace();
  // Enough pilots that an index pays.
  await fixture.query(
    `INSERT INTO pilots (id, name, vehicle_type_id) SELECT gen_random_uuid(), 'p', 'truck' FROM generate_series(1, 5000)`,
  );
  await fixture.query(`INSERT INTO pilot_positions (pilot_id, lat, lng, place, received_at)
    SELECT id, lat, lng, dispatch_place(lat, lng), clock_timestamp()
    FROM (SELECT id, random() * 20 AS lat, random() * 20 AS lng FROM pilots WHERE vehicle_type_id = 'truck') p`);
  await fixture.query('ANALYZE pilot_positions');
  const plan = await fixture.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN SELECT pilot_id FROM pilot_positions pos
     WHERE pos.listed AND pos.place <@ cube_enlarge(dispatch_place($1, $2), 5, 3) ORDER BY pos.place <-> dispatch_place($1, $2) LIMIT 10`,
    [place.lat, place.lng],
  );
  expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain('ix_pilot_positions_listed');
});

it('pilots are listed by id, page by page, with their last position', async () => {
  const { manager } = fixture.source;
  const all = await listPilots(manager, 10_000, null);
  const pages: string[] = [];
  for (let cursor: string | null = null; ;) {
    const page: { id: string }[] = await listPilots(manager, 700, cursor);
    pages.push(...page.map((pilot) => pilot.id));
    if (page.length < 700) break;
    cursor = page.at(-1)?.id ?? null;
  }
  expect(pages).toEqual(all.map((pilot) => pilot.id));
  expect(new Set(pages).size).toBe(pages.length);
  const pilot = await addPilot(fixture, freshPlace());
  expect(await findPilot(manager, pilot)).toMatchObject({
    id: pilot,
    lat: expect.any(Number),
    received_at: expect.any(Date),
  });
  expect(await findPilot(manager, customer().id)).toBeNull();
});
