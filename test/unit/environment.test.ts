// The environment: defaults as in the contract's tables, and every bad key in one message.
import {
  ConfigurationError,
  readApiConfig,
  readWorkerConfig,
  type Environment,
} from '../../src/config/environment.js';

const GOOD = {
  DATABASE_URL: 'postgres://u:p@localhost:5432/d',
  JWT_SECRET: 'a secret of the tests, long',
} satisfies Environment;
const api = (change: Environment = {}) => readApiConfig({ ...GOOD, ...change });

/** The message with which it is refused. */
function refusal(change: Environment, read: (env: Environment) => unknown = readApiConfig): string {
  try {
    read({ ...GOOD, ...change });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error(`not refused: ${JSON.stringify(change)}`);
}

it("without a word more, the rules of the contract's table", () => {
  expect(api().searchLimits).toEqual({
    offerTimeoutMs: 30_000,
    searchTimeoutMs: 120_000,
    maxPilots: 10,
    searchRadiusKm: 5,
    maxRadiusKm: 15,
    searchPatienceMs: 0,
    pilotStaleMs: 60_000,
    retryWindowMs: 1_800_000,
  });
  expect(api()).toMatchObject({
    JOB_STALE_MS: 180_000,
    PORT: 3000,
    DEMO: false,
    LOG_LEVEL: 'info',
    RATE_LIMIT: { requestsPerToken: 600, bookingsPerToken: 30, requestsPerAddress: 6_000 },
    SOCKET_LIMIT: { perPerson: 20, perAddress: 2_000 },
    POSITIONS_KEPT_MS: 86_400_000,
    CORS_ORIGINS: [],
  });
  for (const unset of [
    'REDIS_URL',
    'JWT_JWKS_URL',
    'JWT_ISSUER',
    'JWT_AUDIENCE',
    'TRUST_PROXY',
    'METRICS_TOKEN',
  ] as const)
    expect(api()[unset]).toBeUndefined();
  expect(readWorkerConfig(GOOD)).toMatchObject({ WORKER_METRICS_PORT: 9464, LOG_LEVEL: 'info' });
});

it.each([
  ['OFFER_TIMEOUT_MS', '1500', 'offerTimeoutMs', 1_500],
  ['SEARCH_TIMEOUT_MS', '5000', 'searchTimeoutMs', 5_000],
  ['MAX_PILOTS', '3', 'maxPilots', 3],
  ['SEARCH_RADIUS_KM', '2.5', 'searchRadiusKm', 2.5],
  ['MAX_RADIUS_KM', '30', 'maxRadiusKm', 30],
  ['SEARCH_PATIENCE_MS', '4000', 'searchPatienceMs', 4_000],
  ['PILOT_STALE_MS', '20000', 'pilotStaleMs', 20_000],
  ['RETRY_WINDOW_MS', '60000', 'retryWindowMs', 60_000],
] as const)('%s=%s is what a booking gets', (key, value, limit, expected) => {
  expect(api({ [key]: value }).searchLimits[limit]).toBe(expected);
});

it('an empty variable is an unset one', () => {
  expect(api({ OFFER_TIMEOUT_MS: '', REDIS_URL: '', RATE_LIMIT: '', DEMO: '' })).toEqual(api());
  expect(refusal({ JWT_SECRET: '' })).toContain('JWT_SECRET');
});

it('lists, switches and limits', () => {
  expect(api({ CORS_ORIGINS: 'https://a.example, http://localhost:5173,' }).CORS_ORIGINS).toEqual([
    'https://a.example',
    'http://localhost:5173',
  ]);
  expect(api({ RATE_LIMIT: 'off' }).RATE_LIMIT).toBeNull();
  expect(api({ RATE_LIMIT: '10,2,50' }).RATE_LIMIT).toEqual({
    requestsPerToken: 10,
    bookingsPerToken: 2,
    requestsPerAddress: 50,
  });
  expect(api({ DEMO: 'true' }).DEMO).toBe(true);
  expect(api({ JWT_SECRET: undefined, JWT_JWKS_URL: 'https://id.example/jwks' }).JWT_JWKS_URL).toBe(
    'https://id.example/jwks',
  );
  expect(readWorkerConfig({ ...GOOD, WORKER_METRICS_PORT: 'off' }).WORKER_METRICS_PORT).toBe('off');
});

it('map tiles: OpenStreetMap, or an address, or off', () => {
  expect(api().MAP_TILES_URL).toBe('https://tile.openstreetmap.org/{z}/{x}/{y}.png');
  expect(api({ MAP_TILES_URL: 'off' }).MAP_TILES_URL).toBeNull();
  for (const tiles of [
    'http://localhost:8080/{z}/{x}/{y}.png',
    'https://{s}.t.example/{z}/{x}/{y}{r}.png?k=1',
  ])
    expect(api({ MAP_TILES_URL: tiles, MAP_ATTRIBUTION: '© Us' })).toMatchObject({
      MAP_TILES_URL: tiles,
      MAP_ATTRIBUTION: '© Us',
    });
});

describe('PAYLOAD_KEYS', () => {
  const key = Buffer.alloc(32, 1).toString('base64');
  const ids = (value?: string) =>
    [api({ PAYLOAD_KEYS: value }), readWorkerConfig({ ...GOOD, PAYLOAD_KEYS: value })].map((config) =>
      config.PAYLOAD_KEYS.map(({ id }) => id).join(' '),
    );

  it('none, one or several, in their order', () => {
    for (const none of [undefined, '']) expect(ids(none)).toEqual(['', '']);
    expect(ids(`k1:${key}`)).toEqual(['k1', 'k1']);
    expect(ids(`2026-12:${key}, a.b_C-1:${key}`)).toEqual(['2026-12 a.b_C-1', '2026-12 a.b_C-1']);
  });

  it.each([
    ['no id', `${key}`, 'entry 1 must be keyId:base64'],
    ['an empty id', `:${key}`, 'entry 1 must have an id'],
    ['a blank in an id', `a b:${key}`, 'entry 1 must have an id'],
    ['an id that is too long', `${'x'.repeat(65)}:${key}`, 'entry 1 must have an id'],
    ['16 bytes', `a:${Buffer.alloc(16).toString('base64')}`, '32 bytes'],
    ['33 bytes', `a:${Buffer.alloc(33).toString('base64')}`, '32 bytes'],
    ['hex', `a:${'CANARY12'.repeat(8)}`, '32 bytes'],
    ['bits that are too many', `a:${'A'.repeat(42)}B=`, '32 bytes'],
    ['an id twice', `a:${key},a:${Buffer.alloc(32).toString('base64')}`, 'entry 2 has the id of an earlier'],
    ['a comma at the end', `a:${key},`, 'entry 2 is empty'],
    ['id and key exchanged', `${key}:CANARY`, 'entry 1 must have an id'],
  ])('%s is refused, for API and worker, without a word of what stands there', (_name, value, hint) => {
    for (const read of [readApiConfig, readWorkerConfig]) {
      const message = refusal({ PAYLOAD_KEYS: value }, read);
      expect(message).toContain('PAYLOAD_KEYS: ');
      expect(message).toContain(hint);
      expect(message).not.toMatch(/CANARY|AAAA|AQEB|a b/);
    }
  });

  it('every bad entry is named', () => {
    const message = refusal({ PAYLOAD_KEYS: `x,a:${key},b:y`, OFFER_TIMEOUT_MS: 'x' });
    for (const part of ['entry 1', 'entry 3', 'OFFER_TIMEOUT_MS']) expect(message).toContain(part);
    expect(message).not.toContain('entry 2');
  });
});

it.each<[string, string, string]>([
  ['DATABASE_URL', 'mysql://x', 'postgres://'],
  ['REDIS_URL', 'http://x', 'redis://'],
  ['OFFER_TIMEOUT_MS', '30s', 'whole number'],
  ['OFFER_TIMEOUT_MS', '-1', 'whole number'],
  ['OFFER_TIMEOUT_MS', '1e4', 'whole number'],
  ['OFFER_TIMEOUT_MS', '99999999999', ''],
  ['MAX_PILOTS', '0', ''],
  ['MAX_PILOTS', '2.5', 'whole number'],
  ['SEARCH_RADIUS_KM', 'five', 'kilometres'],
  ['SEARCH_RADIUS_KM', '20', 'MAX_RADIUS_KM'],
  ['MAX_RADIUS_KM', '0', ''],
  ['LOG_LEVEL', 'loud', 'info'],
  ['PORT', '65536', ''],
  ['DEMO', 'yes', 'true'],
  ['JWT_SECRET', 'short', '16'],
  ['JWT_JWKS_URL', 'ftp://x', ''],
  ['CORS_ORIGINS', 'a.example', ''],
  ['RATE_LIMIT', '600', 'off'],
  ['DATABASE_POOL_SIZE', '1', ''],
  ['MAP_TILES_URL', 'https://tiles.example/', '{z}'],
  ['MAP_TILES_URL', 'ftp://tiles.example/{z}/{x}/{y}.png', 'http'],
  ['MAP_TILES_URL', 'https://u:p@tiles.example/{z}/{x}/{y}.png', 'http'],
  ['MAP_TILES_URL', "https://tiles.example; script-src 'unsafe-inline'/{z}/{x}/{y}", 'http'],
  ['MAP_TILES_URL', 'false', 'off'],
  ['MAP_ATTRIBUTION', 'x'.repeat(301), ''],
  ['TEMPORAL_UI_URL', 'ftp://ui.example', 'http'],
])('%s=%s is refused by name, and says what is allowed', (key, value, hint) => {
  const message = refusal({ [key]: value });
  expect(message).toContain(key);
  expect(message).toContain(hint);
});

it('what is missing is said to be not set', () => {
  expect(refusal({ DATABASE_URL: undefined })).toMatch(/DATABASE_URL: is not set/);
  expect(refusal({ JWT_SECRET: undefined })).toMatch(/JWT_SECRET.*not set/);
  expect(refusal({ DATABASE_URL: undefined }, readWorkerConfig)).toMatch(/DATABASE_URL: is not set/);
});

it('DEMO and production together refuse to start, and a demo needs a secret', () => {
  expect(refusal({ DEMO: 'true', NODE_ENV: 'production' })).toContain('DEMO');
  expect(refusal({ DEMO: 'true', JWT_SECRET: undefined, JWT_JWKS_URL: 'https://id.example/jwks' })).toContain(
    'DEMO',
  );
  expect(api({ NODE_ENV: 'production' }).DEMO).toBe(false);
});

describe('every bad key in one message', () => {
  it('those of the wrong form', () => {
    const bad = {
      DATABASE_URL: 'x',
      OFFER_TIMEOUT_MS: 'x',
      MAX_PILOTS: 'x',
      LOG_LEVEL: 'x',
      PORT: 'x',
      RATE_LIMIT: 'x',
      CORS_ORIGINS: 'x',
    };
    const message = refusal(bad);
    for (const key of Object.keys(bad)) expect(message).toContain(key);
    const worker = refusal(
      { DATABASE_URL: 'x', WORKER_METRICS_PORT: 'x', WORKER_CACHED_WORKFLOWS: 'x' },
      readWorkerConfig,
    );
    for (const key of ['DATABASE_URL', 'WORKER_METRICS_PORT', 'WORKER_CACHED_WORKFLOWS'])
      expect(worker).toContain(key);
  });

  it('those that contradict each other', () => {
    const message = refusal({
      JWT_SECRET: undefined,
      DEMO: 'true',
      NODE_ENV: 'production',
      SEARCH_RADIUS_KM: '20',
    });
    for (const key of ['JWT_SECRET', 'DEMO', 'SEARCH_RADIUS_KM']) expect(message).toContain(key);
  });

  it.each<[string, Environment]>([
    ['a number that is none', { OFFER_TIMEOUT_MS: 'x' }],
    ['a word that is none', { LOG_LEVEL: 'x' }],
    ['what is missing', { DATABASE_URL: undefined }],
    ['a list that is none', { CORS_ORIGINS: 'x' }],
  ])('both kinds together: %s and contradictions', (_name, bad) => {
    const message = refusal({ JWT_SECRET: undefined, DEMO: 'true', NODE_ENV: 'production', ...bad });
    for (const key of ['JWT_SECRET', 'DEMO', ...Object.keys(bad)]) expect(message).toContain(key);
  });

  it('and it tells no secret', () => {
    expect(refusal({ JWT_SECRET: 'CANARY', DATABASE_URL: 'CANARY', METRICS_TOKEN: 'CANARY' })).not.toContain(
      'CANARY',
    );
  });
});
