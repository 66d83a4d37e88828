import { STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node's parser says, and what that means. Anything else is no HTTP. */
const PROBLEMS: Record<string, { status: number; detail: string }> = {
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'The headers are larger than 16 kB.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'The request did not come to its end in time.' },
};
const NO_HTTP = { status: 400, detail: 'This is not HTTP.' };
/** So long a client may take to read why, and to stop sending. */
const LINGER_MS = 2_000;

/**
 * Answers what cannot be read as a request. The answer is followed by a while of reading on: a connection that is closed
 * while its client still sends is reset, and the answer is lost with it.
 */
export function answerUnreadable(server: Server): void {
  const answered = new WeakSet<Socket>();
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket & { _httpMessage?: ServerResponse | null };
    // Each further piece of what is being thrown away is an error again.
    if (answered.has(socket)) return;
    answered.add(socket);
    // Within another answer, as Node's own handler has it: nothing can be said any more.
    if (!socket.writable || socket._httpMessage?.headersSent === true) {
      socket.destroy();
      return;
    }
    socket.end(answerOf(error.code));
    socket.on('data', () => undefined);
    const tooLong = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(tooLong));
  });
}

function answerOf(code: string | undefined): string {
  const problem = PROBLEMS[code ?? ''] ?? NO_HTTP;
  const title = STATUS_CODES[problem.status];
  const body = JSON.stringify({ type: 'about:blank', title, ...problem });
  return [
    `HTTP/1.1 ${problem.status} ${title}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
