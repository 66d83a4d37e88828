import pg from 'pg';

/**
 * A connection whose loss never ends the process. A pool takes its own listener off the moment it hands a
 * connection out; when Postgres' "ready" and "terminated" arrive in one packet, nobody else listens yet, and
 * an `error` that nobody hears is fatal. Whoever uses the connection learns of the loss by its next query.
 */
export class SteadyClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
