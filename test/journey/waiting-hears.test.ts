// A search that waits is told of a pilot who comes by: no watch runs for it, whoever looks after all of them tells it.
import { Cast, type PilotActor } from '../support/actors.js';
import { freshPlace, northOf } from '../support/places.js';
import { System } from '../support/system.js';
import { eventually, pause } from '../support/waiting.js';

/** A waiting search hears of a pilot within this. */
const HEARD_WITHIN_MS = 1_000;

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({
    env: { OFFER_TIMEOUT_MS: '30000', SEARCH_TIMEOUT_MS: '60000', SEARCH_PATIENCE_MS: '30000' },
  });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

describe('a search that waits hears within 1 s of a pilot who', () => {
  async function waiting(place: { lat: number; lng: number }): Promise<string> {
    const user = await cast.user();
    const { id } = await user.book(place);
    await eventually('the search to wait', async () => {
      const found = await system.rows(
        'SELECT FROM searches WHERE booking_id = $1 AND waiting_until IS NOT NULL',
        [id],
      );
      return found.length > 0;
    });
    expect(await user.assignment(id)).toMatchObject({ status: 'searching', isSearching: true });
    return id;
  }

  async function heard(pilot: PilotActor, id: string, since: number): Promise<void> {
    const { payload } = await pilot.hears('booking:offer', (one) => one['bookingId'] === id);
    expect(Date.parse(payload['serverTime'] as string) - since).toBeLessThan(HEARD_WITHIN_MS);
  }

  test('comes online', async () => {
    for (let round = 0; round < 4; round += 1) {
      const place = freshPlace();
      const pilot = await cast.pilot({ at: place, ready: false });
      await pilot.connect();
      const id = await waiting(place);
      await pause(round * 130);
      await pilot.setOnline(true);
      await heard(pilot, id, Date.now());
    }
  });

  test('drives near', async () => {
    const place = freshPlace();
    const pilot = await cast.pilot({ at: northOf(place, 30) });
    const id = await waiting(place);
    await pilot.moveTo(northOf(place, 14));
    await heard(pilot, id, Date.now());
  });

  test('becomes free', async () => {
    const place = freshPlace();
    const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
    const first = await user.book(place);
    await pilot.accept((await pilot.offered(first.id)).offerId);
    const id = await waiting(place);
    expect((await user.cancel(first.id)).status).toBe(200);
    await heard(pilot, id, Date.now());
  });
});
