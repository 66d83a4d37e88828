/** The OpenAPI 3.1 document, made of the table of calls and its schemas: one source for all. */
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiOverrideContext,
  type ZodOpenApiParameters,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { z } from 'zod';
import { CALLS, type Call } from '../../contract/calls.js';
import { revokeSchema } from '../../contract/schemas.js';
import { healthShape, problemShape } from '../../contract/shapes.js';
import { operationIdOf } from './operation-ids.js';
import { packageFile } from './package-file.js';
import {
  forClients,
  nameInlineSchemas,
  nameInside,
  sorted,
  type Json,
  type Schemas,
} from './schemas-for-clients.js';

const DESCRIPTION = `Finds a pilot for every booking. Errors are problem documents (RFC 9457).
Fields may be added to answers: clients ignore what they do not know. Live events come over Socket.IO:
\`/docs/asyncapi.json\`.`;
const LONGEST_KEY = 200;

const RETRY_AFTER = {
  'Retry-After': {
    description: 'Seconds after which it is worth another try',
    schema: { type: 'integer' as const, minimum: 0 },
  },
};
const problem = (id: string, description: string, headers = {}): ZodOpenApiResponseObject => ({
  id,
  description,
  ...(Object.keys(headers).length === 0 ? {} : { headers }),
  content: { 'application/problem+json': { schema: problemShape } },
});
const PROBLEMS = {
  400: problem('BadRequest', 'A field is invalid or unknown; `errors` names each'),
  401: problem('Unauthorized', 'No good token'),
  403: problem('Forbidden', 'A token of another type is needed'),
  404: problem('NotFound', 'Absent, or not yours'),
  409: problem('Conflict', 'The state forbids it; `code` says which'),
  413: problem('TooLarge', 'The body is larger than 64 kB'),
  415: problem('UnsupportedEncoding', 'The body is in an encoding that is not read'),
  422: problem('KeyReused', 'The `Idempotency-Key` was used with another body'),
  429: problem('TooManyRequests', 'A limit is reached', RETRY_AFTER),
  503: problem('Unavailable', 'Not for the moment: try again', RETRY_AFTER),
} as const;
type ProblemStatus = keyof typeof PROBLEMS;

/** Builds the document. The same code gives the same document, byte for byte. */
export function buildOpenApi(): object {
  const document = createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Pilot dispatch',
        version: packageFile().version,
        description: DESCRIPTION,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      tags: tags(),
      paths: paths(),
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'Claims: `sub` (uuid), `type` (user, pilot or admin), `name`, optional `phone`',
          },
          metricsToken: { type: 'http', scheme: 'bearer', description: '`METRICS_TOKEN`, where it is set' },
        },
      },
    },
    { override },
  ) as unknown as { paths: object; components: { schemas: Schemas } };
  const { schemas } = document.components;
  nameInlineSchemas(schemas);
  for (const parameter of parametersOf(document.paths))
    parameter.schema = nameInside(parameter.schema, parameter.name, schemas);
  document.components.schemas = sorted(schemas);
  return document;
}

/** The document as the file docs/openapi.json holds it. */
export function openApiText(): string {
  return `${JSON.stringify(buildOpenApi(), null, 2)}\n`;
}

function override({ jsonSchema, zodSchema, io }: ZodOpenApiOverrideContext): void {
  const schema = jsonSchema as Json;
  forClients(schema, io);
  if (zodSchema === revokeSchema) oneFieldOf(schema);
}

/** A union of objects with one field each, said as one object, since generators stumble over unions. */
function oneFieldOf(schema: Json): void {
  const parts = schema['anyOf'] as { properties: Json }[];
  delete schema['anyOf'];
  Object.assign(schema, {
    type: 'object',
    description: 'Exactly one of its fields',
    properties: Object.assign({}, ...parts.map((part) => part.properties)) as Json,
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: false,
  });
}

function tags(): { name: string }[] {
  return [...new Set(CALLS.map(tagOf))].map((name) => ({ name }));
}

function tagOf(call: Call): string {
  return call.path.split('/')[1] ?? 'other';
}

function paths(): ZodOpenApiPathsObject {
  const all: ZodOpenApiPathsObject = {};
  for (const call of CALLS) {
    const path = call.path.replace(/:(\w+)/g, '{$1}');
    all[path] = { ...all[path], [call.method]: operationOf(call) };
  }
  return all;
}

function operationOf(call: Call): ZodOpenApiOperationObject {
  const params = parametersFor(call);
  return {
    operationId: operationIdOf(call.method, call.path),
    tags: [tagOf(call)],
    summary: call.summary,
    ...(call.who === 'anyone' ? {} : { description: `Token type: ${call.who.join(', ')}.` }),
    security: securityOf(call),
    ...(Object.keys(params).length === 0 ? {} : { requestParams: params }),
    ...(call.body === undefined
      ? {}
      : {
          requestBody: {
            required: !call.body.safeParse({}).success,
            content: { 'application/json': { schema: call.body } },
          },
        }),
    responses: { ...answersOf(call), ...problemsOf(call) },
  };
}

function securityOf(call: Call): Record<string, string[]>[] {
  if (call.path === '/metrics') return [{}, { metricsToken: [] }];
  return call.who === 'anyone' ? [] : [{ bearer: [] }];
}

function parametersFor(call: Call): ZodOpenApiParameters {
  const inPath = [...call.path.matchAll(/:(\w+)/g)].map(
    ([, name = '']) => [name, call.params?.[name] ?? z.guid()] as const,
  );
  const inHeader = Object.entries(call.headers ?? {}).map(
    ([name, description]) =>
      [name, z.string().min(1).max(LONGEST_KEY).optional().meta({ param: { description } })] as const,
  );
  return {
    ...(inPath.length === 0 ? {} : { path: z.object(Object.fromEntries(inPath)) }),
    ...(call.query === undefined ? {} : { query: call.query }),
    ...(inHeader.length === 0 ? {} : { header: z.object(Object.fromEntries(inHeader)) }),
  };
}

function answersOf(call: Call): ZodOpenApiResponsesObject {
  const answers: ZodOpenApiResponsesObject = {};
  for (const [status, schema] of Object.entries(call.answers)) {
    const type = call.path === '/metrics' ? 'text/plain' : 'application/json';
    answers[status as `${2}${string}`] = {
      description: describe(Number(status), schema),
      ...(schema === healthShape && status === '503' ? { headers: RETRY_AFTER } : {}),
      ...(schema === null && type === 'application/json'
        ? {}
        : { content: { [type]: { schema: schema ?? { type: 'string' } } } }),
    };
  }
  return answers;
}

function describe(status: number, schema: z.ZodType | null): string {
  if (status === 503) return 'It cannot take requests now';
  if (status === 201) return 'Made';
  return status === 204 || schema === null
    ? status === 204
      ? 'Done, or nothing there'
      : 'The text'
    : 'Done';
}

function problemsOf(call: Call): ZodOpenApiResponsesObject {
  const takes = call.body !== undefined || call.query !== undefined || call.path.includes(':');
  const isHealth = call.path.startsWith('/health/');
  const when: [ProblemStatus, boolean][] = [
    [400, takes || call.headers !== undefined],
    [401, call.who !== 'anyone' || call.path === '/metrics'],
    [403, call.who !== 'anyone'],
    // The demo's call is absent where DEMO is off.
    [404, call.path.includes(':') || call.path.startsWith('/demo/')],
    [409, call.conflicts === true],
    [413, call.body !== undefined],
    [415, call.body !== undefined],
    [422, call.headers?.['Idempotency-Key'] !== undefined],
    [429, !isHealth],
    [503, !isHealth],
  ];
  return Object.fromEntries(when.filter(([, can]) => can).map(([status]) => [status, PROBLEMS[status]]));
}

function parametersOf(all: object): { name: string; schema: Json }[] {
  return Object.values(all).flatMap((item: object) =>
    Object.values(item).flatMap(
      (operation: { parameters?: { name: string; schema: Json }[] }) => operation.parameters ?? [],
    ),
  );
}
