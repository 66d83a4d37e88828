/** Thousands of sockets at one API, held open by processes of their own. */
import { fork, type ChildProcess } from 'node:child_process';
import { fromRoot } from '../tools/setup/paths.js';
import type { DriverMessage } from './sockets-driver.js';
import { mostOpenFiles } from './usage.js';

/** One process per so many sockets: the receiving side must not be what is measured. */
const SOCKETS_PER_DRIVER = 2_500;
/** What a Node process has open besides its sockets, with room to spare. */
const OTHER_FILES = 200;
const CONNECTED_WITHIN_MS = 180_000;
const ROUND_WITHIN_MS = 60_000;

export class SocketCrowd {
  readonly userIds: string[] = [];
  private readonly rounds = new Map<number, number[]>();
  private failure: string | null = null;

  private constructor(
    private readonly drivers: ChildProcess[],
    private readonly count: number,
  ) {
    for (const driver of drivers) {
      driver.on('message', (message: DriverMessage) => this.hear(message));
      driver.once('exit', (code) => {
        this.failure ??= `a process of sockets ended with ${code}`;
      });
    }
  }

  /** Opens `count` sockets of as many customers. Throws when one is refused or closed. */
  static async open(url: string, secret: string, count: number, apiPid: number): Promise<SocketCrowd> {
    refuseFewFiles(count, apiPid);
    const drivers = Array.from({ length: Math.ceil(count / SOCKETS_PER_DRIVER) }, (_, index) =>
      fork(fromRoot('dist/bench/sockets-driver.js'), {
        env: {
          PATH: process.env['PATH'],
          URL_OF_API: url,
          SECRET: secret,
          COUNT: String(Math.min(SOCKETS_PER_DRIVER, count - index * SOCKETS_PER_DRIVER)),
          // Linux answers on all of 127/8: each process has a range of ports of its own.
          FROM_ADDRESS: process.platform === 'linux' ? `127.0.0.${index + 2}` : '',
        },
      }),
    );
    const crowd = new SocketCrowd(drivers, count);
    try {
      await crowd.until(() => crowd.userIds.length === count, 'all sockets to connect', CONNECTED_WITHIN_MS);
    } catch (error) {
      crowd.close();
      throw error;
    }
    return crowd;
  }

  /** The times of a round's events, milliseconds, as soon as every socket has heard its own. */
  async heard(round: number): Promise<number[]> {
    const all = (): number[] => this.rounds.get(round) ?? [];
    await this.until(
      () => all().length === this.count,
      `every socket to hear round ${round}`,
      ROUND_WITHIN_MS,
    );
    return all();
  }

  close(): void {
    for (const driver of this.drivers) {
      driver.removeAllListeners();
      driver.disconnect();
    }
  }

  private hear(message: DriverMessage): void {
    if (message.kind === 'failed') this.failure ??= message.reason;
    else if (message.kind === 'connected') this.userIds.push(...message.userIds);
    else this.rounds.set(message.round, [...(this.rounds.get(message.round) ?? []), ...message.delaysMs]);
  }

  private async until(isSo: () => boolean, what: string, withinMs: number): Promise<void> {
    const giveUpAt = performance.now() + withinMs;
    while (!isSo()) {
      if (this.failure !== null) throw new Error(`${what}: ${this.failure}`);
      if (performance.now() > giveUpAt) throw new Error(`${what}: not within ${withinMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Says what to raise, instead of failing somewhere on the way with EMFILE. */
function refuseFewFiles(count: number, apiPid: number): void {
  if (process.platform !== 'linux') return;
  const needed = count + OTHER_FILES;
  const allowed = mostOpenFiles(apiPid);
  if (allowed < needed)
    throw new Error(
      `${count} sockets need ${needed} open files of the API process, and ${allowed} are allowed: raise \`ulimit -n\``,
    );
}
