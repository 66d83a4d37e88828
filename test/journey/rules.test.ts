// The rules of the search, seen from outside: who is asked, how far, how many, and who is not.
import type { LatLng } from '../../contract/geo.js';
import { Cast, type BookingBody, type PilotActor, type PilotChoice, type User } from '../support/actors.js';
import { agreed, offersOf } from '../support/accounts.js';
import { eastOf, freshPlace, northOf } from '../support/places.js';
import { System } from '../support/system.js';
import { eventually, until } from '../support/waiting.js';

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({
    env: { OFFER_TIMEOUT_MS: '20000', SEARCH_TIMEOUT_MS: '60000', PILOT_STALE_MS: '2500' },
  });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

type Stander = PilotActor & { place: LatLng };

/** A pilot who is ready, and keeps saying where he is. */
async function at(place: LatLng): Promise<Stander> {
  return Object.assign(await cast.pilot({ at: place }), { place });
}

/** Books and lets everybody decline; answers who was asked, in order. */
async function askedInTurn(
  user: User,
  place: LatLng,
  pilots: Stander[],
  more: BookingBody = {},
): Promise<string[]> {
  const report = () => Promise.all(pilots.map((pilot) => pilot.moveTo(pilot.place)));
  await report();
  const { id } = await user.book(place, more);
  const declined = new Set<string>();
  await eventually('the search to end', async () => {
    await report();
    for (const pilot of pilots)
      for (const { offerId } of pilot.socket.of<{ offerId: string }>('booking:offer', id))
        if (!declined.has(offerId)) {
          declined.add(offerId);
          await pilot.decline(offerId);
        }
    return (await user.assignment(id)).status === 'failed';
  });
  return (await offersOf(system, id)).map((one) => one.pilot_id);
}

test('nearest first by great circle, all within 5 km before any beyond, nobody beyond 15 km', async () => {
  const place = freshPlace();
  const [p1, p2, p3] = [
    await at(eastOf(place, 1.01)),
    await at(northOf(place, 1)),
    await at(northOf(place, -4.99)),
  ];
  const [far, edge, beyond] = [
    await at(eastOf(place, 5.01)),
    await at(northOf(place, 14.99)),
    await at(eastOf(place, 15.01)),
  ];
  const user = await cast.user();
  const inner = await askedInTurn(user, place, [beyond, edge, far, p3, p2, p1]);
  expect(inner.slice(0, 3)).toEqual([p2.id, p1.id, p3.id]);
  expect(inner).not.toContain(beyond.id);
  // The wider radius holds as soon as the first holds nobody who is available.
  expect(inner).toEqual([p2.id, p1.id, p3.id, far.id, edge.id]);
});

test('near the date line and the pole the nearest is still the nearest', async () => {
  const line = { lat: 10.5, lng: 179.995 };
  const dropoff = { lat: 10.4, lng: 179.9, address: 'there' };
  const [across, same] = [await at({ lat: 10.5, lng: -179.995 }), await at({ lat: 10.5, lng: 179.96 })];
  expect(await askedInTurn(await cast.user(), line, [same, across], { dropoff })).toEqual([
    across.id,
    same.id,
  ]);
  const pole = { lat: 89.999, lng: 0 };
  const opposite = await at({ lat: 89.998, lng: 180 });
  const near = await at({ lat: 89.9995, lng: 0 });
  expect(await askedInTurn(await cast.user(), pole, [opposite, near], { dropoff })).toEqual([
    near.id,
    opposite.id,
  ]);
});

test('ties go to who waited longest without an offer', async () => {
  const place = freshPlace();
  const pilots = [await at(northOf(place, 1)), await at(northOf(place, 1))];
  const first = await askedInTurn(await cast.user(), place, pilots);
  expect(await askedInTurn(await cast.user(), place, pilots)).toEqual(first);
  const { id } = await (await cast.user()).book(place);
  for (const pilot of pilots) await pilot.moveTo(northOf(place, 1));
  const [, second] = first;
  const asked = await eventually('an offer', async () => (await offersOf(system, id))[0]);
  // In the last round the first was asked before the second: he has waited longer again.
  expect(asked.pilot_id).toBe(first[0]);
  expect(asked.pilot_id).not.toBe(second);
});

test('ten pilots at most: the eleventh is not asked, and the reason is said', async () => {
  const place = freshPlace();
  const pilots = await Promise.all(Array.from({ length: 11 }, (_, n) => at(northOf(place, 0.1 * (n + 1)))));
  const user = await cast.user();
  const asked = await askedInTurn(user, place, pilots);
  expect(asked).toEqual(pilots.slice(0, 10).map((one) => one.id));
  await user.hears('booking:no_pilots', (one) => one['message'] === 'Maximum retry attempts reached');
});

describe('not available is', () => {
  const unfit: [string, PilotChoice][] = [
    ['another vehicle', { vehicleTypeId: 'van' }],
    ['his status offline', { ready: false }],
  ];
  test.each(unfit)('a pilot with %s', async (_why, choice) => {
    const place = freshPlace();
    const pilot = await cast.pilot({ at: place, ...choice });
    if (choice.ready === false) await pilot.connect();
    const user = await cast.user();
    const { id } = await user.book(place);
    await user.event(id, 'booking:no_pilots');
    expect(await offersOf(system, id)).toEqual([]);
  });

  test('a pilot whose position is old, until he reports again', async () => {
    const place = freshPlace();
    const pilot = await cast.pilot({ at: place });
    await until(Date.now() + 2_600);
    const user = await cast.user();
    const { id } = await user.book(place);
    await user.event(id, 'booking:no_pilots');
    await pilot.moveTo(place);
    await user.retry(id);
    expect((await pilot.offered(id)).bookingId).toBe(id);
  });

  test('a pilot who was never connected, until he asks for his offers', async () => {
    const place = freshPlace();
    const pilot = await cast.pilot({ at: place, ready: false });
    await pilot.setOnline(true);
    const user = await cast.user();
    const { id } = await user.book(place);
    await user.event(id, 'booking:no_pilots');
    expect(await pilot.offers()).toEqual([]);
    await user.retry(id);
    const [offer] = await eventually('his offer', async () => {
      const offers = await pilot.offers();
      return offers.length > 0 && offers;
    });
    expect((await pilot.accept(offer?.offerId ?? '')).status).toBe(200);
  });

  test('a pilot who jumped 100 km in a moment (S13)', async () => {
    const place = freshPlace();
    const pilot = await cast.pilot({ at: northOf(place, 100) });
    await pilot.moveTo(place);
    const user = await cast.user();
    const { id } = await user.book(place);
    await user.event(id, 'booking:no_pilots');
    expect(await offersOf(system, id)).toEqual([]);
  });

  test('a pilot who gave back three jobs in ten minutes (S12)', async () => {
    const place = freshPlace();
    const pilot = await cast.pilot({ at: place });
    for (let n = 0; n < 3; n += 1) {
      const user = await cast.user();
      await pilot.moveTo(place);
      const { id } = await user.book(place);
      await pilot.accept((await pilot.offered(id)).offerId);
      expect((await pilot.release(id)).status).toBe(200);
      await user.event(id, 'booking:no_pilots');
    }
    await pilot.moveTo(place);
    const user = await cast.user();
    const { id } = await user.book(place);
    await user.event(id, 'booking:no_pilots');
    expect(await offersOf(system, id)).toEqual([]);
    expect(await pilot.expect(200, 'GET', '/pilots/me')).toMatchObject({ online: true });
  });
});

test('a job given back: a new search at once, counted from zero, never with that pilot again', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  const { id } = await user.book(place);
  await pilot.accept((await pilot.offered(id)).offerId);
  await agreed(system, id, 'assigned');
  await pilot.release(id);
  await user.event(id, 'booking:no_pilots');
  expect(await user.assignment(id)).toMatchObject({ triedPilots: 0, status: 'failed' });
  await pilot.moveTo(place);
  await user.retry(id);
  await user.event(id, 'booking:no_pilots', 10_000, 2);
  expect(pilot.socket.of('booking:offer', id)).toHaveLength(1);
  // For other bookings he is as good as before.
  const other = await (await cast.user()).book(place);
  expect((await pilot.offered(other.id)).bookingId).toBe(other.id);
});
