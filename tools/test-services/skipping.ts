/** The time-skipping server: only found here, since each test starts its own. */
import { findTestServer } from '../setup/test-server.js';
import type { Started } from './started.js';

export async function findSkippingServer(): Promise<Started> {
  const found = await findTestServer((line) => process.stderr.write(`${line} …\n`));
  const stop = (): Promise<void> => Promise.resolve();
  if ('path' in found) return { env: { TEST_TIME_SKIPPING_SERVER: found.path }, stop };
  process.stderr.write(`No time-skipping server, so its tests are skipped: ${found.reason}\n`);
  return { env: {}, stop };
}
