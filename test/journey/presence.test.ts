// Who is reachable: dropped sockets, frozen phones, polling.
import { join } from 'node:path';
import type { Offer } from '../../contract/shapes.js';
import type { SearchView } from '../../contract/page-shapes.js';
import { Cast, type PilotActor } from '../support/actors.js';
import { offersOf } from '../support/accounts.js';
import { freshPlace } from '../support/places.js';
import { Child } from '../support/child.js';
import { Proxy } from '../support/proxy.js';
import { RecordedSocket } from '../support/sockets.js';
import { call } from '../support/rest.js';
import { System } from '../support/system.js';
import { eventually, pause, until } from '../support/waiting.js';

/** A pilot counts as reachable this long after his socket was alive. */
const REACHABLE_MS = 10_000;

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

/** Is a new booking at his place offered to him? Then he declines, and is free again. */
async function isAsked(pilot: PilotActor, place: { lat: number; lng: number }): Promise<boolean> {
  const user = await cast.user({ connected: false });
  const { id } = await user.book(place);
  const asked = await eventually('the search to ask or to wait', async () => {
    const [row] = await system.rows<{ asked: boolean; waits: boolean }>(
      `SELECT EXISTS (SELECT FROM offers WHERE booking_id = $1) AS asked,
         EXISTS (SELECT FROM searches WHERE booking_id = $1 AND waiting_until IS NOT NULL) AS waits`,
      [id],
    );
    return row?.asked === true ? 'asked' : row?.waits === true && 'waits';
  });
  const [offer] = await offersOf(system, id);
  if (offer !== undefined) await pilot.decline(offer.id);
  await user.cancel(id);
  return asked === 'asked';
}

describe('after his socket is dropped a pilot', () => {
  test('keeps his live offer, and may accept it without a socket', async () => {
    const place = freshPlace();
    const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
    const { id } = await user.book(place);
    const { offerId } = await pilot.offered(id);
    pilot.socket.drop();
    await pause(500);
    expect((await offersOf(system, id))[0]?.status).toBe('OFFERED');
    expect((await pilot.accept(offerId)).status).toBe(200);
  });

  test('is offered for 10 s from the drop, and not later', async () => {
    const place = freshPlace();
    const pilot = await cast.pilot({ at: place });
    // Idle for a while: what counts is the drop, not his last message.
    await pause(4_500);
    pilot.socket.drop();
    const droppedAt = Date.now();
    await until(droppedAt + 500);
    expect(await isAsked(pilot, place)).toBe(true);
    await until(droppedAt + REACHABLE_MS - 1_500);
    expect(await isAsked(pilot, place)).toBe(true);
    await until(droppedAt + REACHABLE_MS + 300);
    expect(await isAsked(pilot, place)).toBe(false);
    expect(await pilot.expect(200, 'GET', '/pilots/me')).toMatchObject({ online: true });
    // Asking for his offers makes him reachable again.
    await pilot.offers();
    expect(await isAsked(pilot, place)).toBe(true);
  });

  test('is offered at once when he is back', async () => {
    const place = freshPlace();
    const pilot = await cast.pilot({ at: place });
    pilot.socket.drop();
    await pilot.connect();
    expect(await isAsked(pilot, place)).toBe(true);
  });
});

test('an idle but living socket stays reachable', async () => {
  const place = freshPlace();
  const pilot = await cast.pilot({ at: place });
  await pause(REACHABLE_MS + 2_000);
  for (let look = 0; look < 3; look += 1) {
    expect(await isAsked(pilot, place)).toBe(true);
    await pause(1_100);
  }
});

/** A proxy between phones and the API. */
function network(): Promise<Proxy> {
  return Proxy.before(system.url());
}

/** How often a phone, as a process of its own, was sent an event. */
const heardBy = (phone: Child, event: string): Record<string, unknown>[] =>
  phone
    .logs()
    .filter((line) => line.msg === event)
    .map((line) => line['payload'] as Record<string, unknown>);

/** Two pilots with a live offer and two without; of each kind one's phone will freeze, one's network will be cut. */
async function phones(proxy: Proxy) {
  const start = (url: string, pilot: PilotActor): Child =>
    Child.start('phone', process.execPath, [join(__dirname, '../support/phone.cjs'), url], {
      PHONE_TOKEN: pilot.token,
    });
  return Promise.all(
    ['frozen', 'cut', 'frozen', 'cut'].map(async (fate, n) => {
      const place = freshPlace();
      const pilot = await cast.pilot({ ready: false, at: place });
      const phone = start(fate === 'frozen' ? system.url() : `http://127.0.0.1:${proxy.port}`, pilot);
      await phone.says('connected');
      await pilot.setOnline(true);
      return { fate, place, pilot, phone, held: n < 2 };
    }),
  );
}

test('F16 · a phone freezes or loses the network: noticed within 10 s, no new offers, and the live one is there when he is back', async () => {
  const proxy = await network();
  const all = await phones(proxy);
  const holding = await Promise.all(
    all
      .filter(({ held }) => held)
      .map(async ({ pilot, phone, place }) => {
        const { id } = await (await cast.user()).book(place);
        const offer = await eventually('his offer', () => heardBy(phone, 'booking:offer')[0]);
        return { pilot, phone, id, offer: offer as unknown as Offer };
      }),
  );
  proxy.freeze();
  for (const { fate, phone } of all) if (fate === 'frozen') phone.signal('SIGSTOP');
  await until(Date.now() + REACHABLE_MS);
  const asked = all.filter(({ held }) => !held).map(({ pilot, place }) => isAsked(pilot, place));
  expect(await Promise.all(asked)).toEqual([false, false]);
  for (const { id } of holding)
    expect((await offersOf(system, id)).map((one) => one.status)).toEqual(['OFFERED']);
  proxy.mend();
  for (const { phone } of all) phone.signal('SIGCONT');
  for (const { pilot, phone, offer } of holding) {
    const again = await eventually('the offer once more', () => heardBy(phone, 'booking:offer')[1], 15_000);
    const { offerId, expiresAt, serverTime, remainingSeconds } = again as unknown as Offer;
    expect([offerId, expiresAt]).toEqual([offer.offerId, offer.expiresAt]);
    expect(remainingSeconds).toBe(Math.ceil((Date.parse(expiresAt) - Date.parse(serverTime)) / 1_000));
    expect(remainingSeconds).toBeLessThan(offer.remainingSeconds - 8);
    expect((await pilot.accept(offerId)).status).toBe(200);
  }
  await Promise.all(all.map(({ phone }) => phone.kill9()));
  await proxy.stop();
});

test('F28 · an offer never reaches the phone: counted and shown to operators after 2.5 s, and it runs on', async () => {
  const proxy = await network();
  const place = freshPlace();
  const [user, pilot, operator] = [
    await cast.user({ connected: false }),
    await cast.pilot({ ready: false, at: place }),
    await cast.operator(),
  ];
  pilot.sockets.push(await RecordedSocket.open(`http://127.0.0.1:${proxy.port}`, pilot.token));
  await pilot.setOnline(true);
  proxy.deafen();
  const { id } = await user.book(place);
  const shown = async () => {
    const page = await operator.expect<{ items: SearchView[] }>(200, 'GET', `/admin/searches?q=${id}`);
    return page.items[0];
  };
  await eventually('the offer', async () => (await shown())?.offer);
  expect(await shown()).toMatchObject({ unreceivedOffers: 0, offer: { received: false } });
  const counted = await eventually('operators to be shown it', async () => {
    const search = await shown();
    return search !== undefined && search.unreceivedOffers > 0 && search;
  });
  const { text } = await call(system.url(), 'GET', '/metrics');
  expect(text).toMatch(/^dispatch_unreceived_offers 1$/m);
  expect(pilot.socket.of('booking:offer')).toEqual([]);
  expect(counted).toMatchObject({ unreceivedOffers: 1, status: 'offered', offer: { received: false } });
  proxy.mend();
  const { offerId } = await pilot.offered(id);
  expect(await pilot.socket.ask('offer:received', { offerId })).toEqual({ ok: true });
  expect(await shown()).toMatchObject({ unreceivedOffers: 1, offer: { received: true } });
  expect((await pilot.accept(offerId)).status).toBe(200);
  await proxy.stop();
});
