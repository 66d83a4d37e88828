// Postgres goes without a word, and another stands in its place: open connections never say that they are gone.
import { Cast } from '../support/actors.js';
import { freshPlace } from '../support/places.js';
import { Proxy } from '../support/proxy.js';
import { expectAllReceived, inOrder } from '../support/received.js';
import { System } from '../support/system.js';
import { eventually, pause } from '../support/waiting.js';

/** The probe takes 4 s, a connection that is refused nothing at once 2.5 s, the adapter tries again after 2. */
const HEARS_AGAIN_WITHIN_MS = 12_000;

/** The adapter tries again every two seconds. */
const OUTAGE_GOES_ON_MS = 3_000;

let system: System;
let proxy: Proxy;
beforeAll(async () => {
  system = await System.prepare({ env: { OFFER_TIMEOUT_MS: '40000', SEARCH_TIMEOUT_MS: '60000' } });
  proxy = await Proxy.before(system.database.url);
  await Promise.all([
    system.startWorker(),
    system.startApi({ DATABASE_URL: proxy.insteadOf(system.database.url) }),
  ]);
  await system.api().waitReady();
});
afterAll(async () => {
  await system?.stop();
  await proxy?.stop();
});

test('F21 · the path to Postgres is lost for ever, and a new one stands: what was missed is told again, positions too', async () => {
  const cast = new Cast(system);
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  try {
    const { id } = await user.book(place);
    await pilot.offered(id);
    // An outage long enough for the lost listener to be given up, and for another that is accepted and never answered.
    proxy.freeze();
    await eventually(
      'the listener to be given up',
      () => /does not answer: ended/.test(system.api().logs()),
      10_000,
    );
    await pause(OUTAGE_GOES_ON_MS);
    proxy.strand();
    // Whoever asks meanwhile is answered, at the latest when the dead connections are given up.
    const { offerId } = await pilot.offered(id);
    await eventually(
      'an accept',
      async () => (await pilot.accept(offerId)).status === 200,
      HEARS_AGAIN_WITHIN_MS,
    );
    await user.event(id, 'booking:driver_assigned');
    const stored = await user.events(id);
    await eventually(
      'every event',
      () => inOrder(user.socket, id).length === stored.length,
      HEARS_AGAIN_WITHIN_MS,
    );
    expectAllReceived(user.socket, id, stored);
    const told = user.socket.of('booking:pilot_location').length;
    await pilot.socket.ask('pilot:location', place);
    await eventually('a position', () => user.socket.of('booking:pilot_location').length > told);
  } finally {
    cast.leave();
  }
}, 60_000);
