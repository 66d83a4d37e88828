/** A Redis of a test's own, a real server on a free port: killed by its id, and started again on the same port. */
import { Child } from './child.js';
import { freePort } from './free-port.js';

export class OwnRedis {
  private constructor(
    private readonly program: string,
    private readonly port: number,
    private server: Child,
  ) {}

  /** @throws when this machine has no Redis and could not get one; the message says what to install */
  static async start(): Promise<OwnRedis> {
    const program = process.env['TEST_REDIS'];
    if (program === undefined)
      throw new Error(
        `REDIS_URL cannot be tested. ${process.env['TEST_REDIS_MISSING'] ?? 'No Redis was looked for.'}`,
      );
    const port = await freePort();
    return new OwnRedis(program, port, await serve(program, port));
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Dies at once, as by a power cut. */
  async kill9(): Promise<void> {
    await this.server.kill9();
  }

  /** Comes back where it was, empty. */
  async startAgain(): Promise<void> {
    this.server = await serve(this.program, this.port);
  }
}

/** Nothing is kept on disk: what passes through it is not stored. */
async function serve(program: string, port: number): Promise<Child> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = Child.start('redis', program, args, {});
  await server.says('Ready to accept connections');
  return server;
}
