/** The doors of a contender, as a customer's and a pilot's app use them. */
import { Agent, request } from 'node:http';
import { io, type Socket } from 'socket.io-client';

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const ANSWER_WITHIN_MS = 30_000;

export interface Answer {
  status: number;
  body: unknown;
}

/** One REST call, by the plainest client there is: what is measured is the server. */
export function call(method: string, url: string, token: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      ...(text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    const sent = request(url, { method, agent, headers, timeout: ANSWER_WITHIN_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answered = Buffer.concat(chunks).toString();
        const status = response.statusCode ?? 0;
        const isJson = (response.headers['content-type'] ?? '').includes('json');
        resolve({ status, body: isJson ? (JSON.parse(answered) as unknown) : answered });
      });
    });
    sent.on('timeout', () =>
      sent.destroy(new Error(`${method} ${url}: no answer in ${ANSWER_WITHIN_MS} ms`)),
    );
    sent.on('error', reject);
    sent.end(text);
  });
}

/** An open socket, which comes back by itself once it was open. Rejects when its first try is refused. */
export function connect(url: string, token: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = io(url, { auth: { token }, transports: ['websocket'], forceNew: true });
    const refused = (error: Error): void => {
      socket.close();
      reject(new Error(`socket at ${url}: ${error.message}`));
    };
    socket.once('connect_error', refused);
    socket.once('connect', () => {
      socket.off('connect_error', refused);
      resolve(socket);
    });
  });
}
