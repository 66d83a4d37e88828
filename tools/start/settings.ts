// The environment of `npm start`, read once, and refused with every bad key in one message.
import { loadClientConfigProfile } from '@temporalio/envconfig';
import { z } from 'zod';
import { setVariables } from '../../contract/environment.js';
import { fromRoot } from '../setup/paths.js';
import { SetupError } from '../setup/service.js';

export type Environment = Record<string, string | undefined>;

const port = z
  .string()
  .regex(/^\d+$/, 'must be a port from 1 to 65535')
  .transform(Number)
  .pipe(z.number().min(1, 'must be a port from 1 to 65535').max(65_535, 'must be a port from 1 to 65535'));

const schema = z.object({
  PORT: port.default(3000),
  POSTGRES_PORT: port.default(54_329),
  TEMPORAL_PORT: port.default(7233),
  TEMPORAL_UI_PORT: port.default(8233),
  DATA_DIR: z.string().default('.data'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' }).optional(),
  DEMO: z.enum(['true', 'false'], { error: 'must be true or false' }).optional(),
  NODE_ENV: z.string().optional(),
  JWT_SECRET: z.string().min(16, 'must be at least 16 characters').optional(),
  JWT_JWKS_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s):// address' }).optional(),
  TEMPORAL_UI_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s):// address' }).optional(),
});

/** What a start needs to know. */
export interface Settings {
  port: number;
  postgresPort: number;
  temporalPort: number;
  temporalUiPort: number;
  /** Absolute. */
  dataDir: string;
  /** A Postgres of the user's own; without it the embedded one. */
  databaseUrl: string | undefined;
  /** A Temporal of the user's own (host:port); without it the embedded one. */
  temporalAddress: string | undefined;
  temporalNamespace: string | undefined;
  temporalUiUrl: string | undefined;
  demo: 'true' | 'false';
  jwtSecret: string | undefined;
  /** Whether tokens are verified by keys at an address: then no secret is made. */
  hasJwks: boolean;
}

/**
 * Reads the settings.
 * @throws SetupError that names every variable that is not right, and why
 */
export function readSettings(environment: Environment): Settings {
  const set = setVariables(environment);
  const result = schema.safeParse(set);
  const temporal = readTemporal(set);
  const faults = (result.error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}`);
  faults.push(...temporal.faults);
  if (result.success) faults.push(...contradictions(result.data, temporal.address !== undefined));
  if (!result.success || faults.length > 0) {
    throw new SetupError(`The environment is not right:\n  ${[...new Set(faults)].join('\n  ')}`);
  }
  const env = result.data;
  return {
    port: env.PORT,
    postgresPort: env.POSTGRES_PORT,
    temporalPort: env.TEMPORAL_PORT,
    temporalUiPort: env.TEMPORAL_UI_PORT,
    dataDir: fromRoot(env.DATA_DIR),
    databaseUrl: env.DATABASE_URL,
    temporalAddress: temporal.address,
    temporalNamespace: temporal.namespace,
    temporalUiUrl: env.TEMPORAL_UI_URL,
    demo: env.DEMO ?? defaultDemo(env),
    jwtSecret: env.JWT_SECRET,
    hasJwks: env.JWT_JWKS_URL !== undefined,
  };
}

/** Demo tokens are signed with the secret, and in production anybody could make one. */
function defaultDemo(env: z.output<typeof schema>): 'true' | 'false' {
  if (env.NODE_ENV === 'production') return 'false';
  return env.JWT_JWKS_URL !== undefined && env.JWT_SECRET === undefined ? 'false' : 'true';
}

/** Where Temporal's own variables and profiles point, if anywhere. */
function readTemporal(set: Record<string, string>): {
  address?: string;
  namespace?: string;
  faults: string[];
} {
  try {
    const profile = loadClientConfigProfile({ overrideEnvVars: set });
    const { address, namespace, apiKey, tls } = profile;
    const secured = apiKey !== undefined || (tls !== undefined && tls.disabled !== true);
    // The embedded server speaks neither TLS nor keys, so whoever sets them means another one.
    const faults =
      secured && address === undefined ? ['TEMPORAL_ADDRESS is not set, but an API key or TLS is'] : [];
    return { ...(address && { address }), ...(namespace && { namespace }), faults };
  } catch (error) {
    return {
      faults: [`Temporal's client settings: ${error instanceof Error ? error.message : String(error)}`],
    };
  }
}

function contradictions(env: z.output<typeof schema>, hasTemporal: boolean): string[] {
  const faults: string[] = [];
  if (env.DEMO === 'true' && env.NODE_ENV === 'production') {
    faults.push('DEMO true and NODE_ENV=production together: anybody could make a token');
  }
  const ports: [string, number][] = [['PORT', env.PORT]];
  if (env.DATABASE_URL === undefined) ports.push(['POSTGRES_PORT', env.POSTGRES_PORT]);
  if (!hasTemporal)
    ports.push(['TEMPORAL_PORT', env.TEMPORAL_PORT], ['TEMPORAL_UI_PORT', env.TEMPORAL_UI_PORT]);
  for (const [index, [name, value]] of ports.entries()) {
    const twin = ports.slice(0, index).find(([, other]) => other === value);
    if (twin !== undefined) faults.push(`${name} and ${twin[0]} are both ${value}`);
  }
  return faults;
}
