/** The library for wrong clocks: only found here, or got, since each test process loads it by itself. */
import { findFaketime } from '../setup/faketime.js';
import { SetupError } from '../setup/service.js';
import type { Started } from './started.js';

export async function findWrongClocks(): Promise<Started> {
  const stop = (): Promise<void> => Promise.resolve();
  try {
    return {
      env: { TEST_FAKETIME: await findFaketime((line) => process.stderr.write(`${line} …\n`)) },
      stop,
    };
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`No wrong clocks, so their tests are skipped: ${error.message}\n`);
    return { env: {}, stop };
  }
}
