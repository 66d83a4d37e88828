/** A port for a server that a test starts. */
import { createServer } from 'node:net';

/** Below the range from which systems take ports for outgoing connections. */
const PORTS = { from: 12_000, to: 30_000 };
/** Each of Jest's processes draws from a part of its own: a port is only taken a second or two after it was drawn. */
const PARTS = 6;
const SIZE = Math.floor((PORTS.to - PORTS.from) / PARTS);
const drawn = new Set<number>();

/** A port that is free now, and likely to be so when a process that starts slowly listens. */
export async function freePort(): Promise<number> {
  const part = Number(process.env['JEST_WORKER_ID'] ?? 0) % PARTS;
  for (;;) {
    const port = PORTS.from + part * SIZE + Math.floor(Math.random() * SIZE);
    if (drawn.has(port)) continue;
    drawn.add(port);
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
