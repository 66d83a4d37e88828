/** A port for a server that a test starts. */
import { createServer } from 'node:net';

/** Below the range from which systems take ports for outgoing connections. */
const PORTS = { from: 12_000, to: 30_000 };

/** A port that is free now, and likely to be so when a process that starts slowly listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
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
