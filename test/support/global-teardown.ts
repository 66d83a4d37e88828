/** After all tests: ends the services that ./global-setup.ts started, and waits until they are gone. */
import type { WithServices } from './global-setup.js';

export default async function globalTeardown(): Promise<void> {
  const child = (globalThis as WithServices).pilotDispatchServices;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin?.end();
  await ended;
}
