// One journey with the timers of production: nothing is set, an offer ends after 30 s.
import { Cast } from '../support/actors.js';
import { freshPlace, northOf } from '../support/places.js';
import { System } from '../support/system.js';

const OFFER_MS = 30_000;
const SEARCH_MS = 120_000;
const ACTED_WITHIN_MS = 1_500;

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({ env: { OFFER_TIMEOUT_MS: undefined, SEARCH_TIMEOUT_MS: undefined } });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

test('the offer ends at 30 s, the next pilot is asked within 1.5 s of it, the search is to end at 120 s', async () => {
  const place = freshPlace();
  const user = await cast.user();
  const silent = await cast.pilot({ at: northOf(place, 0.1) });
  const next = await cast.pilot({ at: northOf(place, 0.2) });
  const { id } = await user.book(place);
  const offer = await silent.offered(id);
  expect(offer).toMatchObject({ totalSeconds: 30, remainingSeconds: 30 });
  // His place stays fresh while he waits.
  const report = setInterval(() => void next.moveTo(northOf(place, 0.2)), 5_000);
  const second = await next.offered(id, OFFER_MS + 5_000).finally(() => clearInterval(report));
  const [sent, expired] = [
    await user.event(id, 'booking:offer_sent'),
    await user.event(id, 'booking:offer_expired'),
  ];
  for (const end of [expired.at, second.serverTime]) {
    expect(Date.parse(end) - Date.parse(sent.at)).toBeGreaterThanOrEqual(OFFER_MS - 50);
    expect(Date.parse(end) - Date.parse(sent.at)).toBeLessThan(OFFER_MS + ACTED_WITHIN_MS);
  }
  const { searchEndsAt, triedPilots } = await user.assignment(id);
  const [search] = await system.rows<{ started_at: Date; ends_at: Date }>(
    'SELECT started_at, ends_at FROM searches WHERE booking_id = $1',
    [id],
  );
  expect(Number(search?.ends_at) - Number(search?.started_at)).toBe(SEARCH_MS);
  expect(searchEndsAt).toBe(search?.ends_at.toISOString());
  expect(triedPilots).toBe(2);
  expect((await next.accept(second.offerId)).status).toBe(200);
});
