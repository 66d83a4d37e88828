/** A process full of customers' sockets; tells its parent who is connected and how long each event took. */
import { randomUUID } from 'node:crypto';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { tokenOf } from './city.js';

/** What the parent hears. */
export type DriverMessage =
  | { kind: 'connected'; userIds: string[] }
  | { kind: 'round'; round: number; delaysMs: number[] }
  | { kind: 'failed'; reason: string };

/** What each event carries. */
export interface TimedEvent {
  round: number;
  /** `Date.now()` right before it was sent; all processes of a machine share that clock. */
  sentAtMs: number;
}

/** The event of this bench alone: no real one, so that nothing else could be taken for it. */
export const TIMED_EVENT = 'bench:timed';

/** Handshakes under way at once. */
const WIDTH = 40;

async function main(): Promise<void> {
  const { URL_OF_API = '', SECRET = '', COUNT = '0', FROM_ADDRESS = '' } = process.env;
  const count = Number(COUNT);
  const userIds = Array.from({ length: count }, () => randomUUID());
  const rounds = new Map<number, number[]>();
  const note = ({ round, sentAtMs }: TimedEvent): void => {
    const delaysMs = rounds.get(round) ?? [];
    rounds.set(round, delaysMs);
    delaysMs.push(Date.now() - sentAtMs);
    if (delaysMs.length < count) return;
    rounds.delete(round);
    tell({ kind: 'round', round, delaysMs });
  };
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const token = await tokenOf(SECRET, 'user', userIds[next++]);
      const socket = await open(URL_OF_API, token, FROM_ADDRESS);
      socket.on(TIMED_EVENT, note);
      socket.on('disconnect', (reason) => tell({ kind: 'failed', reason: `a socket was closed: ${reason}` }));
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, one));
  tell({ kind: 'connected', userIds });
}

function open(url: string, token: string, localAddress: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { auth: { token }, transports: ['websocket'], forceNew: true, reconnection: false };
    // Handed on to `ws`; the types know the browser's options alone.
    const from = (localAddress === '' ? {} : { localAddress }) as Partial<ManagerOptions & SocketOptions>;
    const socket = io(url, { ...options, ...from });
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', (error) => reject(error));
  });
}

function tell(message: DriverMessage): void {
  process.send?.(message);
}

// Imported for its types and the event's name it must do nothing.
if (process.send !== undefined && process.env['URL_OF_API'] !== undefined) {
  process.once('disconnect', () => process.exit(0));
  main().catch((error: unknown) => tell({ kind: 'failed', reason: String(error) }));
}
