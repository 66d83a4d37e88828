/** Two ways of putting load on something: as much as it takes, or so much a second whatever it takes. */

/** `total` runs of `work`, `width` at a time; answers their results and the seconds that all took. */
export async function closedLoop<T>(
  total: number,
  width: number,
  work: () => Promise<T>,
): Promise<{ results: T[]; seconds: number }> {
  const results: T[] = [];
  let begun = 0;
  const startedAt = performance.now();
  const one = async (): Promise<void> => {
    while (begun < total) {
      begun += 1;
      results.push(await work());
    }
  };
  await Promise.all(Array.from({ length: width }, one));
  return { results, seconds: (performance.now() - startedAt) / 1000 };
}

/** Long enough that what a booking leaves to be done, such as its workflow's next step, is over. */
const AT_REST_AFTER_MS = 100;

/** `total` runs of `work`, one after the other, each on a system that is at rest again; answers their results. */
export async function oneAtATime<T>(total: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  while (results.length < total) {
    await new Promise((resolve) => setTimeout(resolve, AT_REST_AFTER_MS));
    results.push(await work());
  }
  return results;
}

/**
 * Begins `work` at random moments, `rate` a second on average, for so many seconds, whether the earlier ones have
 * ended or not (Poisson arrivals: people do not wait for one another). Answers when all have ended.
 */
export async function openLoop<T>(rate: number, seconds: number, work: () => Promise<T>): Promise<T[]> {
  const running: Promise<T>[] = [];
  const endsAt = performance.now() + seconds * 1000;
  for (let at = performance.now(); at < endsAt;) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())));
    running.push(work());
    at += (-Math.log(1 - Math.random()) / rate) * 1000;
  }
  return Promise.all(running);
}
