export { createTestDatabase, type TestDatabase } from './database.js';

/** The shared Temporal of the test run, host:port. */
export function temporalAddress(): string {
  const address = process.env['TEST_TEMPORAL_ADDRESS'];
  if (address === undefined) throw new Error('TEST_TEMPORAL_ADDRESS is not set');
  return address;
}
