/**
 * One time for Postgres and for a Temporal that skips time.
 *
 * The rules are judged by Postgres' clock, the timers run by Temporal's: in production both tell the same
 * time, but the time-skipping server jumps ahead. So the test's connections read another clock. All SQL of
 * the dispatcher calls `clock_timestamp()` without a schema, and these connections look for names first in
 * the schema `testclock`, which has a function of this name: the real time plus an offset from a table.
 *
 * `sync` sets the offset to "the server's time minus ours". While a workflow task or a local activity is
 * under way the server does not skip, its time runs as fast as ours, so an offset that is set right before
 * an activity holds until it ends. Whoever writes (the wrapped activities, the taps of a test) calls it
 * first. Column defaults keep the real clock, since a default is bound when the table is made; every
 * statement that matters names its times itself.
 */
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../database/data-source.js';

/** What tells the time of a time-skipping server. */
export interface SkippingServer {
  currentTimeMs(): Promise<number>;
  sleep(ms: number): Promise<void>;
}

/** The question itself takes time: an answer that took longer than this is asked for again, a few times. */
const PROMPT_MS = 6;
const QUESTIONS = 8;
/** The server tells whole milliseconds. */
const ROUNDING_MS = 1;

const CLOCK = `
  CREATE SCHEMA testclock;
  CREATE TABLE testclock.clock (ahead_ms double precision NOT NULL);
  INSERT INTO testclock.clock VALUES (0);
  CREATE FUNCTION testclock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    'SELECT pg_catalog.clock_timestamp() + ahead_ms * interval ''1 millisecond'' FROM testclock.clock'`;

export class SkippingClock {
  private aheadMs = 0;
  private syncing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly server: SkippingServer,
    private readonly setter: pg.Client,
    /** The dispatcher's data source, on the skipping clock. */
    readonly source: DataSource,
  ) {}

  /** Puts the clock into a migrated database of the test's own. */
  static async open(server: SkippingServer, databaseUrl: string): Promise<SkippingClock> {
    const setter = new pg.Client({ connectionString: databaseUrl });
    setter.on('error', () => undefined);
    await setter.connect();
    await setter.query(CLOCK);
    const source = createDataSource({
      url: databaseUrl,
      poolSize: 8,
      applicationName: 'skipping-clock',
      onPoolError: () => undefined,
      startupOptions: '-c search_path=testclock,pg_catalog,public',
    });
    await source.initialize();
    const clock = new SkippingClock(server, setter, source);
    await clock.sync();
    return clock;
  }

  /** Now, as Temporal and Postgres have it: milliseconds since 1970. */
  async now(): Promise<number> {
    return this.server.currentTimeMs();
  }

  /** Sets Postgres' clock to the server's. Calls follow one another. */
  sync(): Promise<void> {
    this.syncing = this.syncing.catch(() => undefined).then(() => this.syncOnce());
    return this.syncing;
  }

  /** Lets Temporal skip to `epochMs`, with all that happens until then, and Postgres follow. */
  async advanceTo(epochMs: number): Promise<void> {
    const leftMs = epochMs - (await this.now());
    if (leftMs > 0) await this.server.sleep(leftMs);
    await this.sync();
  }

  async close(): Promise<void> {
    await this.source.destroy();
    await this.setter.end();
  }

  /**
   * The server is never farther ahead of us than its answer minus the time of the question. Postgres is
   * set to that bound, and never back: were it behind the server, timers would come early.
   */
  private async syncOnce(): Promise<void> {
    let aheadMs = Infinity;
    for (let asked = 0; asked < QUESTIONS; asked += 1) {
      const askedAt = Date.now();
      const answer = await this.server.currentTimeMs();
      aheadMs = Math.min(aheadMs, answer - askedAt + ROUNDING_MS);
      if (Date.now() - askedAt <= PROMPT_MS) break;
    }
    if (aheadMs <= this.aheadMs) return;
    await this.setter.query('UPDATE testclock.clock SET ahead_ms = $1', [aheadMs]);
    this.aheadMs = aheadMs;
  }
}
