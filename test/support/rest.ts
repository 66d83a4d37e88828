/** A thin REST client: nothing is hidden, nothing is thrown for a status. */
import { Agent, request, type IncomingHttpHeaders } from 'node:http';

export interface Reply<T = unknown> {
  status: number;
  headers: IncomingHttpHeaders;
  /** Parsed where it is JSON; undefined where it is empty. */
  body: T;
  text: string;
}

export interface RestOptions {
  token?: string;
  /** Sent as JSON; a string or a buffer goes as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  timeoutMs?: number;
  /** A connection that is open already; else each request has one of its own. */
  over?: Agent;
}

/** A connection that is open and waits: requests over several of them leave at the same moment. */
export async function openLine(url: string): Promise<Agent> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await call(url, 'GET', '/health/live', { over: agent });
  return agent;
}

/** One request; on a connection of its own unless told, so that a killed server leaves nothing half-open. */
export function call<T = unknown>(
  url: string,
  method: string,
  path: string,
  options: RestOptions = {},
): Promise<Reply<T>> {
  const raw = bytesOf(options.body);
  const headers: Record<string, string> = {
    ...(options.over === undefined ? { connection: 'close' } : {}),
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    ...(raw === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(raw.length) }),
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const outgoing = request(
      {
        hostname,
        port,
        path,
        method,
        headers,
        agent: options.over ?? false,
        timeout: options.timeoutMs ?? 15_000,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const { statusCode = 0, headers: answered } = incoming;
          resolve({ status: statusCode, headers: answered, body: parsed<T>(text), text });
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.once('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer in time`)));
    outgoing.end(raw);
  });
}

function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined) return undefined;
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function parsed<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    return (text === '' ? undefined : text) as T;
  }
}
