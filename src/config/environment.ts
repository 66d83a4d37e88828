/** The environment, read once, validated, and refused loudly with every bad key in one message. */
import { z } from 'zod';
import { setVariables } from '../../contract/environment.js';
import { DEFAULT_JOB_STALE_MS, DEFAULT_LIMITS, type SearchLimits } from '../../contract/limits.js';
import { readPayloadKeys } from '../../payload-codec/keys.js';
import { DEFAULT_RATE_LIMITS, DEFAULT_SOCKET_LIMIT, rateLimit, socketLimit } from './door-limits.js';
import { FAILPOINTS, readFailpoint } from './failpoint-names.js';

export type Environment = Record<string, string | undefined>;

const DAY_MS = 86_400_000;
const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max));
const km = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'must be kilometres, such as 5 or 7.5')
  .transform(Number)
  .pipe(z.number().min(0.01).max(1_000));
const port = whole(0, 65_535);
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** The first encrypts, all decrypt; none: payloads stay plain. */
const payloadKeys = z.string().transform((value, context) => {
  const { keys, faults } = readPayloadKeys(value);
  for (const message of faults) context.addIssue({ code: 'custom', message });
  return keys;
});

/** For tests: where the process ends itself. */
const failpoint = z.string().transform((value, context) => {
  const read = readFailpoint(value);
  if (read === null) {
    const message = `must be one of ${FAILPOINTS.join(', ')}, and may end in :N for the Nth time`;
    context.addIssue({ code: 'custom', message });
  }
  return read ?? undefined;
});

/** What API and worker both read. */
const shared = {
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' }),
  DATABASE_POOL_SIZE: whole(2, 200).default(20),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// address' }).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  NODE_ENV: z.string().optional(),
  PAYLOAD_KEYS: payloadKeys.default([]),
  FAILPOINT: failpoint.optional(),
};

const limits = {
  OFFER_TIMEOUT_MS: whole(100, DAY_MS).default(DEFAULT_LIMITS.offerTimeoutMs),
  SEARCH_TIMEOUT_MS: whole(100, DAY_MS).default(DEFAULT_LIMITS.searchTimeoutMs),
  MAX_PILOTS: whole(1, 1_000).default(DEFAULT_LIMITS.maxPilots),
  SEARCH_RADIUS_KM: km.default(DEFAULT_LIMITS.searchRadiusKm),
  MAX_RADIUS_KM: km.default(DEFAULT_LIMITS.maxRadiusKm),
  SEARCH_PATIENCE_MS: whole(0, DAY_MS).default(DEFAULT_LIMITS.searchPatienceMs),
  PILOT_STALE_MS: whole(100, DAY_MS).default(DEFAULT_LIMITS.pilotStaleMs),
  RETRY_WINDOW_MS: whole(100, 30 * DAY_MS).default(DEFAULT_LIMITS.retryWindowMs),
  JOB_STALE_MS: whole(100, DAY_MS).default(DEFAULT_JOB_STALE_MS),
};

/** Temporal joins both with a dot into the name of a version. */
const deploymentWord = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,100}$/, 'must be 1 to 100 letters, digits, _ and -');

const workerSchema = z.object({
  ...shared,
  WORKER_METRICS_PORT: z.union([z.literal('off'), port]).default(9464),
  WORKER_CACHED_WORKFLOWS: whole(10, 1_000_000).default(5_000),
  WORKER_DEPLOYMENT_NAME: deploymentWord.optional(),
  WORKER_BUILD_ID: deploymentWord.optional(),
});

/** OpenStreetMap's own tiles: fine for a try and for little traffic, by their rules of use. */
export const DEFAULT_MAP_TILES_URL = 'https://tile.openstreetmap.org/{z}/{x}/{y}.png';
const TILES_FORM = /^https?:\/\/(\{s\}\.)?[\w.-]+(:\d+)?\/\S+$/;
const mapTiles = z
  .string()
  .refine(
    (value) =>
      value === 'off' ||
      (TILES_FORM.test(value) && ['{z}', '{x}', '{y}'].every((part) => value.includes(part))),
    { error: 'must be off, or an http(s):// address with {z}, {x} and {y}' },
  )
  .transform((value) => (value === 'off' ? null : value));

/** As browsers send it: anything else would be compared with it and never equal. */
function isOrigin(value: string): boolean {
  return /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

/** With the 4 s in which requests under way are answered, less than the 9 s after which a stop is cut off. */
const MOST_DRAIN_MS = 4_000;

const apiSchema = z.object({
  ...shared,
  ...limits,
  PORT: port.default(3000),
  BOOKING_BACKLOG: whole(1, 1_000_000).default(500),
  DRAIN_MS: whole(0, MOST_DRAIN_MS).default(1_000),
  DEMO: flag.default(false),
  JWT_SECRET: z.string().min(16, 'must be at least 16 characters').optional(),
  JWT_JWKS_URL: z.url({ protocol: /^https?$/ }).optional(),
  JWT_ISSUER: z.string().min(1).optional(),
  JWT_AUDIENCE: z.string().min(1).optional(),
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform((value) =>
      value
        .split(',')
        .map((origin) => origin.trim())
        .filter(Boolean),
    )
    .pipe(
      z.array(
        z.string().refine(isOrigin, { error: 'must be origins such as https://app.example, without a path' }),
      ),
    ),
  TRUST_PROXY: z.string().min(1).optional(),
  RATE_LIMIT: rateLimit.default(DEFAULT_RATE_LIMITS),
  SOCKET_LIMIT: socketLimit.default(DEFAULT_SOCKET_LIMIT),
  POSITIONS_KEPT_MS: whole(60_000, 365 * DAY_MS).default(DAY_MS),
  METRICS_TOKEN: z.string().min(1).optional(),
  TEMPORAL_UI_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s):// address' }).optional(),
  MAP_TILES_URL: mapTiles.default(DEFAULT_MAP_TILES_URL),
  MAP_ATTRIBUTION: z.string().min(1).max(300).optional(),
});

export type ApiConfig = z.output<typeof apiSchema> & { searchLimits: SearchLimits };
export type WorkerConfig = z.output<typeof workerSchema>;

/** A process that ends itself on purpose is no production. */
function failpointInProduction(set: Environment): string[] {
  const both = set['FAILPOINT'] !== undefined && set['NODE_ENV'] === 'production';
  return both ? ['FAILPOINT: is for tests, and NODE_ENV=production refuses it'] : [];
}

/** What is right by itself and wrong together, told along with whatever else is wrong. */
function contradictions(set: Environment): string[] {
  const found: string[] = failpointInProduction(set);
  const demo = set['DEMO'] === 'true';
  if (set['JWT_SECRET'] === undefined && set['JWT_JWKS_URL'] === undefined)
    found.push('JWT_SECRET: is not set, nor is JWT_JWKS_URL: no token could be verified');
  if (demo && set['NODE_ENV'] === 'production')
    found.push('DEMO: true and NODE_ENV=production together: anybody could make a token');
  if (demo && set['JWT_SECRET'] === undefined)
    found.push('DEMO: true needs JWT_SECRET: demo tokens are signed with it');
  const first = Number(set['SEARCH_RADIUS_KM'] ?? DEFAULT_LIMITS.searchRadiusKm);
  const wider = Number(set['MAX_RADIUS_KM'] ?? DEFAULT_LIMITS.maxRadiusKm);
  if (first > wider) found.push(`SEARCH_RADIUS_KM: ${first} is more than MAX_RADIUS_KM ${wider}`);
  return found;
}

/** Reads the API's configuration. Throws one error that names every bad key. */
export function readApiConfig(environment: Environment): ApiConfig {
  const config = parse(apiSchema, environment, contradictions);
  return {
    ...config,
    searchLimits: {
      offerTimeoutMs: config.OFFER_TIMEOUT_MS,
      searchTimeoutMs: config.SEARCH_TIMEOUT_MS,
      maxPilots: config.MAX_PILOTS,
      searchRadiusKm: config.SEARCH_RADIUS_KM,
      maxRadiusKm: config.MAX_RADIUS_KM,
      searchPatienceMs: config.SEARCH_PATIENCE_MS,
      pilotStaleMs: config.PILOT_STALE_MS,
      retryWindowMs: config.RETRY_WINDOW_MS,
    },
  };
}

/** A version of a deployment has a name and a build. */
function halfAVersion(set: Environment): string[] {
  const [name, build] = [set['WORKER_DEPLOYMENT_NAME'], set['WORKER_BUILD_ID']];
  if ((name === undefined) === (build === undefined)) return [];
  const names = ['WORKER_DEPLOYMENT_NAME', 'WORKER_BUILD_ID'];
  const [lacks, has] = name === undefined ? names : names.toReversed();
  return [`${lacks}: is not set, but ${has} is: a version has both`];
}

/** Reads the worker's configuration. Throws one error that names every bad key. */
export function readWorkerConfig(environment: Environment): WorkerConfig {
  return parse(workerSchema, environment, (set) => [...failpointInProduction(set), ...halfAVersion(set)]);
}

function parse<T extends z.ZodType>(
  schema: T,
  environment: Environment,
  alsoWrong: (set: Environment) => string[],
): z.output<T> {
  const set = setVariables(environment);
  const result = schema.safeParse(set);
  const lines = (result.error?.issues ?? []).map((issue) => {
    const key = issue.path.map(String).join('.');
    const missing = set[key] === undefined && issue.code === 'invalid_type';
    return `${key}: ${missing ? 'is not set' : issue.message}`;
  });
  const wrong = [...new Set([...lines, ...alsoWrong(set)])];
  if (result.success && wrong.length === 0) return result.data;
  throw new ConfigurationError(`The environment is not right:\n  ${wrong.join('\n  ')}`);
}

/** The environment is not right; the message names every bad key and what is allowed. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
