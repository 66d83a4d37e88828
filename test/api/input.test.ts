// What comes in is judged at the door: every body, every field, every limit; never a 500 (F23, S4).
import { randomUUID } from 'node:crypto';
import { CALLS, type Call } from '../../contract/calls.js';
import { BODY_LIMIT_BYTES } from '../../contract/limits.js';
import { TOKEN_TYPES, type TokenType } from '../../contract/words.js';
import { bookingAt, Cast, type User } from '../support/actors.js';
import { CALLS_WITH_BODY, goodBody, nameOf, pathOf, someoneFor } from '../support/bodies.js';
import { badFields, expectProblem } from '../support/conform.js';
import { freshPlace } from '../support/places.js';
import { call as send, type Reply, type RestOptions } from '../support/rest.js';
import { System } from '../support/system.js';
import { signToken } from '../support/tokens.js';

let system: System;
let cast: Cast;
let user: User;
const tokens: Partial<Record<TokenType, string>> = {};
beforeAll(async () => {
  // No worker is needed to be refused at the door.
  system = await System.prepare({ env: { DEMO: 'true' } });
  await system.startApi();
  cast = new Cast(system);
  user = await cast.user({ connected: false });
  const pilot = await cast.pilot();
  for (const type of TOKEN_TYPES) tokens[type] = await signToken({ type });
  tokens.pilot = pilot.token;
});
afterAll(() => system?.stop());

function ask(call: Call, body: unknown, options: RestOptions = {}): Promise<Reply> {
  const token = tokens[someoneFor(call)] ?? '';
  const given = body === undefined ? {} : { body };
  return send(system.url(), call.method.toUpperCase(), pathOf(call), { token, ...given, ...options });
}

const rows = CALLS_WITH_BODY.map((call) => [nameOf(call), call] as const);

/** What else a greedy client would like to set. */
const GREEDY = ['round', 'isAdmin', 'role', 'type', 'by', 'constructor', 'toString', 'x\u0000y'];

/** Every column of every table, as the tables and as objects name it. */
async function wishes(): Promise<string[]> {
  const columns = await system.rows<{ name: string }>(
    "SELECT DISTINCT column_name AS name FROM information_schema.columns WHERE table_schema = 'public'",
  );
  const names = columns.map((one) => one.name);
  const asFields = names.map((name) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()));
  return [...new Set([...GREEDY, ...names, ...asFields])];
}

describe.each(rows)('%s', (_name, call) => {
  test('S4 · refuses every column of every table as an unknown field, by its name', async () => {
    for (const wish of await wishes()) {
      const good = goodBody(call) as Record<string, unknown>;
      const body = { ...good, [wish]: good[wish] ?? 'x' };
      const reply = await ask(call, body);
      // A field that the call does take is judged like any other.
      if (wish in good || takes(call, wish)) continue;
      if (call.path === '/admin/tokens/revoke') expectProblem(reply, 400);
      else if (!badFields(reply).includes(wish)) throw new Error(`${wish} was not refused: ${reply.text}`);
    }
  });

  test('F23 S4 · refuses __proto__ as it refuses any unknown field', async () => {
    const good = JSON.stringify(goodBody(call));
    const poisoned = `${good.slice(0, -1)}${good === '{}' ? '' : ','}"__proto__":{"status":"DELIVERED"}}`;
    expectProblem(await ask(call, poisoned), 400);
  });

  test('F23 · refuses what is not an object, and what is not JSON', async () => {
    const bodies = ['null', '[]', '[{}]', '"text"', '17', 'true', '{', '{"a":}', 'NaN', '\u0000', '{}{}'];
    for (const body of bodies) {
      const reply = await ask(call, body);
      expectProblem(reply, 400);
      // The field is named, and what was sent is not repeated.
      expect([body, badFields(reply), (reply.body as { detail: string }).detail]).toEqual([
        body,
        ['body'],
        expect.not.stringContaining('Unexpected'),
      ]);
    }
  });

  test('F23 · refuses a body over 64 kB with 413', async () => {
    const reply = await ask(call, JSON.stringify({ ...goodBody(call), x: 'x'.repeat(BODY_LIMIT_BYTES) }));
    expectProblem(reply, 413);
  });

  test('refuses another content type and a foreign encoding, without a 500', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expectProblem(await ask(call, 'online=true&status=x', { headers }), 400);
    expectProblem(await ask(call, '{}', { headers: { 'content-type': 'text/plain' } }), 400);
    for (const odd of [
      { 'content-type': 'application/json; charset=klingon' },
      { 'content-encoding': 'zip' },
      { 'content-encoding': 'gzip' },
    ] as Record<string, string>[])
      expect([400, 415]).toContain((await ask(call, '{"a":1}', { headers: odd })).status);
  });

  test('F23 · survives deep nesting', async () => {
    const deep = `${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}`;
    expectProblem(await ask(call, deep), 400);
    expectProblem(await ask(call, `${'['.repeat(30_000)}${']'.repeat(30_000)}`), 400);
  });
});

/** Does the call's schema know this field? */
function takes(call: Call, field: string): boolean {
  const { error } = call.body?.safeParse({ ...goodBody(call), [field]: {} }) ?? {};
  return !(error?.issues ?? []).some((one) => 'keys' in one && (one.keys as string[]).includes(field));
}

const BAD_IDS = ['1', 'x', '%00', '..%2f..%2fetc', `${randomUUID()}0`, "' OR 1=1 --", 'null', '%F0%9F%9A%97'];
const withId = CALLS.filter((call) => call.path.includes(':')).map((call) => [nameOf(call), call] as const);

test.each(withId)('%s refuses what is not a uuid with 400', async (_name, call) => {
  for (const id of BAD_IDS) {
    const path = pathOf(call, encodeURI(decodeURIComponent(id)).replaceAll("'", '%27'));
    const token = tokens[someoneFor(call)] ?? '';
    const body = goodBody(call);
    const options = body === undefined ? { token } : { token, body };
    const reply = await send(system.url(), call.method.toUpperCase(), path, options);
    expect([400, 404]).toContain(reply.status);
    expectProblem(reply, reply.status);
  }
});

test('a path that cannot be decoded is 400, not 500', async () => {
  for (const path of ['/bookings/%ZZ', '/bookings/%E0%A4%A', '/%c0%ae/'])
    expect([400, 404]).toContain((await user.request('GET', path)).status);
});

test('a route that does not exist is a 404 problem', async () => {
  for (const path of ['/nobody', '/bookings/x/y/z', '/admin', '/Admin/pilotss', '/.env'])
    expectProblem(await user.request('GET', path), 404);
  expectProblem(await user.request('DELETE', '/bookings'), 404);
});

describe('queries', () => {
  const lists = [
    ['user', '/bookings'],
    ['admin', '/admin/bookings'],
    ['admin', '/admin/pilots'],
  ] as const;

  test.each(lists)('as %s, %s refuses a bad limit, cursor or unknown field', async (type, path) => {
    const bad = [
      ...['limit=0', 'limit=101', 'limit=-1', 'limit=1.5', 'limit=x', 'limit=', 'limit=1&limit=2'],
      ...['nonsense=1', '__proto__=1', '__proto__[x]=1', 'constructor=1', 'limit[a]=1'],
      ...['cursor=', 'cursor=%00', 'cursor=abc', 'cursor=%F0%9F%9A%97', 'cursor=1&cursor=2', 'cursor=LTE'],
      `cursor=${Buffer.from('-'.repeat(36)).toString('base64url')}`,
      `cursor=${Buffer.from('f'.repeat(36)).toString('base64url')}`,
      `cursor=${Buffer.from('9'.repeat(30)).toString('base64url')}`,
      `cursor=${'a'.repeat(201)}`,
    ];
    for (const query of bad) {
      const reply = await send(system.url(), 'GET', `${path}?${query}`, { token: tokens[type] ?? '' });
      if (reply.status !== 400) throw new Error(`${path}?${query}: ${reply.status} instead of 400`);
      expectProblem(reply, 400);
    }
  });

  test('status and q are refused when they are not what they should be', async () => {
    for (const query of ['status=DONE', 'status=', 'status[]=PENDING', 'q=%00', `q=${'x'.repeat(101)}`]) {
      const reply = await send(system.url(), 'GET', `/admin/bookings?${query}`, {
        token: tokens.admin ?? '',
      });
      expectProblem(reply, 400);
    }
  });

  test('after= of events is refused when it is not a number of an event', async () => {
    const { id } = await user.book(freshPlace());
    for (const after of ['-1', 'x', '1.5', '99999999999999999999', 'Infinity', '1&after=2'])
      expectProblem(await user.request('GET', `/bookings/${id}/events?after=${after}`), 400);
  });

  test('S15 · nothing in q is SQL or a pattern', async () => {
    for (const q of ["' OR 1=1 --", '%', '_', '\\', "'; DROP TABLE bookings; --", '$1', '%25%25']) {
      const path = `/admin/bookings?q=${encodeURIComponent(q)}`;
      const reply = await send<{ items: unknown[] }>(system.url(), 'GET', path, {
        token: tokens.admin ?? '',
      });
      expect([reply.status, reply.body.items]).toEqual([200, []]);
    }
  });
});

describe('a place', () => {
  const place = freshPlace();
  const bad: [string, unknown][] = [
    ...[91, -91, 999, -999, '1', null, true, [], {}].map((lat): [string, unknown] => ['lat', lat]),
    ...[181, -181, 999, '1', null].map((lng): [string, unknown] => ['lng', lng]),
    ...['', '   ', 'x'.repeat(301), 'a\u0000b', 5, null].map((text): [string, unknown] => ['address', text]),
  ];
  test.each(bad)('with %s %j is 400', async (field, value) => {
    for (const end of ['pickup', 'dropoff']) {
      const body = bookingAt(place);
      const wrong = { ...body, [end]: { ...(body[end] as object), [field]: value } };
      expect(badFields(await user.request('POST', '/bookings', wrong))).toEqual([`${end}.${field}`]);
    }
  });

  test('F23 · with 1e999 or NaN in the JSON is 400', async () => {
    const text = JSON.stringify(bookingAt(place)).replace(/"lat":[-\d.]+/, '"lat":1e999');
    expect(badFields(await user.request('POST', '/bookings', text))).toEqual(['pickup.lat']);
  });

  test('at the very edges is fine', async () => {
    const edge = { lat: -90, lng: 180 };
    expect((await user.book(edge, { dropoff: { lat: 90, lng: -180, address: 'N' } })).pickup.lng).toBe(180);
  });
});
