// Hostile pilots and users, with the limits as they are by default: refused clearly, and others unharmed.
import { randomUUID } from 'node:crypto';
import { BODY_LIMIT_BYTES } from '../../contract/limits.js';
import type { Offer } from '../../contract/shapes.js';
import { workflowIdOf } from '../../contract/workflow.js';
import { bookingAt, Cast, type PilotActor, type User } from '../support/actors.js';
import { agreed, queried, workflowState } from '../support/accounts.js';
import { expectProblem } from '../support/conform.js';
import { count } from '../support/counts.js';
import { inCrowd, upTo } from '../support/crowd.js';
import { freshPlace, northOf } from '../support/places.js';
import { AT_ONCE, differentOf, floodOf, unharmedBy } from '../support/hostile.js';
import type { Reply, RestOptions } from '../support/rest.js';
import { RecordedSocket } from '../support/sockets.js';
import { System } from '../support/system.js';
import { signToken } from '../support/tokens.js';
import { eventually, never } from '../support/waiting.js';

const LONG = 60_000;

let system: System;
let cast: Cast;
let pid: number;
beforeAll(async () => {
  system = await System.start({
    env: {
      ...{ OFFER_TIMEOUT_MS: String(LONG), SEARCH_TIMEOUT_MS: String(2 * LONG) },
      ...{ RATE_LIMIT: '600,30,6000', TRUST_PROXY: 'loopback' },
    },
  });
  cast = new Cast(system);
  pid = system.api().pid;
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});
afterEach(() => {
  expect(system.api().pid).toBe(pid);
  process.kill(pid, 0);
});

interface Scene {
  user: User;
  pilot: PilotActor;
  id: string;
  offer: Offer;
}
async function offered(): Promise<Scene> {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  const { id } = await user.book(place);
  return { user, pilot, id, offer: await pilot.offered(id) };
}

const unharmed = <T>(attack: () => Promise<T>) => unharmedBy(cast, attack);
const flood = (times: number, ask: (options: RestOptions) => Promise<Reply>) => floodOf(system, times, ask);
const statuses = (replies: Reply[]) => [...new Set(replies.map((one) => one.status))].sort((a, b) => a - b);
const signalsOf = async (id: string, name: string) => {
  const { events } = await system.temporal.client.workflow.getHandle(workflowIdOf(id)).fetchHistory();
  return (events ?? []).filter((one) => one.workflowExecutionSignaledEventAttributes?.signalName === name)
    .length;
};

async function cancelWorks({ user, id }: Scene): Promise<void> {
  const startedAt = performance.now();
  expect((await user.cancel(id)).status).toBe(200);
  await user.hears('booking:cancelled', (one) => one['bookingId'] === id);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
}

test('F26 S11 · declines without end by REST: limited, one signal, and the cancel works', async () => {
  await system.earlyInAMinute();
  const scene = await offered();
  const { pilot, offer, id } = scene;
  const taps = await unharmed(() => flood(count(10_500), (options) => pilot.decline(offer.offerId, options)));
  expect([200, 429, 503]).toEqual(expect.arrayContaining(statuses(taps)));
  expect(statuses(taps)).toContain(429);
  for (const tap of differentOf(taps, 429)) expectProblem(tap, 429);
  expect(await signalsOf(id, 'decline')).toBe(1);
  await cancelWorks(scene);
});

test('F26 · declines without end by hand-sent signals: nobody is declined, and the cancel works', async () => {
  const scene = await offered();
  const { pilot, id, offer } = scene;
  const handle = system.temporal.client.workflow.getHandle(workflowIdOf(id));
  const other = randomUUID();
  let refused = 0;
  // Another's name under the offer, in turn with offers that never were. Past 10,000 Temporal itself refuses.
  await inCrowd(AT_ONCE, upTo(count(10_500)), (n) =>
    handle
      .signal(
        'decline',
        n % 2 === 0 ? { offerId: offer.offerId, pilotId: other } : { offerId: other, pilotId: pilot.id },
      )
      .catch(() => (refused += 1)),
  );
  expect(refused).toBeLessThanOrEqual(Math.max(0, count(10_500) - 9_900));
  expect(await pilot.offers()).toHaveLength(1);
  await cancelWorks(scene);
  await pilot.hears('offer:expired', (one) => one['bookingId'] === id);
  // Temporal refuses our signal of the cancel too, past 10,000: then the timer of the offer has the rows read.
  await eventually(
    'the workflow to end',
    async () => (await workflowState(system, id))?.status !== 'RUNNING',
    LONG + 10_000,
  );
});

test("S2 S11 · a thousand accepts of another's offer: 404, then 429; it stays his", async () => {
  await system.earlyInAMinute();
  const [{ pilot, offer }, thief] = [await offered(), await cast.pilot()];
  const taps = await unharmed(() => flood(1_000, (options) => thief.accept(offer.offerId, options)));
  expect(statuses(taps)).toEqual([404, 429]);
  expect(taps.filter((one) => one.status === 404).length).toBeLessThanOrEqual(600);
  expect((await pilot.accept(offer.offerId)).status).toBe(200);
});

test('S11 · a booking a millisecond: thirty in a minute, the rest is told when to come again', async () => {
  const user = await cast.user({ connected: false });
  await system.earlyInAMinute();
  const replies = await unharmed(() =>
    flood(300, (options) => user.request('POST', '/bookings', bookingAt(freshPlace()), options)),
  );
  const made = replies.filter((one) => one.status === 201).length;
  expect(made).toBe(30);
  for (const reply of replies.filter((one) => one.status !== 201)) {
    expectProblem(reply, 429);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  }
});

test('S13 · positions that jump continents are taken, and get no offer', async () => {
  const place = freshPlace();
  const [user, jumper] = [await cast.user(), await cast.pilot({ at: place })];
  const far = { lat: place.lat, lng: place.lng > 0 ? place.lng - 90 : place.lng + 90 };
  const answers: unknown[] = [];
  await unharmed(async () => {
    for (let n = 0; n < 40; n += 1)
      answers.push((await jumper.socket.ask('pilot:location', n % 2 === 0 ? far : place))['ok']);
  });
  expect(new Set(answers)).toEqual(new Set([true]));
  const { id } = await user.book(place);
  await user.event(id, 'booking:no_pilots');
  expect(jumper.socket.of('booking:offer', id)).toEqual([]);
});

test('F23 · a megabyte is refused at REST, and closes the socket that sent it', async () => {
  const megabyte = 'x'.repeat(1_048_576);
  const user = await cast.user();
  await unharmed(async () => {
    const body = bookingAt(freshPlace(), { note: megabyte });
    expectProblem(await user.request('POST', '/bookings', body), 413);
    user.socket.socket.emit('booking:sync', { bookingId: megabyte, afterSeq: 0 });
    await eventually('the socket to be closed', () => !user.socket.connected);
  });
  expect(megabyte.length).toBeGreaterThan(BODY_LIMIT_BYTES);
});

test('F23 · a name of 10,000 characters of Unicode is refused wherever a name goes in', async () => {
  const name = '𝔘̈'.repeat(5_000);
  const token = await signToken({ name });
  const operator = await cast.operator();
  await unharmed(async () => {
    // The header of such a token is longer than any that is read.
    expect((await operator.request('GET', '/bookings', undefined, { token })).status).toBe(431);
    await expect(RecordedSocket.open(system.url(), token)).rejects.toThrow(/^unauthorized$/);
    const pilot = { name, phone: '+15145550123', vehicleTypeId: 'bike' };
    expectProblem(await operator.request('POST', '/admin/pilots', pilot), 400);
    const body = bookingAt(freshPlace(), { note: name });
    expectProblem(await (await cast.user()).request('POST', '/bookings', body), 400);
  });
  // A hundred characters are a name, however many bytes they are.
  const long = await signToken({ name: '𝔘'.repeat(100) });
  expect((await operator.request('GET', '/bookings', undefined, { token: long })).status).toBe(200);
});

test('S12 · book and cancel, over and over: held up by the minute, and counted', async () => {
  const user = await cast.user({ connected: false });
  const replies: Reply[] = [];
  for (let n = 0; n < 70 && replies.at(-1)?.status !== 429; n += 1) {
    replies.push(await user.request<{ id: string }>('POST', '/bookings', bookingAt(freshPlace())));
    const { id } = (replies.at(-1)?.body ?? {}) as { id?: string };
    if (id !== undefined) expect((await user.cancel(id)).status).toBe(200);
  }
  expectProblem(replies.at(-1) as Reply, 429);
  expect(replies.length).toBeLessThanOrEqual(61);
  const { text } = await user.request('GET', '/metrics');
  expect(text).toMatch(/^dispatch_limited_total\{limit="bookings"\} [1-9]/m);
});

test('S12 · accept and give back, over and over: not asked any more after three, and in the audit', async () => {
  const place = freshPlace();
  const hoarder = await cast.pilot({ at: place });
  for (let n = 0; n < count(50); n += 1) {
    const user = await cast.user();
    const { id } = await user.book(northOf(place, 0.1));
    if (n >= 3) {
      await user.event(id, 'booking:no_pilots');
      expect(hoarder.socket.of('booking:offer', id)).toEqual([]);
      continue;
    }
    expect((await hoarder.accept((await hoarder.offered(id)).offerId)).status).toBe(200);
    expect((await hoarder.release(id)).status).toBe(200);
  }
  const audit = await system.rows('SELECT 1 FROM audit_entries WHERE action = $1 AND actor = $2', [
    'release',
    hoarder.id,
  ]);
  expect(audit).toHaveLength(3);
});

test('S14 · captured calls played again change nothing', async () => {
  const [place, user] = [freshPlace(), await cast.user()];
  const key = { 'idempotency-key': randomUUID() };
  const book = () => user.request<{ id: string }>('POST', '/bookings', bookingAt(place), { headers: key });
  const { id } = (await book()).body;
  const rows = () =>
    Promise.all(
      ['bookings', 'offers', 'searches', 'booking_events'].map((table) =>
        system.rows(`SELECT * FROM ${table} WHERE ${table === 'bookings' ? 'id' : 'booking_id'} = $1`, [id]),
      ),
    );
  async function changeNothing(...captured: [() => Promise<Reply>, number][]): Promise<void> {
    const before = await rows();
    for (const [play, status] of captured)
      for (const reply of await inCrowd(5, upTo(count(100)), play))
        expect([status, 429]).toContain(reply.status);
    expect(await rows()).toEqual(before);
    await never('another event', async () => (await rows())[3]?.length !== before[3]?.length, 300);
  }
  await user.event(id, 'booking:no_pilots');
  const [first, second] = [await cast.pilot({ at: place }), await cast.pilot({ at: northOf(place, 0.5) })];
  const retry = () => user.retry(id);
  expect((await retry()).status).toBe(200);
  const declined = await first.offered(id);
  const told = await agreed(system, id, 'offered');
  await changeNothing([retry, 200]);
  expect(await queried(system, id)).toEqual(told);
  const decline = () => first.decline(declined.offerId);
  expect((await decline()).status).toBe(200);
  const { offerId } = await second.offered(id);
  await changeNothing([retry, 200], [decline, 200]);
  const accept = () => second.accept(offerId);
  expect((await accept()).status).toBe(200);
  const [lateAccept, lateDecline] = [() => first.accept(declined.offerId), () => second.decline(offerId)];
  await changeNothing([book, 201], [decline, 200], [accept, 200]);
  await changeNothing([lateAccept, 409], [lateDecline, 409], [retry, 404]);
});
