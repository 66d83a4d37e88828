/** A TCP proxy of the test's own: what is between two parts can be cut, frozen, and mended. */
import { connect, createServer, type Server, type Socket } from 'node:net';

type Mode = 'pass' | 'refuse' | 'freeze' | 'deaf';

/**
 * `refuse` closes all connections and new ones at once; `freeze` lets nothing through either way, and
 * `deaf` nothing from the server to the client: bytes wait and are delivered after `mend`.
 */
export class Proxy {
  private readonly pairs = new Set<[Socket, Socket]>();
  private readonly stranded: [Socket, Socket][] = [];
  private mode: Mode = 'pass';

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** One before what listens at a URL, or at `host:port`. */
  static before(target: string): Promise<Proxy> {
    const { hostname, port } = new URL(target.includes('://') ? target : `tcp://${target}`);
    return new Promise((resolve, reject) => {
      const server = createServer((client) => proxy.take(client, hostname, Number(port)));
      let proxy: Proxy;
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        proxy = new Proxy(server, (server.address() as { port: number }).port);
        resolve(proxy);
      });
    });
  }

  /** As `host:port`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The URL of what is behind it, by way of this proxy. */
  insteadOf(url: string): string {
    const through = new URL(url);
    through.port = String(this.port);
    return through.href;
  }

  refuse(): void {
    this.mode = 'refuse';
    for (const [client, server] of this.pairs) {
      client.destroy();
      server.destroy();
    }
  }

  freeze(): void {
    this.set('freeze');
  }

  /** What is open lets nothing through any more, for ever; what connects from now on passes: a machine that was replaced. */
  strand(): void {
    this.set('freeze');
    this.stranded.push(...this.pairs);
    this.pairs.clear();
    this.mode = 'pass';
  }

  deafen(): void {
    this.set('deaf');
  }

  mend(): void {
    this.set('pass');
  }

  async stop(): Promise<void> {
    this.refuse();
    for (const pair of this.stranded) for (const side of pair) side.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private set(mode: Mode): void {
    this.mode = mode;
    for (const pair of this.pairs) this.apply(pair);
  }

  private apply([client, server]: [Socket, Socket]): void {
    if (this.mode === 'freeze') client.pause();
    else client.resume();
    if (this.mode === 'pass') server.resume();
    else server.pause();
  }

  private take(client: Socket, host: string, port: number): void {
    if (this.mode === 'refuse') {
      client.destroy();
      return;
    }
    const server = connect({ host, port });
    const pair: [Socket, Socket] = [client, server];
    this.pairs.add(pair);
    const end = (): void => {
      this.pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    client.on('data', (chunk: Buffer) => server.write(chunk));
    server.on('data', (chunk: Buffer) => client.write(chunk));
    for (const side of pair) side.on('error', end).on('close', end);
    this.apply(pair);
  }
}
