// Limits: what all processes let pass together is the limit; who forges an address gains nothing (S11, S21).
import { bookingAt, Cast } from '../support/actors.js';
import { expectProblem } from '../support/conform.js';
import { freshPlace } from '../support/places.js';
import { call, type Reply } from '../support/rest.js';
import { RecordedSocket } from '../support/sockets.js';
import { System } from '../support/system.js';
import { signToken } from '../support/tokens.js';

const REQUESTS = 40;
const BOOKINGS = 5;
const PER_ADDRESS = 60;

/** Two systems: in one the address's limit is out of reach, in the other it alone is small. */
let byToken: System;
let byAddress: System;
beforeAll(async () => {
  [byToken, byAddress] = await Promise.all([
    System.prepare({ env: { RATE_LIMIT: `${REQUESTS},${BOOKINGS},100000` } }),
    System.prepare({ env: { RATE_LIMIT: `100000,100000,${PER_ADDRESS}` } }),
  ]);
  await Promise.all([byToken.startApi(), byToken.startApi(), byAddress.startApi()]);
  await byAddress.startApi({ TRUST_PROXY: 'loopback' });
});
afterAll(async () => {
  await byToken?.stop();
  await byAddress?.stop();
});

function counted(replies: Reply[], fine: number): { passed: number; refused: Reply[] } {
  const refused = replies.filter((one) => one.status === 429);
  const passed = replies.filter((one) => one.status === fine).length;
  expect(passed + refused.length).toBe(replies.length);
  for (const reply of refused) {
    expectProblem(reply, 429);
    const seconds = Number(reply.headers['retry-after']);
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(61);
  }
  return { passed, refused };
}

test('S11 · requests of one token: two processes together let exactly the limit pass', async () => {
  await byToken.earlyInAMinute();
  const token = await signToken();
  const replies = await Promise.all(
    Array.from({ length: 2 * REQUESTS }, (_, n) => call(byToken.url(n % 2), 'GET', '/bookings', { token })),
  );
  expect(counted(replies, 200).passed).toBe(REQUESTS);
  // Somebody else is not held up.
  const other = await signToken();
  expect((await call(byToken.url(), 'GET', '/bookings', { token: other })).status).toBe(200);
});

test('S11 · a token of the same subject made anew does not begin anew', async () => {
  await byToken.earlyInAMinute();
  const sub = 'aaaaaaaa-0000-4000-8000-00000000000a';
  const tokens = await Promise.all(Array.from({ length: REQUESTS + 5 }, () => signToken({ sub })));
  const replies = await Promise.all(
    tokens.map((token) => call(byToken.url(), 'GET', '/bookings', { token })),
  );
  expect(counted(replies, 200).passed).toBe(REQUESTS);
});

test('S11 · bookings of one token: the smaller limit counts them alone', async () => {
  await byToken.earlyInAMinute();
  const user = await new Cast(byToken).user({ connected: false });
  const replies = await Promise.all(
    Array.from({ length: 4 * BOOKINGS }, (_, n) =>
      call(byToken.url(n % 2), 'POST', '/bookings', { token: user.token, body: bookingAt(freshPlace()) }),
    ),
  );
  expect(counted(replies, 201).passed).toBe(BOOKINGS);
  const rows = await byToken.rows('SELECT 1 FROM bookings WHERE user_id = $1', [user.id]);
  expect(rows).toHaveLength(BOOKINGS);
});

test('a booking that was made is answered again by its key, however many were made since', async () => {
  await byToken.earlyInAMinute();
  const token = await signToken();
  const book = (key: string, body: object) =>
    call<{ id: string }>(byToken.url(), 'POST', '/bookings', {
      token,
      body,
      headers: { 'idempotency-key': key },
    });
  const bodies = Array.from({ length: BOOKINGS + 1 }, () => bookingAt(freshPlace()));
  const made = await Promise.all(bodies.slice(0, BOOKINGS).map((body, n) => book(`key ${n}`, body)));
  expect(made.map((one) => one.status)).toEqual(made.map(() => 201));
  expectProblem(await book('a new one', bodies[BOOKINGS] ?? {}), 429);
  const again = await Promise.all(bodies.slice(0, BOOKINGS).map((body, n) => book(`key ${n}`, body)));
  expect(again.map((one) => [one.status, one.body.id])).toEqual(made.map((one) => [201, one.body.id]));
});

test('S11 S21 · a flood of bad tokens is held by the address, and a forged X-Forwarded-For is not believed', async () => {
  await byAddress.earlyInAMinute();
  const replies = await Promise.all(
    Array.from({ length: PER_ADDRESS + 30 }, (_, n) => {
      const headers = { 'x-forwarded-for': `10.1.2.${n}`, forwarded: `for=10.1.2.${n}` };
      return call(byAddress.url(0), 'GET', '/bookings', { token: 'x', headers });
    }),
  );
  // The looks whether the API is up came from this address too.
  const { passed } = counted(replies, 401);
  expect(passed).toBeLessThanOrEqual(PER_ADDRESS);
  expect(passed).toBeGreaterThan(PER_ADDRESS - 20);
  // A handshake is a request like any other.
  await expect(RecordedSocket.open(byAddress.url(0), await signToken())).rejects.toThrow('rate_limited');
  // Behind a named proxy each client has his own address.
  const headers = { 'x-forwarded-for': '10.9.9.9' };
  const behind = await call(byAddress.url(1), 'GET', '/bookings', { token: 'x', headers });
  expect(behind.status).toBe(401);
});

test('S11 · connects are requests: two processes together let exactly the limit of a token pass', async () => {
  await byToken.earlyInAMinute();
  const token = await signToken();
  const connects = await Promise.all(
    Array.from({ length: 2 * REQUESTS }, (_, n) =>
      RecordedSocket.open(byToken.url(n % 2), token).then(
        (socket) => (socket.close(), 'open'),
        (error: Error) => error.message,
      ),
    ),
  );
  expect(connects.filter((how) => how === 'open')).toHaveLength(REQUESTS);
  expect(new Set(connects)).toEqual(new Set(['open', 'rate_limited']));
});

test("S11 · one socket's flood of messages is answered rate_limited, the next socket is served", async () => {
  const token = await signToken();
  const socket = await RecordedSocket.open(byToken.url(), token);
  const answers = await Promise.all(Array.from({ length: 300 }, () => socket.ask('booking:sync', {})));
  const errors = answers.map((one) => one['error']);
  expect(errors.filter((one) => one === 'invalid').length).toBeLessThan(150);
  expect(errors.filter((one) => one === 'rate_limited').length).toBeGreaterThan(150);
  const other = await RecordedSocket.open(byToken.url(), await signToken());
  expect(await other.ask('booking:sync', {})).toMatchObject({ error: 'invalid' });
  socket.close();
  other.close();
});

test('S11 · RATE_LIMIT=off counts nothing', async () => {
  const api = await byToken.startApi({ RATE_LIMIT: 'off' });
  const token = await signToken();
  const replies = await Promise.all(
    Array.from({ length: REQUESTS + 20 }, () => call(api.url, 'GET', '/bookings', { token })),
  );
  expect(new Set(replies.map((one) => one.status))).toEqual(new Set([200]));
});
