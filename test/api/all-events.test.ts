// One booking through nearly everything that can happen to it, and a second that is cancelled: every event and every
// acknowledgement of the AsyncAPI document is really sent. That each is as the document says, the sockets see to.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Booking } from '../../contract/shapes.js';
import { TOKEN_TYPES, type TokenType } from '../../contract/words.js';
import { Cast, type Operator, type PilotActor, type User } from '../support/actors.js';
import { ANSWERS, EVENTS } from '../support/asyncapi.js';
import { freshPlace, northOf } from '../support/places.js';
import { call } from '../support/rest.js';
import type { RecordedSocket } from '../support/sockets.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

/** A search lasts for 9 s. */
const TOLD_WITHIN_MS = 15_000;

let system: System;
let cast: Cast;
let operator: Operator;
let board: RecordedSocket;
let user: User;
beforeAll(async () => {
  // An offer that lasts as long as its search is cut short by the search's end.
  system = await System.start({
    env: { OFFER_TIMEOUT_MS: '9000', SEARCH_TIMEOUT_MS: '9000', JOB_STALE_MS: '4000' },
  });
  cast = new Cast(system);
  operator = await cast.operator();
  board = await operator.watch();
  user = await cast.user();
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

/** Names of the user's events of a booking, once its last is this one. */
async function toldUntil(id: string, last: string): Promise<string[]> {
  return eventually(
    `${last} to be the last`,
    async () => {
      const names = await user.eventNames(id);
      return names.at(-1) === last && names;
    },
    TOLD_WITHIN_MS,
  );
}

async function searchAgain(id: string): Promise<void> {
  expect((await user.retry(id)).status).toBe(200);
}

/** The `nth` offer of a booking (1 for the first) at a pilot's phone, which says that it shows it. */
async function offered(pilot: PilotActor, id: string, nth: number): Promise<string> {
  const offer = await eventually(`offer ${nth}`, () => pilot.socket.of('booking:offer', id)[nth - 1]);
  const offerId = offer['offerId'] as string;
  expect(await pilot.socket.ask('offer:received', { offerId })).toEqual({ ok: true });
  return offerId;
}

const place = freshPlace();
let id: string;
let first: PilotActor;
let second: PilotActor;

test('nobody near; then a pilot who stays silent, declines, goes offline', async () => {
  ({ id } = await user.book(place));
  await toldUntil(id, 'no_pilots');
  first = await cast.pilot({ at: place });
  await searchAgain(id);
  await offered(first, id, 1);
  await toldUntil(id, 'search_timeout');
  await searchAgain(id);
  await first.decline(await offered(first, id, 2));
  await toldUntil(id, 'no_pilots');
  await searchAgain(id);
  await offered(first, id, 3);
  await first.setOnline(false);
  expect((await toldUntil(id, 'no_pilots')).at(-2)).toBe('offer_expired');
});

test('assigned by hand, given back', async () => {
  await first.setOnline(true);
  await operator.expect<Booking>(200, 'POST', `/admin/bookings/${id}/assign`, { pilotId: first.id });
  await first.hears('job:assigned');
  await first.release(id);
  const names = await toldUntil(id, 'no_pilots');
  expect(names.slice(-4)).toEqual(['driver_assigned', 'driver_released', 'search_started', 'no_pilots']);
});

test('accepted, seen on the way, lost from sight, delivered', async () => {
  second = await cast.pilot({ at: northOf(place, 1) });
  await searchAgain(id);
  expect((await second.accept(await offered(second, id, 1))).status).toBe(200);
  expect(await second.socket.ask('pilot:location', northOf(place, 0.5))).toEqual({ ok: true });
  await user.hears('booking:pilot_location');
  await toldUntil(id, 'driver_unreachable');
  for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
    expect((await second.step(id, status)).status).toBe(200);
  expect((await user.booking(id)).status).toBe('DELIVERED');
});

test('another one, cancelled after the accept', async () => {
  const { id: other } = await user.book(place);
  // He gave back that one, not this one, and is the nearest.
  expect((await first.accept(await offered(first, other, 1))).status).toBe(200);
  expect((await user.cancel(other)).status).toBe(200);
  await first.hears('booking:cancelled', (one) => one['bookingId'] === other);
});

test('all of it can be asked for afterwards, by the user and by an operator', async () => {
  const stored = await user.events(id);
  for (const socket of [user.socket, board]) {
    const answer = await socket.ask('booking:sync', { bookingId: id, afterSeq: 0 });
    expect(answer).toMatchObject({ ok: true, booking: { status: 'DELIVERED' }, events: stored });
  }
});

test('every event of the document was sent, each to its kind of connection', async () => {
  await board.arrival('assignments:stats');
  const sockets: Record<TokenType, RecordedSocket[]> = {
    user: user.sockets,
    pilot: [...first.sockets, ...second.sockets],
    admin: [board],
  };
  const named = TOKEN_TYPES.flatMap((type) =>
    Object.keys(EVENTS[type]).map((event) => `${event} to ${type}`),
  );
  const heard = () =>
    new Set(
      TOKEN_TYPES.flatMap((type) =>
        sockets[type].flatMap((one) => one.arrivals.map(({ event }) => `${event} to ${type}`)),
      ),
    );
  expect(named.length).toBeGreaterThan(20);
  await eventually('the last of them', () => named.every((one) => heard().has(one)), 2_000).catch(
    () => false,
  );
  expect([...heard()].sort()).toEqual(named.sort());
  expect(Object.keys({ ...ANSWERS.user, ...ANSWERS.pilot, ...ANSWERS.admin }).sort()).toEqual([
    ...['admin:subscribe_assignments', 'booking:sync', 'offer:received', 'pilot:location'],
  ]);
});

test('the document is served to anyone, as it is committed', async () => {
  const reply = await call(system.url(), 'GET', '/docs/asyncapi.json');
  expect([reply.status, reply.headers['content-type']]).toEqual([
    200,
    expect.stringMatching(/^application\/json/),
  ]);
  expect(reply.body).toEqual(JSON.parse(readFileSync(join(process.cwd(), 'docs/asyncapi.json'), 'utf8')));
  // The page of the REST calls stands beside it, and says where it is.
  const page = await call<string>(system.url(), 'GET', '/docs');
  expect([page.status, page.headers['content-type']]).toEqual([200, expect.stringMatching(/^text\/html/)]);
  const rest = await call<{ info: { description: string } }>(system.url(), 'GET', '/docs-json');
  expect(rest.body.info.description).toContain('/docs/asyncapi.json');
});
