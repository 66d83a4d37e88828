/** A balancer of the test's own: each new connection goes to the next API that says it is ready. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { call } from './rest.js';

/** Readiness is looked at this often; a stopping API serves for longer than that. */
const LOOK_EVERY_MS = 100;
const ANSWER_WITHIN_MS = 1_000;

export class Balancer {
  private readonly ready = new Map<string, boolean>();
  private turn = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly open = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static start(apiUrls: string[]): Promise<Balancer> {
    return new Promise((resolve) => {
      const server = createServer((client) => balancer.take(client));
      let balancer: Balancer;
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number };
        balancer = new Balancer(server, `http://127.0.0.1:${port}`);
        for (const url of apiUrls) balancer.add(url);
        balancer.timer = setInterval(() => balancer.look(), LOOK_EVERY_MS);
        resolve(balancer);
      });
    });
  }

  /** A new API, taken for ready. */
  add(apiUrl: string): void {
    this.ready.set(apiUrl, true);
  }

  remove(apiUrl: string): void {
    this.ready.delete(apiUrl);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private look(): void {
    for (const url of this.ready.keys())
      call(url, 'GET', '/health/ready', { timeoutMs: ANSWER_WITHIN_MS }).then(
        ({ status }) => this.note(url, status === 200),
        () => this.note(url, false),
      );
  }

  private note(url: string, isReady: boolean): void {
    if (this.ready.has(url)) this.ready.set(url, isReady);
  }

  private take(client: Socket): void {
    client.on('error', () => client.destroy());
    const candidates = [...this.ready].filter(([, isReady]) => isReady).map(([url]) => url);
    this.turn += 1;
    const inTurn = candidates.map((_, n) => candidates[(this.turn + n) % candidates.length] as string);
    this.pass(client, inTurn);
  }

  /** One that refuses the connection was not sent anything yet: the next one gets it. */
  private pass(client: Socket, [url, ...others]: string[]): void {
    if (url === undefined) {
      client.destroy();
      return;
    }
    const { hostname, port } = new URL(url);
    const server = connect({ host: hostname, port: Number(port) });
    const refused = (): void => this.pass(client, others);
    server.once('error', refused);
    server.once('connect', () => {
      server.off('error', refused);
      for (const [side, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.open.add(side);
        side.on('error', () => other.destroy());
        side.on('close', () => {
          this.open.delete(side);
          other.destroy();
        });
        side.pipe(other);
      }
    });
  }
}
