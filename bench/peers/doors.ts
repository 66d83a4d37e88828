/** REST and sockets of a peer: the two calls and the two events that a booking needs, with tokens verified. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { jwtVerify } from 'jose';
import { Server } from 'socket.io';
import { createBookingSchema, type CreateBooking } from '../../contract/schemas.js';
import { pilotRoom, userRoom } from '../../contract/rooms.js';

export interface PeerHandlers {
  book(userId: string, body: CreateBooking): Promise<{ id: string }>;
  /** False when the offer is not live any more. */
  accept(offerId: string, pilotId: string): Promise<boolean>;
}

const ACCEPT = /^\/offers\/([0-9a-f-]{36})\/accept$/;

/** Opens the doors on a port of this machine; answers the sockets' server. */
export function openDoors(port: number, secret: string, handlers: PeerHandlers): Promise<Server> {
  const key = new TextEncoder().encode(secret);
  const caller = async (token: unknown): Promise<{ id: string; type: string }> => {
    const { payload } = await jwtVerify(String(token), key, { algorithms: ['HS256'] });
    return { id: payload.sub ?? '', type: String(payload['type']) };
  };
  const server = createServer((request, response) => {
    answer(request, caller, handlers).then(
      ([status, body]) => send(response, status, body),
      (error: unknown) => send(response, 500, { detail: String(error) }),
    );
  });
  const io = new Server(server, { serveClient: false });
  io.use((socket, next) => {
    caller((socket.handshake.auth as { token?: unknown }).token).then(
      async ({ id, type }) => {
        await socket.join(type === 'pilot' ? pilotRoom(id) : userRoom(id));
        next();
      },
      () => next(new Error('unauthorized')),
    );
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(io)));
}

async function answer(
  request: IncomingMessage,
  caller: (token: unknown) => Promise<{ id: string }>,
  handlers: PeerHandlers,
): Promise<[number, object]> {
  const { id } = await caller((request.headers.authorization ?? '').replace('Bearer ', ''));
  const accepted = ACCEPT.exec(request.url ?? '');
  if (accepted !== null)
    return (await handlers.accept(accepted[1] ?? '', id)) ? [200, { outcome: 'ASSIGNED' }] : [409, {}];
  const body = createBookingSchema.parse(JSON.parse(await textOf(request)));
  return [201, await handlers.book(id, body)];
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
