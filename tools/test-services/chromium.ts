/** The browser of the tests of the pages: only found here, or got; each test file starts its own. */
import { findChromium } from '../setup/chromium.js';
import type { Started } from './started.js';

export async function findBrowser(): Promise<Started> {
  const path = await findChromium((line) => process.stderr.write(`${line} …\n`));
  return { env: { TEST_CHROMIUM: path }, stop: () => Promise.resolve() };
}
