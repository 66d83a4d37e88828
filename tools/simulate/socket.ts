/** The socket door. */
import { io, type Socket } from 'socket.io-client';

/** What comes in and goes out is checked by the system's tests, not here: names only. */
export type Line = Socket<
  Record<string, (payload: never) => void>,
  Record<string, (...args: unknown[]) => void>
>;

const ACK_TIMEOUT_MS = 5_000;

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

/** Connects for the first time. Throws when the system refuses or is not there for `timeoutMs`. */
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
      if (error === undefined) resolve();
      else reject(error);
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
