/** What sockets receive, held to docs/asyncapi.json: names and payloads, and nothing besides. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { TOKEN_TYPES, isOneOf, type TokenType } from '../../contract/words.js';
import { inside, type Json } from './schema-faults.js';

interface Ref {
  $ref: string;
}
interface Operation {
  action: 'send' | 'receive';
  channel: Ref;
  messages: Ref[];
  reply?: { messages: Ref[] };
}
interface Document {
  operations: Record<string, Operation>;
  components: { messages: Record<string, { name: string; payload: Ref }>; schemas: Json };
}

const FORMATS = {
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
};
const ID = 'asyncapi';

const document = JSON.parse(readFileSync(join(process.cwd(), 'docs/asyncapi.json'), 'utf8')) as Document;
const ajv = new Ajv({ allErrors: true, strictTypes: false, formats: FORMATS });
ajv.addVocabulary(['components']);
ajv.addSchema({ $id: ID, components: { schemas: closed(document.components.schemas) } });

/** Clients must put up with new fields; a field that the document does not name is a fault of ours. */
function closed(schemas: Json): Json {
  const copy = JSON.parse(JSON.stringify(schemas)) as Json;
  for (const [way, part] of inside(copy))
    if (part['properties'] !== undefined && !way.endsWith('/properties'))
      part['additionalProperties'] ??= false;
  return copy;
}

const messageOf = ({ $ref: ref }: Ref) => document.components.messages[ref.split('/').at(-1) ?? ''];

function operationsOf(channel: string, action: Operation['action']): Operation[] {
  return Object.values(document.operations).filter(
    (one) => one.channel.$ref === `#/channels/${channel}` && one.action === action,
  );
}

/** By the name on the wire: the schema of its payload. */
function payloads(messages: Ref[]): Record<string, ValidateFunction> {
  return Object.fromEntries(
    messages.map((ref) => {
      const message = messageOf(ref);
      if (message === undefined) throw new Error(`docs/asyncapi.json has no ${ref.$ref}`);
      return [message.name, ajv.compile({ $ref: `${ID}${message.payload.$ref}` })];
    }),
  );
}

function forEachType<T>(make: (type: TokenType) => T): Record<TokenType, T> {
  return Object.fromEntries(TOKEN_TYPES.map((type) => [type, make(type)])) as Record<TokenType, T>;
}

/** What each kind of connection may be sent. */
export const EVENTS = forEachType((type) =>
  payloads(operationsOf(type, 'send').flatMap((one) => one.messages)),
);
/** What each kind of connection may ask, with the answers that it may get. */
export const ANSWERS = forEachType((type) =>
  Object.fromEntries(
    operationsOf(type, 'receive').map((one) => [
      one.messages.map((ref) => messageOf(ref)?.name).join(),
      payloads(one.reply?.messages ?? []),
    ]),
  ),
);
const [CONNECT_ERROR] = Object.values(
  payloads(operationsOf('connection', 'receive').flatMap((one) => one.reply?.messages ?? [])),
);

function wrong(validate: ValidateFunction | undefined, what: string, value: unknown): string | null {
  if (validate === undefined) return `${what} is not in docs/asyncapi.json: ${JSON.stringify(value)}`;
  if (validate(value)) return null;
  const why = (validate.errors ?? []).map(
    (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
  );
  return `${what} is not as docs/asyncapi.json has it: ${why.join('; ')}: ${JSON.stringify(value)}`;
}

/** What is wrong with an event that a connection of this kind was sent; null when nothing is. */
export function faultOfEvent(type: TokenType, event: string, payloadsSent: unknown[]): string | null {
  const what = `${event} to a ${type}`;
  if (payloadsSent.length !== 1) return `${what} has ${payloadsSent.length} payloads instead of one`;
  const known = Object.hasOwn(EVENTS[type], event) ? EVENTS[type][event] : undefined;
  return wrong(known, what, payloadsSent[0]);
}

/** What is wrong with the acknowledgement of a message; null when nothing is. */
export function faultOfAnswer(type: TokenType, event: string, answer: unknown): string | null {
  const what = `the answer to ${event} of a ${type}`;
  const { ok, events = [] } = (answer ?? {}) as { ok?: unknown; events?: unknown };
  const known = Object.hasOwn(ANSWERS[type], event) ? ANSWERS[type][event] : undefined;
  // Whatever is sent, a refusal is one: of unknown names and of others' messages too.
  const refusal = Object.values(ANSWERS[type])[0]?.['refusal'];
  const fault = wrong(ok === false ? refusal : known?.[`${event} answer`], what, answer);
  if (fault !== null || !Array.isArray(events)) return fault;
  // The events of a booking are its user's, whoever asks for them.
  const inner = (events as { event: string; payload: unknown }[]).map((one) =>
    faultOfEvent('user', one.event, [one.payload]),
  );
  return inner.find((one) => one !== null) ?? null;
}

/** What is wrong with the words of a refused handshake; null when nothing is. */
export function faultOfConnectError(message: string): string | null {
  return wrong(CONNECT_ERROR, 'the connect_error', { message });
}

/** What a token says that its bearer is; null for what is no token. */
export function tokenTypeOf(token: unknown): TokenType | null {
  try {
    const [, claims = ''] = String(token).split('.');
    const { type } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { type?: unknown };
    return isOneOf(TOKEN_TYPES, type) ? type : null;
  } catch {
    return null;
  }
}
