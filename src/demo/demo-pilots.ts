/** Simulated pilots of a demo: a child process that uses the public doors only, and ends when this one does. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import type { AddDemoPilots } from '../../contract/schemas.js';
import { ConflictError, NotFoundError } from '../../dispatch/errors.js';

export interface DemoPilotsOptions {
  /** The compiled program, absolute: `tools/simulate/demo-pilots.ts`. */
  program: string;
  /** Pilots of this process at most. */
  most: number;
  logger: Logger;
}

/** What the program says. */
type Message =
  | { kind: 'added'; id: number; added: number }
  | { kind: 'failed'; id: number; why: string }
  | { kind: 'trouble'; why: string };

interface Asked {
  count: number;
  done: (added: number) => void;
  failed: (error: Error) => void;
}

export class DemoPilots implements OnApplicationShutdown {
  private child: ChildProcess | undefined;
  private readonly asked = new Map<number, Asked>();
  private nextId = 1;
  /** There, or on their way. */
  private count = 0;
  private stopping = false;

  constructor(private readonly options: DemoPilotsOptions) {}

  /**
   * Adds pilots near a place; resolves with their number once they are online. Each call adds more.
   * @param url where the program finds the API
   * @throws NotFoundError without the program, ConflictError when there would be too many, Error when it fails
   */
  async add(url: string, { count, lat, lng }: AddDemoPilots): Promise<number> {
    const { most, program } = this.options;
    if (!existsSync(program)) throw new NotFoundError('the simulator was not built');
    if (this.count + count > most)
      throw new ConflictError(
        'demo_pilots_full',
        `There are ${this.count} simulated pilots; this process takes ${most} at most.`,
      );
    this.count += count;
    const child = (this.child ??= this.start(url));
    const id = this.nextId;
    this.nextId += 1;
    return new Promise((done, failed) => {
      this.asked.set(id, { count, done, failed });
      child.send({ id, count, lat, lng });
    });
  }

  onApplicationShutdown(): void {
    this.stopping = true;
    if (this.child?.connected === true) this.child.disconnect();
  }

  private start(url: string): ChildProcess {
    const child = spawn(process.execPath, [this.options.program], {
      // No secret of ours: it comes in by the doors that anybody may use.
      env: { PATH: process.env['PATH'], API_URL: url },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    // It must not keep this process from ending.
    child.unref();
    child.channel?.unref();
    child.on('message', (message: Message) => this.hear(message));
    child.once('error', (error) => this.gone(child, error.message));
    child.once('exit', (code, signal) => this.gone(child, `it ended with ${code ?? signal}`));
    return child;
  }

  private hear(message: Message): void {
    if (message.kind === 'trouble') {
      this.options.logger.warn({ err: message.why }, 'a simulated pilot has trouble');
      return;
    }
    const asked = this.asked.get(message.id);
    if (asked === undefined) return;
    this.asked.delete(message.id);
    const added = message.kind === 'added' ? message.added : 0;
    this.count -= asked.count - added;
    if (message.kind === 'added') asked.done(added);
    else asked.failed(new Error(`no simulated pilot could be started: ${message.why}`));
  }

  /** Its pilots are gone with it: the next call starts anew. */
  private gone(child: ChildProcess, why: string): void {
    if (this.child !== child) return;
    this.child = undefined;
    this.count = 0;
    for (const { failed } of this.asked.values()) failed(new Error(`the simulated pilots are gone: ${why}`));
    this.asked.clear();
    if (!this.stopping) this.options.logger.warn({ why }, 'the simulated pilots are gone');
  }
}
