/** Taps on a line between two processes: bytes pass untouched, and what they say is counted. */
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Sees the bytes of one connection. */
export interface Listener {
  fromClient: (bytes: Buffer) => void;
  fromServer: (bytes: Buffer) => void;
}

export class Tap {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** Listens on a port of this machine and passes all to the target; each connection gets a listener of its own. */
  static open(target: { host: string; port: number }, listen: () => Listener): Promise<Tap> {
    return new Promise((resolve, reject) => {
      const server = createServer((client) => tap.pass(client, connect(target.port, target.host), listen()));
      let tap: Tap;
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        tap = new Tap(server, (server.address() as { port: number }).port);
        resolve(tap);
      });
    });
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(client: Socket, server: Socket, listener: Listener): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.on('data', (bytes: Buffer) => {
        to.write(bytes);
        (from === client ? listener.fromClient : listener.fromServer)(bytes);
      });
    }
  }
}

/** Cuts a stream of bytes into frames; `lengthOf` answers a frame's whole length, or null while too little came. */
export class Frames {
  private rest: Buffer = Buffer.alloc(0);

  constructor(
    private readonly lengthOf: (bytes: Buffer) => number | null,
    private readonly take: (frame: Buffer) => void,
  ) {}

  push(bytes: Buffer): void {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    for (;;) {
      const length = this.lengthOf(this.rest);
      if (length === null || this.rest.length < length) return;
      const frame = this.rest.subarray(0, length);
      this.rest = this.rest.subarray(length);
      this.take(frame);
    }
  }
}
