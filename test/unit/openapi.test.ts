// The OpenAPI document: committed as generated, valid, and good for client generators.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { CALLS } from '../../contract/calls.js';
import { buildOpenApi, openApiText } from '../../src/docs/openapi.js';
import { packageFile } from '../../src/docs/package-file.js';
import { faultsIn, refsOf, type Json } from '../support/schema-faults.js';

interface Operation {
  operationId: string;
  tags: string[];
  security: Json[];
  parameters?: { in: string; name: string; required?: boolean; schema: Json }[];
  requestBody?: { required: boolean; content: Record<string, { schema: Json }> };
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: Json }> }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; responses: Record<string, Json> };
}

const { root } = packageFile();
const document = JSON.parse(openApiText()) as Document;
const { schemas } = document.components;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

function operation(method: string, path: string): Operation {
  const found = document.paths[path]?.[method];
  if (found === undefined) throw new Error(`no ${method} ${path}`);
  return found;
}

function validator(): (value: unknown) => string[] {
  const file = join(root, 'node_modules/@seriousme/openapi-schema-validator/schemas/v3.1/schema.json');
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const validate = ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as Json);
  return (value) => {
    validate(value);
    return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
  };
}

describe('the OpenAPI document', () => {
  it('is committed as the code makes it (else: npm run openapi)', () => {
    expect(readFileSync(join(root, 'docs/openapi.json'), 'utf8')).toBe(openApiText());
  });

  it('is the same each time it is made', () => {
    expect(JSON.stringify(buildOpenApi())).toBe(JSON.stringify(buildOpenApi()));
  });

  it('is valid OpenAPI 3.1, by the official schema', () => {
    const faultsOf = validator();
    expect(faultsOf(document)).toEqual([]);
    expect(faultsOf({ ...document, paths: { bookings: {} } })).not.toEqual([]);
    expect(faultsOf({ ...document, info: {} })).not.toEqual([]);
    // The official schema leaves the schemas inside to JSON Schema's own.
    const ajv = new Ajv2020({ strict: false });
    for (const [name, schema] of Object.entries(schemas))
      expect([name, ajv.validateSchema(schema)]).toEqual([name, true]);
  });

  it('resolves every $ref, and uses every named schema', () => {
    const { all, broken } = refsOf(document);
    expect(broken).toEqual([]);
    const unused = Object.keys(schemas).filter((name) => !all.has(`#/components/schemas/${name}`));
    expect(unused).toEqual([]);
  });
});

describe('what generators of clients need', () => {
  it('names every body and every answer, and the parts of lists', () => {
    const unnamed = operations.flatMap(({ path, method, operation: { requestBody, responses } }) => {
      const bodies = [requestBody, ...Object.values(responses)].flatMap((part) =>
        Object.entries(part?.content ?? {}),
      );
      return bodies
        .filter(([type]) => type !== 'text/plain')
        .map(([, { schema }]) => (schema['type'] === 'array' ? (schema['items'] as Json) : schema))
        .filter((schema) => schema['$ref'] === undefined)
        .map(() => `${method} ${path}`);
    });
    expect(unnamed).toEqual([]);
  });

  it('has no inline object, and no union but "a named schema or null"', () => {
    expect(Object.entries(schemas).flatMap(([name, schema]) => faultsIn(name, schema))).toEqual([]);
    // The check itself: a planted inline object, nullable too, and a planted union are found.
    const inline = { type: 'object', properties: { a: { type: 'string' } } };
    const union = { anyOf: [{ $ref: '#/a' }, { $ref: '#/b' }] };
    expect(faultsIn('Bad', { properties: { x: inline } })).toHaveLength(1);
    expect(faultsIn('Bad', { properties: { x: { anyOf: [inline, { type: 'null' }] } } })).toHaveLength(2);
    expect(faultsIn('Bad', { properties: { x: union } })).toHaveLength(1);
  });

  it('lets answers grow and refuses unknown fields of bodies', () => {
    expect(schemas['Booking']?.['additionalProperties']).toBeUndefined();
    expect(schemas['CreateBooking']?.['additionalProperties']).toBe(false);
  });

  it('gives each call its own readable operation id', () => {
    const ids = operations.map((each) => each.operation.operationId);
    expect(new Set(ids).size).toBe(CALLS.length);
    for (const id of ids) expect(id).toMatch(/^[a-z]+([A-Z][a-z]+)+$/);
  });
});

describe('each call', () => {
  it.each(CALLS.map((call) => [`${call.method} ${call.path}`, call] as const))('%s', (_name, call) => {
    const {
      tags,
      security,
      parameters = [],
      responses,
    } = operation(call.method, call.path.replace(/:(\w+)/g, '{$1}'));
    const health = call.path.startsWith('/health/');
    expect(tags).toEqual([call.path.split('/')[1]]);
    if (call.path !== '/metrics') expect(security).toEqual(call.who === 'anyone' ? [] : [{ bearer: [] }]);
    const inPath = parameters.filter((each) => each.in === 'path');
    expect(inPath.map((each) => each.name)).toEqual(
      [...call.path.matchAll(/:(\w+)/g)].map(([, name]) => name),
    );
    for (const each of inPath) {
      const said = call.params?.[each.name];
      const schema = said === undefined ? { format: 'uuid' } : { pattern: expect.any(String) };
      expect(each).toMatchObject({ required: true, schema });
    }
    expect(responses).toMatchObject(
      Object.fromEntries(Object.keys(call.answers).map((status) => [status, {}])),
    );
    expect('403' in responses).toBe(call.who !== 'anyone');
    expect('409' in responses).toBe(call.conflicts === true);
    expect('422' in responses).toBe(call.headers?.['Idempotency-Key'] !== undefined);
    expect('429' in responses).toBe(!health);
    if (!health) expect(responses['503']).toEqual({ $ref: '#/components/responses/Unavailable' });
    if (inPath.length > 0) expect(responses).toMatchObject({ 400: {}, 404: {} });
  });

  it('says when to come back with 429 and 503, and answers problems', () => {
    for (const name of ['TooManyRequests', 'Unavailable'])
      expect(document.components.responses[name]).toMatchObject({
        headers: { 'Retry-After': { schema: { type: 'integer' } } },
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      });
  });

  it('shows the limits of a query and the idempotency key', () => {
    const list = operation('get', '/bookings').parameters ?? [];
    expect(list.find((each) => each.name === 'limit')?.schema).toMatchObject({
      minimum: 1,
      maximum: 100,
      default: 20,
    });
    const headers = (operation('post', '/bookings').parameters ?? []).filter((each) => each.in === 'header');
    expect(headers).toMatchObject([{ name: 'Idempotency-Key' }]);
    expect(operation('post', '/bookings').requestBody?.required).toBe(true);
    expect(operation('post', '/bookings/{id}/cancel').requestBody?.required).toBe(false);
    expect(operation('get', '/metrics').responses['200']?.content).toHaveProperty(['text/plain']);
  });
});
