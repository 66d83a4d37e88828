// What stands between people and what is not theirs: forged addresses, too many sockets, faults that tell nothing.
import { Cast, type Operator, type User } from '../support/actors.js';
import { expectProblem } from '../support/conform.js';
import { call } from '../support/rest.js';
import { freshPlace } from '../support/places.js';
import { RecordedSocket } from '../support/sockets.js';
import { System } from '../support/system.js';
import { signToken } from '../support/tokens.js';
import { eventually } from '../support/waiting.js';

/** Sockets of one person and of one address. */
const [PERSON, ADDRESS] = [3, 12];

let system: System;
let cast: Cast;
let user: User;
let operator: Operator;
beforeAll(async () => {
  // The first two share their limits; the third believes no proxy.
  system = await System.prepare({
    env: { RATE_LIMIT: '1000,1000,100000', TRUST_PROXY: 'loopback' },
  });
  await system.startApi({ SOCKET_LIMIT: `${PERSON},${ADDRESS}` });
  await system.startApi();
  await system.startApi({ TRUST_PROXY: undefined });
  cast = new Cast({ url: () => system.url(1) });
  [user, operator] = [await cast.user({ connected: false }), await cast.operator()];
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

const behind = (address: string) => ({ extraHeaders: { 'x-forwarded-for': address } });

describe('S11 · sockets that one holds open', () => {
  test('of one person: past his limit the oldest goes, the new one is served', async () => {
    const token = await signToken();
    const sockets: RecordedSocket[] = [];
    for (let n = 0; n <= PERSON; n += 1)
      sockets.push(await RecordedSocket.open(system.url(0), token, behind('198.51.100.1')));
    await eventually('the oldest to be closed', () => !(sockets[0]?.connected ?? true));
    expect(sockets.map((one) => one.connected)).toEqual([false, ...Array<boolean>(PERSON).fill(true)]);
    expect(await sockets[PERSON]?.ask('nonsense')).toMatchObject({ error: 'unknown_event' });
    for (const one of sockets) one.close();
  });

  test('of one address: refused, others served; and what says nothing counts, and is let go', async () => {
    const silent = Array.from({ length: ADDRESS }, () => {
      const path = '/socket.io/?EIO=4&transport=polling';
      return call<string>(system.url(0), 'GET', path, { headers: { 'x-forwarded-for': '198.51.100.2' } });
    });
    expect(new Set((await Promise.all(silent)).map((one) => one.status))).toEqual(new Set([200]));
    const open = async (address: string) =>
      RecordedSocket.open(system.url(0), await signToken(), behind(address));
    await expect(open('198.51.100.2')).rejects.toThrow(/^rate_limited$/);
    (await open('198.51.100.3')).close();
    // Past twice the limit there is no handshake.
    const more = await Promise.all(
      Array.from({ length: 2 * ADDRESS }, () =>
        call(system.url(0), 'GET', '/socket.io/?EIO=4&transport=polling', {
          headers: { 'x-forwarded-for': '198.51.100.2' },
        }),
      ),
    );
    expect(more.filter((one) => one.status === 403).length).toBeGreaterThanOrEqual(ADDRESS - 1);
    await eventually(
      'the silent ones to be let go',
      async () => {
        const socket = await open('198.51.100.2');
        socket.close();
        return true;
      },
      20_000,
    );
    const { text } = await call<string>(system.url(0), 'GET', '/metrics');
    expect(text).toMatch(/^dispatch_limited_total\{limit="sockets"\} [1-9]/m);
  });
});

describe('S21 · a forged X-Forwarded-For', () => {
  const FORGED = [
    ...[
      '10.0.0.1',
      '127.0.0.1',
      '::1',
      '::ffff:127.0.0.1',
      'localhost',
      'unknown',
      '',
      ',',
      ' , ,',
      '*',
      '0',
    ],
    ...['10.0.0.1, 127.0.0.1', '127.0.0.1, 127.0.0.1', "'; DROP TABLE rate_counters; --", '%00', '<script>'],
    ...['999.999.999.999', '[::1]:80', '10.0.0.1:80', 'fe80::1%eth0', '2001:db8::1', 'x'.repeat(8_000), 'é'],
  ];
  const OTHERS = [
    'forwarded',
    'x-real-ip',
    'x-client-ip',
    'true-client-ip',
    'cf-connecting-ip',
    'x-forwarded-host',
  ];
  const counted = async (): Promise<string[]> =>
    (await system.rows<{ key: string }>(`SELECT DISTINCT key FROM rate_counters WHERE key LIKE 'address:%'`))
      .map((one) => one.key)
      .sort();

  test('is not believed without a named proxy, by whatever header, at REST and at connect', async () => {
    await system.rows('DELETE FROM rate_counters');
    for (const value of FORGED) {
      const headers = Object.fromEntries(
        ['x-forwarded-for', ...OTHERS].map((name) => [name, Buffer.from(value).toString('latin1')]),
      );
      const reply = await call(system.url(2), 'GET', '/bookings', { token: user.token, headers });
      expect([200, 431]).toContain(reply.status);
      if (value.length > 100) continue;
      (await RecordedSocket.open(system.url(2), await signToken(), { extraHeaders: headers })).close();
    }
    expect((await counted()).filter((key) => key !== 'address:127.0.0.1')).toEqual([]);
  });

  test('of the named proxy is believed, whatever stands in it; one IPv6 network is one', async () => {
    await system.rows('DELETE FROM rate_counters');
    const ask = (value: string) =>
      call(system.url(1), 'GET', '/bookings', { token: user.token, headers: { 'x-forwarded-for': value } });
    for (const value of FORGED) expect((await ask(Buffer.from(value).toString('latin1'))).status).toBe(200);
    // Of the test's own address this process may have some left from before.
    expect((await counted()).filter((key) => key !== 'address:127.0.0.1')).toEqual(
      ['10.0.0.1', '2001:db8:0:0::/64', '0:0:0:0::/64', 'fe80:0:0:0::/64']
        .map((one) => `address:${one}`)
        .sort(),
    );
    for (const end of ['1', '2', 'ffff:ffff']) await ask(`2001:db8:7:7::${end}`);
    await ask('1.1.1.1, 203.0.113.77');
    (await RecordedSocket.open(system.url(1), await signToken(), behind('203.0.113.78'))).close();
    const after = await counted();
    expect(after).toEqual(expect.arrayContaining(['address:2001:db8:7:7::/64', 'address:203.0.113.77']));
    expect(after).toContain('address:203.0.113.78');
    expect(after.filter((key) => key.startsWith('address:2001:db8:7'))).toHaveLength(1);
    expect(after).not.toContain('address:1.1.1.1');
  });
});

describe('S20 · a fault of our own', () => {
  test('is an id without a stack, for every list, and for a message of a socket', async () => {
    const socket = await RecordedSocket.open(system.url(1), user.token);
    const { id } = await user.book(freshPlace());
    await system.rows('ALTER TABLE bookings RENAME TO bookings_gone');
    try {
      for (const [actor, path] of [
        [user, '/bookings'],
        [user, `/bookings/${id}`],
        [user, `/bookings/${id}/events`],
        [operator, '/admin/bookings'],
        [operator, '/admin/assignments/stats'],
      ] as const) {
        const reply = await actor.request<{ instance: string }>('GET', path);
        const problem = expectProblem(reply, 500);
        expect(problem.instance).toMatch(/^urn:uuid:/);
        expect(reply.text).not.toMatch(/relation|bookings_gone|42P01|node_modules|postgres/i);
        const logged = await eventually('the log line', () =>
          system
            .api(1)
            .lines()
            .find((one) => one['instance'] === reply.body.instance),
        );
        expect(logged.level).toBe(50);
      }
      const answer = await socket.ask('booking:sync', { bookingId: id, afterSeq: 0 });
      expect(answer['ok']).toBe(false);
      expect(JSON.stringify(answer)).not.toMatch(/relation|stack|42P01/);
    } finally {
      await system.rows('ALTER TABLE bookings_gone RENAME TO bookings');
      socket.close();
    }
  });
});
