// How processes start: what they refuse, and when they call themselves ready.
import { healthShape } from '../../contract/shapes.js';
import { TASK_QUEUE } from '../../contract/workflow.js';
import { readApiConfig } from '../../src/config/environment.js';
import { Cast } from '../support/actors.js';
import { conform, expectProblem } from '../support/conform.js';
import { Proxy } from '../support/proxy.js';
import { call } from '../support/rest.js';
import { freshPlace } from '../support/places.js';
import { System } from '../support/system.js';
import { JWT_SECRET } from '../support/tokens.js';
import { eventually } from '../support/waiting.js';

/** Polls come every two seconds here; five pauses and a look. */
const POLLS_MISSED_WITHIN_MS = 15_000;

let system: System;
beforeAll(async () => {
  system = await System.prepare();
});
afterAll(() => system?.stop());

const health = async (url: string): Promise<Record<string, unknown> & { http: number }> => {
  const reply = await call<Record<string, unknown>>(url, 'GET', '/health/ready');
  conform(healthShape, reply.body);
  if (reply.status === 503) expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
  return { ...reply.body, http: reply.status };
};

/** When our task queue was polled last, as Temporal tells it. */
async function newestPoll(): Promise<string> {
  const { connection, options } = system.temporal.client;
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace: options.namespace,
    taskQueue: { name: TASK_QUEUE },
    taskQueueType: 1,
  });
  return JSON.stringify((pollers ?? []).map(({ lastAccessTime }) => lastAccessTime));
}

/** A real process must end with a code and say what is wrong; answers what it said. */
async function refuses(env: Record<string, string | undefined>, ...words: string[]): Promise<string> {
  const api = await system.startApi(env, { unready: true });
  expect((await api.ended).code).not.toBe(0);
  const said = api.logs();
  for (const word of words) expect(said).toContain(word);
  expect(said).not.toMatch(/^\s+at /m);
  return said;
}

describe('the API refuses to start', () => {
  test('without JWT_SECRET and JWT_JWKS_URL', () =>
    refuses({ JWT_SECRET: undefined }, 'JWT_SECRET', 'JWT_JWKS_URL'));

  test('with DEMO=true and NODE_ENV=production', () =>
    refuses({ DEMO: 'true', NODE_ENV: 'production' }, 'DEMO', 'NODE_ENV'));

  test('with bad values, every bad key in one message, no secret shown', async () => {
    const bad = {
      ...{ DATABASE_URL: 'mysql://u:hunter2@h/x', PORT: '99999', OFFER_TIMEOUT_MS: '1e3', MAX_PILOTS: '0' },
      ...{ SEARCH_RADIUS_KM: '-1', RATE_LIMIT: 'lots', LOG_LEVEL: 'loud', DEMO: 'yes', CORS_ORIGINS: 'evil' },
      ...{ REDIS_URL: 'http://r', JWT_SECRET: 'tiny', SEARCH_PATIENCE_MS: 'Infinity', TEMPORAL_UI_URL: 'x' },
    };
    const said = await refuses(bad, ...Object.keys(bad));
    expect(said).not.toContain('hunter2');
    expect(said.match(/The environment is not right/g)).toHaveLength(1);
  });

  const good = { DATABASE_URL: 'postgres://x/y', JWT_SECRET };
  const wrong: [string, Record<string, string | undefined>][] = [
    ['JWT_SECRET', { JWT_SECRET: '' }],
    ['JWT_SECRET', { JWT_SECRET: 'short' }],
    ['DATABASE_URL', { DATABASE_URL: undefined }],
    ['DATABASE_URL', { DATABASE_URL: '' }],
    ['SEARCH_RADIUS_KM', { SEARCH_RADIUS_KM: '20' }],
    ['OFFER_TIMEOUT_MS', { OFFER_TIMEOUT_MS: '-5' }],
    ['OFFER_TIMEOUT_MS', { OFFER_TIMEOUT_MS: '30s' }],
    ['MAX_RADIUS_KM', { MAX_RADIUS_KM: 'NaN' }],
    ['RATE_LIMIT', { RATE_LIMIT: '1,2' }],
    ['JWT_JWKS_URL', { JWT_JWKS_URL: 'file:///etc/passwd' }],
  ];
  test.each(wrong)('with a bad %s: %j', (key, env) => {
    expect(() => readApiConfig({ ...good, ...env })).toThrow(key);
  });

  test('and takes an empty variable for an unset one', () => {
    expect(readApiConfig({ ...good, PORT: '', RATE_LIMIT: '', SEARCH_PATIENCE_MS: '' })).toMatchObject({
      PORT: 3000,
      RATE_LIMIT: { requestsPerToken: 600, bookingsPerToken: 30, requestsPerAddress: 6000 },
      searchLimits: {
        ...{ offerTimeoutMs: 30_000, searchTimeoutMs: 120_000, maxPilots: 10, searchRadiusKm: 5 },
        ...{ maxRadiusKm: 15, searchPatienceMs: 0, pilotStaleMs: 60_000, retryWindowMs: 1_800_000 },
      },
    });
  });
});

test('the worker refuses bad values too, all in one message', async () => {
  const bad = { DATABASE_URL: undefined, WORKER_METRICS_PORT: 'x', LOG_LEVEL: 'loud' };
  const worker = await system.startWorker(bad, { unready: true });
  expect((await worker.ended).code).not.toBe(0);
  for (const key of Object.keys(bad)) expect(worker.logs()).toContain(key);
});

test('ready is 503 until a polling worker has been seen once; live is 200 from the start', async () => {
  const api = await system.startApi();
  expect((await call(api.url, 'GET', '/health/live')).status).toBe(200);
  expect(await health(api.url)).toMatchObject({ http: 503, status: 'unavailable', postgres: 'up' });
  const worker = await system.startWorker();
  await api.waitReady(10_000);
  expect(await health(api.url)).toMatchObject({
    ...{ status: 'ok', postgres: 'up', temporal: 'up', worker: 'up' },
  });
  // With so many polls behind it the API knows how often one comes.
  const polls = new Set<string>();
  await eventually('three polls', async () => polls.add(await newestPoll()).size >= 3);
  await worker.kill9();
  // Temporal lists it for minutes still; that its polls stopped is seen in seconds, and holds nobody up.
  await eventually(
    'the worker to be missed',
    async () => (await health(api.url)).worker === 'down',
    POLLS_MISSED_WITHIN_MS,
  );
  expect(await health(api.url)).toMatchObject({ http: 200, status: 'ok' });
  await system.startWorker();
  await eventually('a worker again', async () => (await health(api.url)).worker === 'up');
});

test("Temporal's own variables are unset where they are empty: no key, no TLS, no profile", async () => {
  const empty = {
    TEMPORAL_API_KEY: '',
    TEMPORAL_TLS: '',
    TEMPORAL_TLS_SERVER_NAME: '',
    TEMPORAL_PROFILE: '',
  };
  const [api, worker] = await Promise.all([system.startApi(empty), system.startWorker(empty)]);
  try {
    await api.waitReady(10_000);
    await eventually('the worker to poll', () => worker.lines().some(({ msg }) => msg === 'worker polling'));
  } finally {
    await Promise.all([api.kill9(), worker.kill9()]);
  }
});

test('Postgres away, with limits that are counted there: probes and figures are answered, and are never too many', async () => {
  const proxy = await Proxy.before(system.database.url);
  // So few that each request asks Postgres for one more.
  const api = await system.startApi({
    DATABASE_URL: proxy.insteadOf(system.database.url),
    RATE_LIMIT: '20,20,20',
  });
  try {
    for (let probe = 0; probe < 30; probe += 1) {
      expect((await call(api.url, 'GET', '/health/live')).status).toBe(200);
      expect(await health(api.url)).not.toHaveProperty('title');
    }
    proxy.refuse();
    await eventually('Postgres to be missed', async () => (await health(api.url))['postgres'] === 'down');
    expect((await call(api.url, 'GET', '/health/live')).status).toBe(200);
    const figures = await call<string>(api.url, 'GET', '/metrics');
    expect(figures.status).toBe(200);
    expect(figures.text).toContain('dispatch_database_up 0');
  } finally {
    await api.kill9();
    await proxy.stop();
  }
});

test('Postgres away: ready 503, calls 503 with Retry-After, no exit; back again, all is well', async () => {
  const proxy = await Proxy.before(system.database.url);
  const api = await system.startApi({ DATABASE_URL: proxy.insteadOf(system.database.url) });
  const user = await new Cast({ url: () => api.url }).user({ connected: false });
  try {
    await user.book(freshPlace());
    proxy.refuse();
    const reply = await eventually('a 503', async () => {
      const answer = await user.request('GET', '/bookings');
      return answer.status === 503 && answer;
    });
    expectProblem(reply, 503);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
    expect(await health(api.url)).toMatchObject({ http: 503, postgres: 'down' });
    expect((await call(api.url, 'GET', '/health/live')).status).toBe(200);
    proxy.mend();
    await eventually('calls to be answered', async () => {
      return (await user.request('GET', '/bookings')).status === 200;
    });
    expect(await health(api.url)).toMatchObject({ postgres: 'up' });
  } finally {
    await api.kill9();
    await proxy.stop();
  }
});
