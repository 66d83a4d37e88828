// Who may call what: every call and every socket message, for every kind of caller; deny by default (S1-S3).
import { randomUUID } from 'node:crypto';
import { CALLS, type Call } from '../../contract/calls.js';
import { CLIENT_MESSAGES } from '../../contract/client-messages.js';
import { BOOKING_STATUSES, OFFER_STATUSES, TOKEN_TYPES, type TokenType } from '../../contract/words.js';
import type { Booking, Offer } from '../../contract/shapes.js';
import { Cast, PilotActor, User } from '../support/actors.js';
import { goodBody, mayCall, nameOf, pathOf } from '../support/bodies.js';
import { conform, expectProblem } from '../support/conform.js';
import { freshPlace } from '../support/places.js';
import { call as send, openLine, type Reply } from '../support/rest.js';
import { RecordedSocket } from '../support/sockets.js';
import { System } from '../support/system.js';
import { signToken } from '../support/tokens.js';

let system: System;
let cast: Cast;
let user: User;
let booking: Booking;
let offer: Offer;
let pilot: PilotActor;
let job: Booking;
let jobPilot: PilotActor;
const strangers = {} as Record<TokenType, string>;

beforeAll(async () => {
  system = await System.start({ env: { OFFER_TIMEOUT_MS: '600000', SEARCH_TIMEOUT_MS: '600000' } });
  cast = new Cast(system);
  user = await cast.user();
  const [offered, taken] = [freshPlace(), freshPlace()];
  [pilot, jobPilot] = [await cast.pilot({ at: offered }), await cast.pilot({ at: taken })];
  booking = await user.book(offered);
  offer = await pilot.offered(booking.id);
  job = await user.book(taken);
  await jobPilot.accept((await jobPilot.offered(job.id)).offerId);
  const idle = await cast.pilot();
  strangers.user = await signToken({ type: 'user' });
  strangers.pilot = idle.token;
  strangers.admin = await signToken({ type: 'admin' });
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

function ask(call: Call, token: string | undefined, id?: string): Promise<Reply> {
  const body = goodBody(call);
  return send(system.url(), call.method.toUpperCase(), pathOf(call, id), {
    ...(token === undefined ? {} : { token }),
    ...(body === undefined ? {} : { body }),
  });
}

describe.each(CALLS.map((call) => [nameOf(call), call] as const))('S3 · %s', (_name, call) => {
  test('without a token', async () => {
    const reply = await ask(call, undefined);
    if (call.who === 'anyone') expect([200, 404]).toContain(reply.status);
    else {
      expectProblem(reply, 401);
      expect(reply.headers['www-authenticate']).toMatch(/^Bearer/);
    }
  });

  test.each(TOKEN_TYPES)('as %s', async (type) => {
    const reply = await ask(call, strangers[type]);
    if (!mayCall(call, type)) {
      expectProblem(reply, 403);
      return;
    }
    const fine = Object.keys(call.answers).map(Number);
    // What the path names does not exist; DEMO is off here.
    const absent = call.path.includes(':') || call.path.startsWith('/demo');
    expect(absent ? 404 : fine).toEqual(absent ? reply.status : expect.arrayContaining([reply.status]));
    if (absent) expectProblem(reply, 404);
    else if (call.answers[reply.status]) conform(call.answers[reply.status] as never, reply.body);
  });
});

/** Calls about one thing, with the id of a thing that exists and is another's. */
function othersThing(call: Call): string | null {
  if (call.path.startsWith('/bookings/:id')) return booking.id;
  if (call.path.startsWith('/offers/:id')) return offer.offerId;
  if (call.path.startsWith('/jobs/:bookingId')) return job.id;
  return null;
}

const owned = CALLS.filter((call) => call.path.includes(':') && !call.path.startsWith('/admin'));
describe.each(owned.map((call) => [nameOf(call), call] as const))(
  "S1 S2 · another's thing: %s",
  (_name, call) => {
    const types = TOKEN_TYPES.filter((type) => type !== 'admin' && mayCall(call, type));
    test.each(types)('as %s is 404, word for word as if absent, and changes nothing', async (type) => {
      const id = othersThing(call);
      if (id === null) throw new Error(`${nameOf(call)} has no row in the table of ownership`);
      const before = await everything();
      const [others, absent] = [await ask(call, strangers[type], id), await ask(call, strangers[type])];
      expectProblem(others, 404);
      expect(others.body).toEqual(absent.body);
      expect(others.headers['content-length']).toBe(absent.headers['content-length']);
      expect(await everything()).toEqual(before);
    });
  },
);

test("S1 · a booking's own pilot before he has it, and a pilot who only holds its offer, see 404", async () => {
  expectProblem(await pilot.request('GET', `/bookings/${booking.id}`), 404);
  expect((await jobPilot.request('GET', `/bookings/${job.id}`)).status).toBe(200);
});

test("S1 · a pilot on another's job cannot step or release the booking that he was only offered", async () => {
  expectProblem(await pilot.step(booking.id, 'ARRIVED'), 404);
  expectProblem(await pilot.release(booking.id), 404);
});

test.each(BOOKING_STATUSES)(
  "S1 · a stranger's call about a booking that is %s is 404, as if absent",
  async (status) => {
    const { id } = await user.book(freshPlace());
    await user.event(id, 'booking:no_pilots');
    await system.rows('UPDATE bookings SET status = $2 WHERE id = $1', [id, status]);
    const before = await everything();
    for (const call of owned.filter((one) => /^\/(bookings|jobs)\//.test(one.path)))
      for (const type of TOKEN_TYPES.filter((one) => one !== 'admin' && mayCall(call, one))) {
        const [others, absent] = [await ask(call, strangers[type], id), await ask(call, strangers[type])];
        expectProblem(others, 404);
        expect(others.body).toEqual(absent.body);
      }
    expect(await everything()).toEqual(before);
    await system.rows("UPDATE bookings SET status = 'CANCELLED' WHERE id = $1", [id]);
  },
);

test.each(OFFER_STATUSES)(
  "S2 · another's offer that is %s can be neither accepted nor declined",
  async (status) => {
    const id = randomUUID();
    await system.rows(
      `INSERT INTO offers (id, booking_id, search_no, pilot_id, number, status, distance_km, expires_at, ended_at)
     SELECT $1, booking_id, search_no, pilot_id, 99, $2, 1, clock_timestamp() + interval '1 h', clock_timestamp()
     FROM offers WHERE id = $3 AND $2 <> 'OFFERED'`,
      [id, status, offer.offerId],
    );
    const asked = status === 'OFFERED' ? offer.offerId : id;
    const before = await everything();
    for (const call of owned.filter((one) => one.path.startsWith('/offers/'))) {
      const [others, absent] = [await ask(call, strangers.pilot, asked), await ask(call, strangers.pilot)];
      expectProblem(others, 404);
      expect(others.body).toEqual(absent.body);
    }
    expect(await everything()).toEqual(before);
  },
);

/** Samples of each kind, and by how much their medians may differ: by what a busy machine does to either. */
const SAMPLES = 200;
const ALIKE_WITHIN_MS = 2;

test.each([
  ['a booking', 'GET', () => `/bookings/${booking.id}`, (id: string) => `/bookings/${id}`, 'user'],
  [
    'an offer',
    'POST',
    () => `/offers/${offer.offerId}/accept`,
    (id: string) => `/offers/${id}/accept`,
    'pilot',
  ],
] as const)(
  "S23 · the time of the answer does not tell whether another's %s exists",
  async (_, method, others, absent, who) => {
    const over = await openLine(system.url());
    const spent = { others: [] as number[], absent: [] as number[] };
    // In turn, so that whatever the machine does meets both.
    for (let n = 0; n < SAMPLES; n += 1)
      for (const kind of ['others', 'absent'] as const) {
        const path = kind === 'others' ? others() : absent(randomUUID());
        const startedAt = performance.now();
        const body = method === 'POST' ? { body: {} } : {};
        const reply = await send(system.url(), method, path, { token: strangers[who], over, ...body });
        spent[kind].push(performance.now() - startedAt);
        expect([reply.status, reply.body]).toEqual([404, expect.objectContaining({ title: 'Not found' })]);
      }
    const median = (times: number[]) => times.sort((a, b) => a - b)[SAMPLES / 2] ?? 0;
    const [there, gone] = [median(spent.others), median(spent.absent)];
    expect(Math.abs(there - gone)).toBeLessThan(Math.max(ALIKE_WITHIN_MS, 0.25 * gone));
  },
);

/** All rows that a call could have changed. */
async function everything(): Promise<unknown> {
  const [bookings, offers, searches] = await Promise.all([
    system.rows('SELECT * FROM bookings ORDER BY number'),
    system.rows('SELECT * FROM offers ORDER BY id'),
    system.rows('SELECT * FROM searches ORDER BY booking_id, search_no'),
  ]);
  return { bookings, offers, searches };
}

/** Who may send what, as the contract says; not as the code does. */
const MESSAGES: Record<string, { who: TokenType[]; body: () => unknown }> = {
  'booking:sync': { who: ['user', 'admin'], body: () => ({ bookingId: randomUUID(), afterSeq: 0 }) },
  'pilot:location': { who: ['pilot'], body: () => ({ lat: 1, lng: 2 }) },
  'offer:received': { who: ['pilot'], body: () => ({ offerId: randomUUID() }) },
  'admin:subscribe_assignments': { who: ['admin'], body: () => ({}) },
};

describe.each(Object.keys(CLIENT_MESSAGES))('S3 · socket message %s', (event) => {
  test.each(TOKEN_TYPES)('as %s', async (type) => {
    const message = MESSAGES[event];
    if (message === undefined) throw new Error(`${event} has no row here`);
    const socket = await RecordedSocket.open(system.url(), strangers[type]);
    try {
      const answer = await socket.ask(event, message.body());
      if (!message.who.includes(type)) expect(answer).toMatchObject({ ok: false, error: 'forbidden' });
      else if (event === 'booking:sync' || event === 'offer:received')
        expect(answer).toMatchObject({ ok: false, error: 'not_found' });
      else expect(answer).toMatchObject({ ok: true });
      if (answer['ok'] === false) expect(typeof answer['detail']).toBe('string');
    } finally {
      socket.close();
    }
  });
});

test("S1 S2 · another's booking cannot be synced, nor another's offer marked as received", async () => {
  const [stranger, other] = [
    await RecordedSocket.open(system.url(), strangers.user),
    await RecordedSocket.open(system.url(), strangers.pilot),
  ];
  const absent = await stranger.ask('booking:sync', { bookingId: randomUUID(), afterSeq: 0 });
  expect(await stranger.ask('booking:sync', { bookingId: booking.id, afterSeq: 0 })).toEqual(absent);
  const none = await other.ask('offer:received', { offerId: randomUUID() });
  expect(await other.ask('offer:received', { offerId: offer.offerId })).toEqual(none);
  const [row] = await system.rows<{ received_at: Date | null }>(
    'SELECT received_at FROM offers WHERE id = $1',
    [offer.offerId],
  );
  expect(row?.received_at).toBeNull();
  stranger.close();
  other.close();
});
