/**
 * Makes the schemas that zod writes good for client generators (Dart's above all): every object and every
 * list of words has a name, nullable scalars are one type, and patterns that only repeat a format go.
 */
import {
  ASSIGNMENT_STATUSES,
  BOOKING_STATUSES,
  JOB_STATUSES,
  OFFER_END_REASONS,
  TOKEN_TYPES,
} from '../../contract/words.js';
import { CONFLICT_CODES, CONNECT_ERRORS, SOCKET_ERRORS } from '../../contract/problems.js';

export type Json = Record<string, unknown>;
export type Schemas = Record<string, Json>;

/** Lists of words that get a name of their own wherever they are used. */
const WORD_LISTS: Readonly<Record<string, readonly string[]>> = {
  BookingStatus: BOOKING_STATUSES,
  AssignmentStatus: ASSIGNMENT_STATUSES,
  JobStatus: JOB_STATUSES,
  TokenType: TOKEN_TYPES,
  ConflictCode: CONFLICT_CODES,
  OfferEndReason: OFFER_END_REASONS,
  SocketErrorCode: SOCKET_ERRORS,
  ConnectErrorCode: CONNECT_ERRORS,
};
/** zod bounds every integer by what a double holds exactly; to a client that says nothing. */
const SAFE = Number.MAX_SAFE_INTEGER;

export const refTo = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

/**
 * Rewrites `schemas` in place: objects and lists of words that stand inline move out under a name (parent
 * and field: `PilotPosition`). Throws when two different schemas would get one name.
 */
export function nameInlineSchemas(schemas: Schemas): void {
  for (const [name, schema] of Object.entries(schemas)) {
    const properties = (schema['properties'] ?? {}) as Schemas;
    for (const [field, value] of Object.entries(properties))
      properties[field] = nameInside(value, name + capital(field), schemas);
  }
}

/** The same schema with names in place of what stands inline. `name` is for an object found here. */
export function nameInside(schema: Json, name: string, schemas: Schemas): Json {
  const words = wordsOf(schema);
  if (words !== null) return moveOut(words, { type: 'string', enum: schema['enum'] }, schema, schemas);
  if (Array.isArray(schema['anyOf']))
    return { ...schema, anyOf: (schema['anyOf'] as Json[]).map((part) => nameInside(part, name, schemas)) };
  if (schema['type'] === 'array')
    return { ...schema, items: nameInside(schema['items'] as Json, `${name}Item`, schemas) };
  if (schema['properties'] === undefined) return schema;
  const fields = Object.entries(schema['properties'] as Schemas);
  const inner = fields.map(([field, value]) => [field, nameInside(value, name + capital(field), schemas)]);
  return moveOut(name, { ...schema, properties: Object.fromEntries(inner) }, {}, schemas);
}

function moveOut(name: string, schema: Json, around: Json, schemas: Schemas): Json {
  const known = schemas[name];
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema))
    throw new Error(`two different schemas would be called ${name}: give one .meta({ id })`);
  schemas[name] = schema;
  const { type: _type, enum: _enum, ...rest } = around;
  return { ...rest, ...refTo(name) };
}

function wordsOf(schema: Json): string | null {
  if (!Array.isArray(schema['enum'])) return null;
  const given = JSON.stringify(schema['enum']);
  return Object.entries(WORD_LISTS).find(([, words]) => JSON.stringify(words) === given)?.[0] ?? null;
}

/** Rewrites one schema that zod wrote, in place; `io` says whether clients send it or get it. */
export function forClients(schema: Json, io: 'input' | 'output'): void {
  simplify(schema);
  // Answers may get more fields: a client that refuses unknown ones would break.
  if (io === 'output' && schema['additionalProperties'] === false) delete schema['additionalProperties'];
}

/** By name, so that the same code gives the same document. */
export function sorted(schemas: Schemas): Schemas {
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function simplify(schema: Json): void {
  mergeNull(schema);
  if (schema['format'] === 'uuid' || schema['format'] === 'date-time') delete schema['pattern'];
  if (schema['minimum'] === -SAFE) delete schema['minimum'];
  if (schema['maximum'] === SAFE) delete schema['maximum'];
  if (schema['minLength'] === 0) delete schema['minLength'];
  delete schema['propertyNames'];
}

/** `anyOf` of a scalar and null says the same as a scalar type that includes null. */
function mergeNull(schema: Json): void {
  const parts = schema['anyOf'] as Json[] | undefined;
  if (parts?.length !== 2 || parts[1]?.['type'] !== 'null') return;
  const [scalar = {}] = parts;
  const isScalar = ['string', 'number', 'integer', 'boolean'].includes(scalar['type'] as string);
  if (!isScalar || scalar['enum'] !== undefined) return;
  delete schema['anyOf'];
  Object.assign(schema, scalar, { type: [scalar['type'], 'null'] });
}

export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
