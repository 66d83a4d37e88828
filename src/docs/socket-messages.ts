/** Every message on the sockets as the AsyncAPI document has it: made of the contract's tables. */
import { createSchema } from 'zod-openapi';
import type { z } from 'zod';
import {
  CLIENT_MESSAGES,
  connectErrorShape,
  connectSchema,
  refusalShape,
  type ClientMessage,
} from '../../contract/client-messages.js';
import {
  adminEventShapes,
  pilotEventShapes,
  userEventShapes,
  userLiveShapes,
} from '../../contract/shapes.js';
import { TOKEN_TYPES, type TokenType } from '../../contract/words.js';
import { ADMIN_SUMMARIES, PILOT_SUMMARIES, USER_LIVE_SUMMARIES, USER_SUMMARIES } from './event-summaries.js';
import { capital, forClients, refTo, type Json, type Schemas } from './schemas-for-clients.js';

/** One kind of message. `id` names it in the document, and its payload where the contract gives no name. */
export interface SocketMessage {
  id: string;
  /** The event's name on the wire; for answers a name of the document's own. */
  name: string;
  summary: string;
  schema: z.ZodType;
  /** Seen from the client: what it sends is its input. */
  io: 'input' | 'output';
}

type Shapes = Readonly<Record<string, z.ZodType>>;

/** `booking:offer_sent` to a user is `UserBookingOfferSent`. */
function idOf(who: string, event: string): string {
  return capital(who) + event.split(/[:_]/).map(capital).join('');
}

function eventsTo(
  who: TokenType,
  shapes: Shapes,
  summaries: Readonly<Record<string, string>>,
): SocketMessage[] {
  return Object.entries(shapes).map(([name, schema]) => {
    return { id: idOf(who, name), name, summary: summaries[name] ?? '', schema, io: 'output' as const };
  });
}

/** Events to a user that are numbered and kept. */
export const USER_EVENTS = eventsTo('user', userEventShapes, USER_SUMMARIES);
export const USER_LIVE_EVENTS = eventsTo('user', userLiveShapes, USER_LIVE_SUMMARIES);
export const PILOT_EVENTS = eventsTo('pilot', pilotEventShapes, PILOT_SUMMARIES);
export const ADMIN_EVENTS = eventsTo('admin', adminEventShapes, ADMIN_SUMMARIES);

const answer = (id: string, name: string, summary: string, schema: z.ZodType): SocketMessage => {
  return { id, name, summary, schema, io: 'output' };
};
export const REFUSAL = answer(
  'Refusal',
  'refusal',
  'The message was refused and changed nothing',
  refusalShape,
);
export const CONNECT: SocketMessage = {
  ...{ id: 'Connect', name: 'connect', summary: 'The handshake', schema: connectSchema, io: 'input' },
};
export const CONNECT_ERROR = answer(
  ...(['ConnectError', 'connect_error', 'The server refuses the connection', connectErrorShape] as const),
);

/** What a kind of client may send, each with its acknowledgement. */
export function messagesFrom(who: TokenType): { message: SocketMessage; answer: SocketMessage }[] {
  return Object.entries<ClientMessage>(CLIENT_MESSAGES)
    .filter(([, message]) => message.who.includes(who))
    .map(([name, { summary, schema, answer: shape }]) => {
      const id = idOf('', name);
      return {
        message: { id, name, summary, schema, io: 'input' as const },
        answer: answer(`${id}Answer`, `${name} answer`, `Acknowledges ${name}`, shape),
      };
    });
}

/** All of them, each once. */
export function allMessages(): SocketMessage[] {
  const fromClients = TOKEN_TYPES.flatMap(messagesFrom).flatMap(({ message, answer: shape }) => [
    message,
    shape,
  ]);
  const all = [CONNECT, CONNECT_ERROR, ...USER_EVENTS, ...USER_LIVE_EVENTS, ...PILOT_EVENTS, ...ADMIN_EVENTS];
  return [...new Map([...all, ...fromClients, REFUSAL].map((message) => [message.id, message])).values()];
}

/** The reference to a message's payload, which is added to `schemas` with all that it names. */
export function payloadOf({ id, schema, io }: SocketMessage, schemas: Schemas): Json {
  const made = createSchema(schema, {
    io,
    openapiVersion: '3.1.0',
    opts: { override: ({ jsonSchema }) => forClients(jsonSchema as Json, io) },
  });
  const named = 'properties' in made.schema ? { [id]: made.schema } : {};
  for (const [name, one] of Object.entries({ ...made.components, ...named })) add(name, one as Json, schemas);
  return 'properties' in made.schema ? refTo(id) : (made.schema as Json);
}

function add(name: string, schema: Json, schemas: Schemas): void {
  const known = schemas[name];
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema))
    throw new Error(`two different schemas are called ${name}`);
  schemas[name] = schema;
}
