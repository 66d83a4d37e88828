/** The socket door. */
import { io, type Socket } from 'socket.io-client';

/** What comes in and goes out is checked by the system's tests, not here: names only. */
export type Line = Socket<
  Record<string, (payload: never) => void>,
  Record<string, (...args: unknown[]) => void>
>;

const ACK_TIMEOUT_MS = 5_000;
/** Refused or sent away by the server, the client would not come again by itself. */
const COME_AGAIN_MS = 1_000;
/** Lines that were closed on this side: they stay so. */
const closed = new WeakSet<Line>();

/** An open line of one client; it reconnects by itself until closed. */
export function openLine(url: string, token: string): Line {
  return io(url, {
    auth: { token },
    // Polling first would cost two requests more for each connect.
    transports: ['websocket'],
    autoConnect: false,
    reconnectionDelay: 200,
    reconnectionDelayMax: 2_000,
  });
}

/** Closes a line for good. */
export function closeLine(line: Line): void {
  closed.add(line);
  line.disconnect();
}

/** From now on the line comes back whatever the server does (docs/clients.md). */
function keepComing(line: Line): void {
  const later = (): void => {
    if (!line.active)
      setTimeout(() => {
        if (!closed.has(line)) line.connect();
      }, COME_AGAIN_MS).unref();
  };
  line.on('connect_error', later as never);
  line.on('disconnect', later as never);
}

/** Connects for the first time, and keeps the line from then on. Throws when the system refuses or is not there for `timeoutMs`. */
export function connect(line: Line, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let reason = 'no answer';
    const timer = setTimeout(() => finish(new Error(`socket: ${reason}`)), timeoutMs);
    const onError = (error: Error): void => {
      reason = error.message;
      // The server closed the door on purpose: the client would not come again by itself.
      if (!line.active) finish(new Error(`socket: ${reason}`));
    };
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      line.off('connect_error', onError as never);
      if (error !== undefined) return reject(error);
      keepComing(line);
      resolve();
    };
    line.once('connect', () => finish());
    line.on('connect_error', onError as never);
    line.connect();
  });
}

/** Sends and waits for the acknowledgement; null when none came in time. */
export async function ask(
  line: Line,
  event: string,
  payload: object,
): Promise<{ ok: boolean; [field: string]: unknown } | null> {
  try {
    return (await line.timeout(ACK_TIMEOUT_MS).emitWithAck(event, payload)) as { ok: boolean };
  } catch {
    return null;
  }
}
