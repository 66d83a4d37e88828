/** The Redis of the tests: only found here, or got, since the test starts its own. Without one that test fails, and says why. */
import { findRedis } from '../setup/redis.js';
import { SetupError } from '../setup/service.js';
import type { Started } from './started.js';

export async function findRedisServer(): Promise<Started> {
  const stop = (): Promise<void> => Promise.resolve();
  try {
    return { env: { TEST_REDIS: await findRedis((line) => process.stderr.write(`${line} …\n`)) }, stop };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return { env: { TEST_REDIS_MISSING: error.message }, stop };
  }
}
