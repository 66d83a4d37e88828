import { HttpException, Inject, Injectable } from '@nestjs/common';
import { takeFromMinute } from '../../database/statements/records.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { DISPATCH } from '../config/providers.js';
import { Metrics, type Limit } from '../health/metrics.js';

/** 429, with the seconds after which it is worth another try. */
export class TooManyRequestsException extends HttpException {
  constructor(readonly retryAfterSeconds: number) {
    super('Too many requests.', 429);
  }
}

interface Bucket {
  left: number;
  /** True when the shared counter has nothing more for this minute. */
  spent: boolean;
  endsAt: number;
}

/** A process takes this part of a limit at once, so that not every request asks Postgres. */
const BLOCKS_PER_LIMIT = 30;
/** Buckets kept at most; past that, those of minutes that are over go. */
const MOST_BUCKETS = 50_000;
/** All are walked through for that, so not at each call. */
const FORGET_EVERY_MS = 1_000;

/**
 * Counts by the minute, all processes together: each takes small blocks from a shared counter, so that
 * what they let pass together is the limit. While Postgres is away it counts nothing: then nothing works.
 */
@Injectable()
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();
  /** Blocks that are being taken: calls that come meanwhile wait for the one instead of taking one each. */
  private readonly underWay = new Map<string, Promise<Bucket>>();
  private forgotAt = -Infinity;

  constructor(
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Takes one of `limit` a minute for whom `of` names; throws TooManyRequestsException, and counts it, when there is
   * none left.
   */
  async take(kind: Limit, of: string, limit: number): Promise<void> {
    const waitSeconds = await this.refusedFor(`${kind}:${of}`, limit);
    if (waitSeconds === null) return;
    this.metrics.limited.inc({ limit: kind });
    throw new TooManyRequestsException(waitSeconds);
  }

  /** Takes one and answers null, or the seconds after which there is more. */
  private async refusedFor(key: string, limit: number): Promise<number | null> {
    for (;;) {
      const bucket = await this.bucketOf(key, limit);
      if (bucket.left > 0) {
        bucket.left -= 1;
        return null;
      }
      if (bucket.spent) return Math.max(1, Math.ceil((bucket.endsAt - performance.now()) / 1000));
    }
  }

  private async bucketOf(key: string, limit: number): Promise<Bucket> {
    const known = this.buckets.get(key);
    const fresh = known !== undefined && known.endsAt > performance.now();
    if (fresh && (known.left > 0 || known.spent)) return known;
    let taking = this.underWay.get(key);
    if (taking === undefined) {
      taking = this.takeBlock(key, limit).finally(() => this.underWay.delete(key));
      this.underWay.set(key, taking);
    }
    return taking;
  }

  private async takeBlock(key: string, limit: number): Promise<Bucket> {
    const wanted = Math.max(1, Math.floor(limit / BLOCKS_PER_LIMIT));
    const taken = await takeFromMinute(this.dispatch.source.manager, key, wanted, limit);
    // What is left of this minute is added to, never replaced.
    const current = this.buckets.get(key);
    const bucket =
      current !== undefined && current.endsAt > performance.now()
        ? current
        : { left: 0, spent: false, endsAt: performance.now() + taken.retryAfterSeconds * 1000 };
    bucket.left += taken.granted;
    bucket.spent = taken.granted < wanted;
    if (this.buckets.size > MOST_BUCKETS) this.forgetOld();
    this.buckets.set(key, bucket);
    return bucket;
  }

  private forgetOld(): void {
    const now = performance.now();
    if (now - this.forgotAt < FORGET_EVERY_MS) return;
    this.forgotAt = now;
    for (const [key, bucket] of this.buckets) if (bucket.endsAt <= now) this.buckets.delete(key);
  }
}
