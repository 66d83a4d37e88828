// What stands at the door: demo tokens, metrics, foreign origins, headers.
import { existsSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { networkInterfaces } from 'node:os';
import { BODY_LIMIT_BYTES } from '../../contract/limits.js';
import { Cast } from '../support/actors.js';
import { expectProblem } from '../support/conform.js';
import type { ApiProcess } from '../support/processes.js';
import { call } from '../support/rest.js';
import { freshPlace } from '../support/places.js';
import { RecordedSocket } from '../support/sockets.js';
import { System } from '../support/system.js';

const HOME = 'https://app.example';
const SECOND = 'https://second.example';

let system: System;
let plain: ApiProcess;
let rich: ApiProcess;
beforeAll(async () => {
  system = await System.prepare();
  const set = { DEMO: 'true', METRICS_TOKEN: 'metrics-secret', CORS_ORIGINS: `${HOME}, ${SECOND}` };
  [plain, rich] = await Promise.all([system.startApi(), system.startApi(set)]);
});
afterAll(() => system?.stop());

test('/demo/token: 404 unless DEMO=true', async () => {
  expectProblem(await call(plain.url, 'POST', '/demo/token', { body: { type: 'user' } }), 404);
});

test.each([
  ['user', '/bookings'],
  ['pilot', '/pilots/me'],
  ['admin', '/admin/pilots'],
])('with DEMO=true a demo %s may do what he may', async (type, path) => {
  const ask = (body: object) =>
    call<{ token: string; id: string }>(rich.url, 'POST', '/demo/token', { body });
  const made = await ask({ type });
  expect([made.status, Object.keys(made.body).sort()]).toEqual([200, ['id', 'token']]);
  const reply = await call<{ vehicleTypeId?: string }>(rich.url, 'GET', path, { token: made.body.token });
  expect(reply.status).toBe(200);
  if (type === 'pilot') expect(reply.body.vehicleTypeId).toBe('bike');
  const again = await ask({ type, id: made.body.id, name: 'Other' });
  expect(again.body.id).toBe(made.body.id);
});

test('/metrics: for the bearer of METRICS_TOKEN only where it is set; no personal data', async () => {
  const user = await new Cast({ url: () => rich.url }).user({ name: 'Canary Cora', phone: '+15145557777' });
  await user.book(freshPlace());
  const get = (token?: string) =>
    call<string>(rich.url, 'GET', '/metrics', token === undefined ? {} : { token });
  for (const token of [undefined, 'metrics-secre', 'metrics-secrett', user.token])
    expectProblem(await get(token), 401);
  const reply = await get('metrics-secret');
  expect([reply.status, reply.headers['content-type']]).toEqual([200, expect.stringMatching(/^text\/plain/)]);
  expect(reply.text).toMatch(/^dispatch_http_request_duration_seconds_count\{.*route="\/bookings"/m);
  expect(reply.text).not.toMatch(/Canary|5557777|Pickup Street/);
  expect(reply.text).not.toContain(user.id);
  user.leave();
  expect((await call(plain.url, 'GET', '/metrics')).status).toBe(200);
});

describe('S10 · foreign origins', () => {
  const open = (api: ApiProcess, token: string, origin: string, transports: string[]) =>
    RecordedSocket.open(api.url, token, { transports, extraHeaders: { origin } });

  test.each(['polling', 'websocket'])(
    'open no socket by %s; a listed one and our own may',
    async (transport) => {
      const { token } = await new Cast({ url: () => rich.url }).user({ connected: false });
      const foreign = ['https://evil.example', 'null', 'http://app.example', `${HOME}.evil.example`];
      for (const origin of foreign)
        for (const api of [plain, rich])
          await expect(open(api, token, origin, [transport])).rejects.toThrow(
            /xhr poll error|websocket error/,
          );
      for (const origin of [HOME, SECOND, rich.url]) (await open(rich, token, origin, [transport])).close();
      await expect(open(plain, token, HOME, [transport])).rejects.toThrow(/error/);
    },
  );

  test.each(['GET', 'OPTIONS'])('get no CORS headers from %s; a listed one does', async (method) => {
    const allowed = async (api: ApiProcess, origin: string) => {
      const headers = { origin, 'access-control-request-method': 'POST' };
      return (await call(api.url, method, '/bookings', { headers })).headers['access-control-allow-origin'];
    };
    expect(await allowed(rich, HOME)).toBe(HOME);
    expect([undefined, HOME]).toContain(await allowed(rich, 'https://evil.example'));
    expect(await allowed(plain, HOME)).toBeUndefined();
    // When to come again is for a page to know.
    const { headers } = await call(rich.url, 'GET', '/bookings', { headers: { origin: HOME } });
    expect(headers['access-control-expose-headers']).toContain('Retry-After');
  });
});

test.each([
  ['is no JSON', 400, '{'],
  ['is too large', 413, JSON.stringify({ note: 'x'.repeat(BODY_LIMIT_BYTES) })],
])('a listed origin may read why a body that %s was refused', async (_what, status, body) => {
  const reply = await call(rich.url, 'POST', '/bookings', { body, headers: { origin: HOME } });
  expectProblem(reply, status);
  expect(reply.headers['access-control-allow-origin']).toBe(HOME);
});

test('S20 · the headers of every answer say little of us', async () => {
  const reply = await call(plain.url, 'GET', '/health/live');
  expect(reply.headers['x-powered-by']).toBeUndefined();
  expect(reply.headers['x-content-type-options']).toBe('nosniff');
});

test('S16 · Temporal, its pages and Postgres as we start them listen on loopback only', async () => {
  const postgres = new URL(process.env['TEST_POSTGRES_URL'] ?? '').port;
  const temporal = system.temporal.address.split(':').at(-1) ?? '';
  const reached = (host: string, port: string) =>
    new Promise<boolean>((resolve) => {
      const line = createConnection({ host, port: Number(port), timeout: 1_000 });
      line.once('connect', () => (line.destroy(), resolve(true)));
      for (const end of ['error', 'timeout']) line.once(end, () => (line.destroy(), resolve(false)));
    });
  const outside = Object.values(networkInterfaces())
    .flatMap((one) => one ?? [])
    .filter((one) => !one.internal && one.family === 'IPv4');
  for (const port of [postgres, temporal]) {
    expect(await reached('127.0.0.1', port)).toBe(true);
    for (const { address } of outside) expect(await reached(address, port)).toBe(false);
  }
  // Linux says it of every listener, also where this machine has no other address to knock from.
  if (existsSync('/proc/net/tcp'))
    for (const port of [postgres, temporal])
      expect([...new Set(listenersOn(Number(port)))]).toEqual(['0100007F']);
});

/** The addresses, as the kernel writes them, on which somebody listens at a port. */
function listenersOn(port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(suffix) && state === '0A')
    .map(([, local = '']) => local.split(':')[0] ?? '');
}
