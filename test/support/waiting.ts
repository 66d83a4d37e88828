/** Waiting for what must become so, without blind sleeps. */

/** How long a test waits for something that has no limit of its own, milliseconds. */
export const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 15;

/**
 * Looks again and again until `look` answers something truthy, and answers that.
 *
 * @param what for the message of the failure, as "a live offer"
 * @param withinMs fails after this
 */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  withinMs = PATIENCE_MS,
): Promise<Exclude<T, false | null | undefined>> {
  const startedAt = performance.now();
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found) return found as Exclude<T, false | null | undefined>;
      last = found;
    } catch (error) {
      last = error;
    }
    if (performance.now() - startedAt > withinMs) {
      // Not `instanceof`: the errors of Node itself, such as fetch's, are not of Jest's own Error.
      const seen = (last as Error | undefined)?.message ?? JSON.stringify(last);
      throw new Error(`waited ${withinMs} ms for ${what}; last seen: ${seen}`);
    }
    await pause(LOOK_EVERY_MS);
  }
}

/**
 * Watches for `ms` that `look` stays falsy. For what must never come: there is nothing else to wait for.
 */
export async function never<T>(what: string, look: () => T | Promise<T>, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    const found = await look();
    if (found) throw new Error(`${what} must not be, but: ${JSON.stringify(found)}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** Until a moment of `Date.now()`: for tests of what holds at a given time. */
export async function until(epochMs: number): Promise<void> {
  await pause(Math.max(0, epochMs - Date.now()));
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Until the minute of Postgres' clock, by which limits count, is one with enough left of it. */
export async function earlyInAMinute(query: (sql: string) => Promise<{ s?: unknown }[]>): Promise<void> {
  await eventually(
    'a minute with enough left of it',
    async () => {
      const [clock] = await query('SELECT extract(second FROM clock_timestamp()) AS s');
      return Number(clock?.s) < 45;
    },
    20_000,
  );
}
