/**
 * What lies between clients and APIs: a TCP proxy that spreads connections over the APIs, and can cut them,
 * let them go dead, and make them slow.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Random } from '../simulate/random.js';

/** Bytes on their way in one direction. */
interface Lane {
  to: Socket;
  waiting: { dueAtMs: number; chunk: Buffer }[];
  timer: NodeJS.Timeout | null;
}

interface Link {
  lanes: [Lane, Lane];
  dead: boolean;
  end: () => void;
}

/** One door for all clients. */
export class Door {
  private readonly links = new Set<Link>();
  private slowByMs = 0;
  private next = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
    private readonly ports: readonly number[],
  ) {}

  /** Listens on a free port, in front of APIs on these ports of this machine. */
  static open(ports: readonly number[]): Promise<Door> {
    return new Promise((resolve, reject) => {
      const server = createServer((client) => door.take(client));
      let door: Door;
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number };
        door = new Door(server, `http://127.0.0.1:${port}`, ports);
        resolve(door);
      });
    });
  }

  /** Cuts a share of the connections; answers how many. */
  cut(share: number, random: Random): number {
    const chosen = this.choose(share, random);
    for (const link of chosen) link.end();
    return chosen.length;
  }

  /** Lets nothing through a share of them, either way, until the answered function mends or cuts them. */
  deaden(share: number, random: Random): { count: number; finish: (how: 'cut' | 'mended') => void } {
    const chosen = this.choose(share, random);
    for (const link of chosen) link.dead = true;
    return {
      count: chosen.length,
      finish: (how) => {
        for (const link of chosen) {
          link.dead = false;
          if (how === 'mended') for (const lane of link.lanes) this.pass(link, lane);
          // A side that went meanwhile could not tell the other.
          if (how === 'cut' || link.lanes.some((lane) => lane.to.destroyed)) link.end();
        }
      },
    };
  }

  /** From now on everything takes so much longer; 0 for no longer. */
  slow(byMs: number): void {
    this.slowByMs = byMs;
  }

  async close(): Promise<void> {
    for (const link of this.links) link.end();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private choose(share: number, random: Random): Link[] {
    return [...this.links].filter(() => random() < share);
  }

  private take(client: Socket): void {
    client.on('error', () => undefined);
    this.next += 1;
    this.reach(client, this.ports.length);
  }

  /** The next API, and where that refuses, the one after it. */
  private reach(client: Socket, triesLeft: number): void {
    if (triesLeft === 0 || client.destroyed) {
      client.destroy();
      return;
    }
    const port = this.ports[(this.next + triesLeft) % this.ports.length] as number;
    const api = connect({ host: '127.0.0.1', port });
    const refused = (): void => this.reach(client, triesLeft - 1);
    api.once('error', refused);
    api.once('connect', () => {
      api.off('error', refused);
      api.on('error', () => undefined);
      this.join(client, api);
    });
  }

  private join(client: Socket, api: Socket): void {
    const up: Lane = { to: api, waiting: [], timer: null };
    const down: Lane = { to: client, waiting: [], timer: null };
    const link: Link = {
      lanes: [up, down],
      dead: false,
      end: () => {
        this.links.delete(link);
        for (const lane of link.lanes) {
          if (lane.timer !== null) clearTimeout(lane.timer);
          lane.to.destroy();
        }
      },
    };
    this.links.add(link);
    client.on('data', (chunk: Buffer) => this.send(link, up, chunk));
    api.on('data', (chunk: Buffer) => this.send(link, down, chunk));
    for (const side of [client, api]) side.on('close', () => !link.dead && link.end());
    if (client.destroyed || api.destroyed) link.end();
  }

  private send(link: Link, lane: Lane, chunk: Buffer): void {
    // Later bytes never overtake earlier ones.
    const dueAtMs = Math.max(performance.now() + this.slowByMs, lane.waiting.at(-1)?.dueAtMs ?? 0);
    lane.waiting.push({ dueAtMs, chunk });
    if (lane.timer === null) this.pass(link, lane);
  }

  /** Passes on what is due, and comes again for the rest. */
  private pass(link: Link, lane: Lane): void {
    if (lane.timer !== null) clearTimeout(lane.timer);
    lane.timer = null;
    if (link.dead) return;
    const now = performance.now();
    while (lane.waiting[0] !== undefined && lane.waiting[0].dueAtMs <= now)
      lane.to.write(lane.waiting.shift()?.chunk ?? '');
    const first = lane.waiting[0];
    if (first !== undefined) lane.timer = setTimeout(() => this.pass(link, lane), first.dueAtMs - now);
  }
}
