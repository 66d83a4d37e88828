// Rule 1: who is asked first. Nearest, the first radius before the wider, never beyond, ties settled.
import { greatCircleKm, type LatLng } from '../../contract/geo.js';
import { declineByTap } from '../../dispatch/answer-offer.js';
import { claimNextPilot } from '../../dispatch/claim-next-pilot.js';
import { expectAgreement } from '../support/agreement.js';
import { book, claim, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot, addPilots } from '../support/pilots.js';
import { eastOf, freshPlace, northOf } from '../support/places.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterEach(() => expectAgreement(fixture));
afterAll(() => fixture.close());

/** Everybody whom one search asks, in order; each declines. */
async function askedInOrder(place: LatLng, limits = {}): Promise<string[]> {
  const booking = await book(fixture, place, limits);
  const asked: string[] = [];
  for (;;) {
    const standing = await claim(fixture, booking);
    if (standing.kind !== 'offered') return asked;
    asked.push(standing.offer.pilotId);
    expect(standing.offer.number).toBe(asked.length);
    await declineByTap(fixture.context, { pilotId: standing.offer.pilotId, offerId: standing.offer.offerId });
  }
}

it('the nearest first, by great-circle distance in every direction', async () => {
  const place = freshPlace();
  // At 60 degrees of latitude a degree of longitude is half as long: no flat-earth shortcut survives.
  const far = { lat: 60 + place.lat / 100, lng: place.lng };
  const spots = [
    { lat: far.lat, lng: far.lng + 0.05 }, // 2.8 km
    { lat: far.lat + 0.03, lng: far.lng }, // 3.3 km
    { lat: far.lat, lng: far.lng - 0.07 }, // 3.9 km
    { lat: far.lat - 0.04, lng: far.lng }, // 4.4 km
    { lat: far.lat + 0.05, lng: far.lng + 0.1 }, // 7.9 km
  ];
  const shuffled = [3, 0, 4, 2, 1];
  const ids = await addPilots(
    fixture,
    shuffled.map((index) => spots[index] as LatLng),
  );
  const byDistance = shuffled
    .map((spot, index) => ({ id: ids[index] as string, km: greatCircleKm(far, spots[spot] as LatLng) }))
    .sort((a, b) => a.km - b.km);
  expect(await askedInOrder(far)).toEqual(byDistance.map((one) => one.id));
});

it('across the antimeridian and at the pole as anywhere', async () => {
  const edge = { lat: 10, lng: 179.99 };
  const [over, near] = await addPilots(fixture, [
    { lat: 10, lng: -179.99 },
    { lat: 10.01, lng: 179.99 },
  ]);
  expect(await askedInOrder(edge)).toEqual([near, over]);
  const [beyondPole] = await addPilots(fixture, [{ lat: 89.99, lng: 180 }]);
  expect(await askedInOrder({ lat: 89.99, lng: 0 })).toEqual([beyondPole]);
});

it('everybody within the first radius, then the wider one, and nobody beyond it', async () => {
  const place = freshPlace();
  const [at15, at4, at7, at16, at5] = await addPilots(fixture, [
    northOf(place, 14.99),
    eastOf(place, 4),
    northOf(place, -7),
    northOf(place, 15.01),
    eastOf(place, -4.99),
  ]);
  expect(await askedInOrder(place)).toEqual([at4, at5, at7, at15]);
  expect(at16).toBeDefined();
});

it('nobody outside of the wider radius, however long the search', async () => {
  const place = freshPlace();
  await addPilot(fixture, place, { km: 15.01 });
  expect(await claim(fixture, await book(fixture, place))).toMatchObject({
    kind: 'failed',
    reason: 'no_pilots',
  });
});

it("the radii are the booking's own", async () => {
  const place = freshPlace();
  const near = await addPilot(fixture, place, { km: 0.9 });
  await addPilot(fixture, place, { km: 2.1 });
  expect(await askedInOrder(place, { searchRadiusKm: 1, maxRadiusKm: 2 })).toEqual([near]);
});

it('the distance of an offer is the great-circle distance to the pickup', async () => {
  const place = freshPlace();
  await addPilot(fixture, place, { km: 12.3456 });
  const { offerId } = await offerOf(fixture, await book(fixture, place));
  const [offer] = await fixture.query<{ distance_km: number }>(
    'SELECT distance_km FROM offers WHERE id = $1',
    [offerId],
  );
  expect(offer?.distance_km).toBeCloseTo(12.3456, 4);
});

describe('at the same distance', () => {
  const same = (place: LatLng, count: number): LatLng[] =>
    Array.from({ length: count }, () => northOf(place, 2));
  const offeredAgo = (pilotId: string | undefined, minutes: number | null) =>
    fixture.query(
      `UPDATE pilots SET last_offer_at = clock_timestamp() - $2::double precision * interval '1 min' WHERE id = $1`,
      [pilotId, minutes],
    );

  it('one who was never asked, then the longest without an offer', async () => {
    const place = freshPlace();
    const [recent, never, longAgo] = await addPilots(fixture, same(place, 3));
    await offeredAgo(recent, 1);
    await offeredAgo(longAgo, 90);
    expect(await askedInOrder(place)).toEqual([never, longAgo, recent]);
  });

  it('an offer counts, whatever came of it', async () => {
    const place = freshPlace();
    const [first] = await askedAll(place, await addPilots(fixture, same(place, 2)));
    const second = await askedInOrder(place, { maxPilots: 1 });
    expect(second).toEqual([first]);
  });

  it('then by id', async () => {
    const place = freshPlace();
    const ids = await addPilots(fixture, same(place, 5));
    expect(await askedInOrder(place)).toEqual([...ids].sort());
  });

  async function askedAll(place: LatLng, ids: string[]): Promise<string[]> {
    const asked = await askedInOrder(place);
    expect([...asked].sort()).toEqual([...ids].sort());
    return asked;
  }
});

it('a claim that makes no offer leaves the order of the next ones alone', async () => {
  const place = freshPlace();
  const [first] = (await addPilots(fixture, [northOf(place, 2), northOf(place, 2)])).sort();
  const booking = await book(fixture, place);
  const taken = await offerOf(fixture, booking);
  expect(taken.pilotId).toBe(first);
  await declineByTap(fixture.context, { pilotId: taken.pilotId, offerId: taken.offerId });
  const untouched = await fixture.query('SELECT id, last_offer_at FROM pilots ORDER BY id');
  // The activity runs again with its old id, after the pilot has declined: the id is used up.
  const again = await claimNextPilot(fixture.context, { bookingId: booking.id, offerId: taken.offerId });
  expect(again.kind).not.toBe('failed');
  expect(await fixture.query('SELECT id, last_offer_at FROM pilots ORDER BY id')).toEqual(untouched);
});
