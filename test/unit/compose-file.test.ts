// docker-compose.temporal.yml: right by the Compose schema, pinned, healthy, and on loopback only.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { SEARCH_ATTRIBUTES } from '../../contract/workflow.js';
import { packageFile } from '../../src/docs/package-file.js';

interface Service {
  image?: string;
  ports?: (string | number | object)[];
  healthcheck?: { test?: unknown; disable?: boolean };
  depends_on?: string[] | Record<string, { condition: string }>;
  volumes?: (string | object)[];
  environment?: Record<string, unknown>;
}
interface ComposeFile {
  services?: Record<string, Service>;
  volumes?: Record<string, unknown>;
}

const { root } = packageFile();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const schema = read('test/support/compose-spec.json');
const validate = new Ajv2020({ strict: false, allErrors: true }).compile(JSON.parse(schema) as object);

/** Services that do their work and end: they need no health check. */
const ONE_SHOT = ['temporal-schema', 'temporal-namespace'];

/** What is wrong with a compose file, by the schema and by our rules; empty when all is well. */
function faultsOf(text: string): string[] {
  const file = parse(text) as ComposeFile;
  const bySchema = validate(file)
    ? []
    : (validate.errors ?? []).map((error) => `schema: ${error.instancePath} ${error.message ?? ''}`);
  const byRules = Object.entries(file.services ?? {}).flatMap(([name, service]) => [
    ...imageFaults(name, service),
    ...healthFaults(name, service),
    ...portFaults(name, service),
    ...dependencyFaults(name, service, file.services ?? {}),
    ...volumeFaults(name, service, file.volumes ?? {}),
  ]);
  return [...bySchema, ...byRules];
}

/** An exact version: a tag with two numbers at least, not a variable that can be empty, never `latest`. */
function imageFaults(name: string, { image = '' }: Service): string[] {
  return /^[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$/.test(image)
    ? []
    : [`${name}: image "${image}" is not pinned`];
}

function healthFaults(name: string, { healthcheck }: Service): string[] {
  if (ONE_SHOT.includes(name)) return [];
  return healthcheck?.test === undefined || healthcheck.disable === true ? [`${name}: no health check`] : [];
}

function portFaults(name: string, { ports = [] }: Service): string[] {
  const bound = /^127\.0\.0\.1:(\d+|\$\{[A-Z_]+:-\d+\}):\d+$/;
  return ports
    .filter((port) => typeof port !== 'string' || !bound.test(port))
    .map((port) => `${name}: port ${JSON.stringify(port)} is not bound to 127.0.0.1`);
}

function dependencyFaults(name: string, service: Service, all: Record<string, Service>): string[] {
  const { depends_on: needs = {} } = service;
  if (Array.isArray(needs)) return [`${name}: depends_on without a condition`];
  return Object.entries(needs).flatMap(([other, { condition }]) => {
    if (all[other] === undefined) return [`${name}: depends on ${other}, which is not there`];
    const wanted = ONE_SHOT.includes(other) ? 'service_completed_successfully' : 'service_healthy';
    return condition === wanted ? [] : [`${name}: waits for ${other} to be ${condition}, not ${wanted}`];
  });
}

/** Named volumes are declared; what is mounted from this repository exists. */
function volumeFaults(name: string, { volumes = [] }: Service, declared: Record<string, unknown>): string[] {
  return volumes.flatMap((volume) => {
    const source = typeof volume === 'string' ? (volume.split(':')[0] ?? '') : '';
    const known = source.startsWith('./') ? existsSync(join(root, source)) : source in declared;
    return known ? [] : [`${name}: volume ${JSON.stringify(volume)} is neither declared nor a file here`];
  });
}

describe('docker-compose.temporal.yml', () => {
  const text = read('docker-compose.temporal.yml');
  const services = (parse(text) as Required<ComposeFile>).services;

  it('has no fault', () => {
    expect(faultsOf(text)).toEqual([]);
  });

  it('brings up what the application needs', () => {
    expect(Object.keys(services).sort()).toEqual(
      ['postgres', 'redis', 'temporal', 'temporal-postgres', 'temporal-ui', ...ONE_SHOT].sort(),
    );
    expect(services['temporal-postgres']?.ports).toBeUndefined();
  });

  it('has a default for every variable, so that it starts without an .env file', () => {
    expect(text.match(/\$\{[A-Z_]+\}|\$[A-Z_]+/g)).toBeNull();
  });

  it('S18 · has a Web UI in which nobody can act, where TEMPORAL_UI_READ_ONLY is true', () => {
    expect(services['temporal-ui']?.environment).toMatchObject({
      TEMPORAL_DISABLE_WRITE_ACTIONS: '${TEMPORAL_UI_READ_ONLY:-false}',
    });
  });

  it('registers the search attributes of the workflow', () => {
    const script = read('deploy/temporal/namespace.sh');
    const keywords = /for attribute in ([^;]+);/.exec(script)?.[1]?.split(' ') ?? [];
    const integers = [...script.matchAll(/--name (\w+) --type Int/g)].map(([, name]) => name);
    const named = (type: string) =>
      Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, is]) => (is === type ? [name] : []));
    expect(keywords).toEqual(named('KEYWORD'));
    expect(integers).toEqual(named('INT'));
  });

  it('gives Temporal settings in the form that it reads', () => {
    const settings = parse(read('deploy/temporal/dynamic-config.yaml')) as Record<string, unknown>;
    expect(Object.keys(settings)).toContain('history.transferProcessorMaxPollRPS');
    for (const [name, values] of Object.entries(settings)) {
      expect(name).toMatch(/^(history|matching|frontend|system)\.\w+$/);
      expect(values).toEqual([{ value: expect.anything() as unknown }]);
    }
  });
});

describe('the checks themselves', () => {
  it('use the schema as it was published', () => {
    const hash = createHash('sha256').update(schema).digest('hex');
    expect(read('test/support/compose-spec.README.md')).toContain(hash);
  });

  it('find what is planted', () => {
    const faults = faultsOf(`
services:
  web:
    image: nginx
    imagee: typo
    ports: ['8080:80', '0.0.0.0:81:81', { target: 82 }, 83]
    depends_on:
      gone: { condition: service_healthy }
      db: { condition: service_started }
  db:
    image: postgres:latest
    healthcheck: { disable: true, test: 'true' }
    volumes: ['nowhere:/data', './no-such-file:/x']
  cache:
    image: redis:8
    depends_on: [db]
    healthcheck: { test: 'true', interval: -1 }
`);
    expect(faults.filter((fault) => fault.startsWith('schema: /services/web')).length).toBeGreaterThan(0);
    expect(faults.filter((fault) => fault.startsWith('schema: /services/cache')).length).toBeGreaterThan(0);
    expect(faults.filter((fault) => !fault.startsWith('schema:'))).toEqual([
      'web: image "nginx" is not pinned',
      'web: no health check',
      'web: port "8080:80" is not bound to 127.0.0.1',
      'web: port "0.0.0.0:81:81" is not bound to 127.0.0.1',
      'web: port {"target":82} is not bound to 127.0.0.1',
      'web: port 83 is not bound to 127.0.0.1',
      'web: depends on gone, which is not there',
      'web: waits for db to be service_started, not service_healthy',
      'db: image "postgres:latest" is not pinned',
      'db: no health check',
      'db: volume "nowhere:/data" is neither declared nor a file here',
      'db: volume "./no-such-file:/x" is neither declared nor a file here',
      'cache: image "redis:8" is not pinned',
      'cache: depends_on without a condition',
    ]);
  });
});
