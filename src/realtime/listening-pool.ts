import pg from 'pg';
import type { Logger } from 'pino';
import { SteadyClient } from '../../database/steady-client.js';

/** The listening connection is asked for a sign of life this often, and given up after as long. */
const PROBE_MS = 2_000;
/** The adapter listens again right after it got its connection; this is ample. */
const LISTEN_AGAIN_MS = 200;

/**
 * The connections of the sockets' Postgres adapter. Its first is the listening one: when that is lost,
 * messages of other processes are lost with it, so `onBack` is told for how long once it listens again.
 */
export class ListeningPool extends pg.Pool {
  private lostAt: number | null = null;
  private listening: pg.PoolClient | null = null;
  private probe: NodeJS.Timeout | undefined;

  constructor(
    url: string,
    private readonly logger: Logger,
    private readonly onBack: (awayMs: number) => void,
  ) {
    super({
      connectionString: url,
      Client: SteadyClient,
      max: 4,
      keepAlive: true,
      // Where Postgres is lost without a word a connection that is being made, or one that publishes, would be waited for
      // by the kernel's patience, and this process be deaf and dumb meanwhile.
      connectionTimeoutMillis: 2_500,
      query_timeout: 2_700,
      application_name: 'dispatch-sockets',
    });
    this.on('error', (error) => this.logger.warn({ err: error.message }, 'socket adapter connection lost'));
    this.probe = setInterval(() => this.probeListener(), PROBE_MS);
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(
    callback: (err: Error | undefined, client: pg.PoolClient | undefined, done: () => void) => void,
  ): void;
  override connect(callback?: unknown): Promise<pg.PoolClient> | void {
    // `pool.query` connects with a callback; only the adapter's listener asks for a promise.
    if (callback !== undefined) return super.connect(callback as never);
    return super.connect().then((client) => this.watch(client));
  }

  /** Ends all connections; the adapter has closed its listener before. */
  override async end(): Promise<void> {
    clearInterval(this.probe);
    await super.end();
  }

  private watch(client: pg.PoolClient): pg.PoolClient {
    client.on('error', (error) => this.logger.warn({ err: error.message }, 'listening connection lost'));
    client.once('end', () => {
      // The adapter forgets a lost connection without giving it back: the pool would wait for it at its end.
      client.release(true);
      if (this.listening !== client) return;
      this.listening = null;
      this.lostAt ??= performance.now();
    });
    this.listening = client;
    if (this.lostAt !== null) {
      const lostAt = this.lostAt;
      this.lostAt = null;
      setTimeout(() => this.onBack(performance.now() - lostAt), LISTEN_AGAIN_MS);
    }
    return client;
  }

  /** A half-open connection never says that it is gone: one that does not answer is ended. */
  private probeListener(): void {
    const client = this.listening;
    if (client === null) return;
    const silent = setTimeout(() => {
      this.logger.warn('listening connection does not answer: ended');
      (client as unknown as { connection: { stream: { destroy: () => void } } }).connection.stream.destroy();
    }, PROBE_MS);
    client.query('SELECT 1').then(
      () => clearTimeout(silent),
      () => clearTimeout(silent),
    );
  }
}
