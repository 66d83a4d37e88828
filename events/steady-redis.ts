import { Redis, type RedisOptions } from 'ioredis';

/** While Redis is away it is tried at least this often: what one process sends before the others hear again is lost. */
const TRY_AT_LEAST_EVERY_MS = 500;

/** A connection is asked for a sign of life this often, and given up when none came for as long. */
const PROBE_MS = 2_000;
/** What came while this process itself stood still is read first. */
const READ_FIRST_MS = 100;

/** Once one process is back at Redis, all others are, too, after this. */
export const ALL_BACK_AFTER_MS = 2 * TRY_AT_LEAST_EVERY_MS;

/**
 * A connection to Redis whose loss never ends the process. Socket.IO's adapter and emitter do not look at what their
 * client answers, and a refusal that nobody hears is fatal.
 */
export class SteadyRedis extends Redis {
  /** @param onError told of each attempt in vain, and of what Redis itself refuses */
  constructor(
    url: string,
    options: RedisOptions,
    private readonly onError: (error: Error) => void,
  ) {
    super(url, {
      retryStrategy: (times) => Math.min(times * 50, TRY_AT_LEAST_EVERY_MS),
      ...options,
    });
    this.on('error', onError);
    const probe = setInterval(() => this.probe(), PROBE_MS).unref();
    this.once('end', () => clearInterval(probe));
  }

  /** A path that is lost without a word closes nothing: who listens would hear nothing, and who speaks speak to nobody. */
  private probe(): void {
    if (this.status !== 'ready') return;
    const { stream } = this;
    let answered = false;
    const answer = (): void => {
      answered = true;
    };
    this.ping().then(answer, answer);
    const giveUp = (): void => {
      if (answered || stream.destroyed) return;
      this.onError(new Error('Redis does not answer: the connection is made anew'));
      stream.destroy();
    };
    setTimeout(() => setTimeout(giveUp, READ_FIRST_MS).unref(), PROBE_MS).unref();
  }

  override sendCommand(...given: Parameters<Redis['sendCommand']>): unknown {
    const answer = super.sendCommand(...given) as Promise<unknown>;
    answer.catch((error: Error) => {
      // Of a Redis that is away the connection tells already, once for each attempt instead of once for each message.
      if (this.status === 'ready') this.onError(error);
    });
    return answer;
  }
}
