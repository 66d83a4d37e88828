/** A service of the test run that is up. */
export interface Started {
  /** What the tests are told of it. */
  env: Record<string, string>;
  stop: () => Promise<void>;
}
