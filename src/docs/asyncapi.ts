/** The AsyncAPI 3.0 document of the sockets, made of the contract's events and messages. */
import type { TokenType } from '../../contract/words.js';
import { packageFile } from './package-file.js';
import { capital, nameInlineSchemas, sorted, type Json, type Schemas } from './schemas-for-clients.js';
import {
  ADMIN_EVENTS,
  allMessages,
  CONNECT,
  CONNECT_ERROR,
  messagesFrom,
  payloadOf,
  PILOT_EVENTS,
  REFUSAL,
  USER_EVENTS,
  USER_LIVE_EVENTS,
  type SocketMessage,
} from './socket-messages.js';

const DESCRIPTION = `Live events of Pilot dispatch over Socket.IO 4: default namespace, path \`/socket.io\`.

A channel is a kind of connection: the token's type decides which one, and the server alone puts it into its room, which is
the channel's address. \`send\` is what the server sends, \`receive\` what it takes from clients. The acknowledgement of a
message is its reply: \`{ok: true, …}\`, or \`{ok: false, error, detail}\` when it was refused and changed nothing.

Every event carries \`at\`, the server's time. Those with \`seq\` count the events of one booking to its user, from 1, without
gaps. Order of arrival is not promised: sort by \`seq\`, drop what you have, and ask with \`booking:sync\` for what is missing.
Fields may be added: ignore what you do not know. The REST calls are OpenAPI: \`/docs-json\`. How to use both: docs/clients.md.`;

const TOKEN = `The JWT that REST takes as a bearer token, here in \`auth: {token}\` of the Socket.IO client, not in a header.
Claims: \`sub\` (uuid), \`type\` (user, pilot or admin), \`name\`, optional \`phone\`. A bad, expired or revoked one is refused at
connect with \`connect_error\` \`unauthorized\`; a connection whose token expires or is revoked is closed within 5 s.`;

const TYPES: Record<TokenType, { address: string; parameter?: string; title: string; description: string }> =
  {
    user: {
      address: 'user:{userId}',
      parameter: 'userId',
      title: 'A user',
      description: 'Every device of a user (token type `user`) hears all events of his bookings.',
    },
    pilot: {
      address: 'pilot:{pilotId}',
      parameter: 'pilotId',
      title: 'A pilot',
      description:
        'Every device of a pilot (token type `pilot`). One that connects while an offer is live is sent it again at once.',
    },
    admin: {
      address: 'admin:assignments',
      title: 'An operator',
      description: 'An operator (token type `admin`) hears events only after `admin:subscribe_assignments`.',
    },
  };
const EVENTS: Record<TokenType, SocketMessage[]> = {
  user: [...USER_EVENTS, ...USER_LIVE_EVENTS],
  pilot: PILOT_EVENTS,
  admin: ADMIN_EVENTS,
};

/** Builds the document. The same code gives the same document, byte for byte. */
export function buildAsyncApi(): object {
  const schemas: Schemas = {};
  const messages = Object.fromEntries(
    allMessages().map((message) => {
      const { id, name, summary } = message;
      return [id, { name, title: id, summary, payload: payloadOf(message, schemas) }];
    }),
  );
  nameInlineSchemas(schemas);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Pilot dispatch, live events',
      version: packageFile().version,
      description: DESCRIPTION,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: servers(),
    channels: {
      connection: connection(),
      user: channel('user'),
      pilot: channel('pilot'),
      admin: channel('admin'),
    },
    operations: operations(),
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: TOKEN },
      },
      messages,
      schemas: sorted(schemas),
    },
  };
}

/** The document as the file docs/asyncapi.json holds it. */
export function asyncApiText(): string {
  return `${JSON.stringify(buildAsyncApi(), null, 2)}\n`;
}

function servers(): Json {
  const shared = { pathname: '/socket.io', security: [{ $ref: '#/components/securitySchemes/token' }] };
  return {
    local: { host: 'localhost:3000', protocol: 'ws', ...shared, description: 'As `npm start` runs it' },
    deployed: {
      host: '{host}',
      protocol: 'wss',
      ...shared,
      variables: { host: { description: 'Where the API is, with its port if it is not 443' } },
    },
  };
}

function connection(): Json {
  return {
    address: '/',
    title: 'The handshake',
    description: 'The default namespace, where every connection begins.',
    messages: references([CONNECT, CONNECT_ERROR]),
    bindings: {
      ws: {
        method: 'GET',
        query: {
          type: 'object',
          properties: {
            EIO: { type: 'string', const: '4', description: 'Engine.IO protocol; Socket.IO clients set it' },
            transport: { type: 'string', enum: ['polling', 'websocket'] },
          },
          required: ['EIO', 'transport'],
        },
        bindingVersion: '0.1.0',
      },
    },
  };
}

function channel(who: TokenType): Json {
  const { address, parameter, title, description } = TYPES[who];
  const exchanged = messagesFrom(who).flatMap(({ message, answer }) => [message, answer]);
  return {
    address,
    title,
    description,
    ...(parameter === undefined
      ? {}
      : {
          parameters: { [parameter]: { description: 'The `sub` of the token; nothing that a client sends' } },
        }),
    messages: references([...EVENTS[who], ...exchanged, REFUSAL]),
  };
}

function references(messages: SocketMessage[]): Json {
  return Object.fromEntries(messages.map(({ id }) => [id, { $ref: `#/components/messages/${id}` }]));
}

function operations(): Json {
  return {
    connect: {
      action: 'receive',
      channel: { $ref: '#/channels/connection' },
      summary: CONNECT.summary,
      messages: on('connection', [CONNECT]),
      reply: { channel: { $ref: '#/channels/connection' }, messages: on('connection', [CONNECT_ERROR]) },
    },
    sendToUser: sends('user', 'Numbered, kept, and sent again to whoever missed them', USER_EVENTS),
    sendPositionToUser: sends('user', 'Not numbered, not kept: only the latest matters', USER_LIVE_EVENTS),
    sendToPilot: sends('pilot', 'On all devices of the pilot', PILOT_EVENTS),
    sendToAdmin: sends('admin', 'To every operator who subscribed', ADMIN_EVENTS),
    ...receives('user'),
    ...receives('pilot'),
    ...receives('admin'),
  };
}

function sends(who: TokenType, summary: string, messages: SocketMessage[]): Json {
  return {
    action: 'send',
    channel: { $ref: `#/channels/${who}` },
    summary,
    messages: on(who, messages),
  };
}

function receives(who: TokenType): Json {
  return Object.fromEntries(
    messagesFrom(who).map(({ message, answer }) => [
      `receive${message.id}From${capital(who)}`,
      {
        action: 'receive',
        channel: { $ref: `#/channels/${who}` },
        summary: message.summary,
        messages: on(who, [message]),
        reply: { channel: { $ref: `#/channels/${who}` }, messages: on(who, [answer, REFUSAL]) },
      },
    ]),
  );
}

function on(channelId: string, messages: SocketMessage[]): Json[] {
  return messages.map(({ id }) => ({ $ref: `#/channels/${channelId}/messages/${id}` }));
}
