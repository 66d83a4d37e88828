/** Attacks, and whether others feel them. */
import type { Agent } from 'node:http';
import type { Cast } from './actors.js';
import { inCrowd, upTo } from './crowd.js';
import { freshPlace } from './places.js';
import { openLine, type Reply, type RestOptions } from './rest.js';
import type { System } from './system.js';

/** A stranger's booking goes from the tap to its driver within this, attack or not: as rule 9 lets a worker take. */
const NORMAL_MS = 2_000;
export const AT_ONCE = 40;

let attackers = 0;

/**
 * Many requests over open connections, as fast as they go. An attacker has an address of his own (the API must believe
 * loopback): the limit of the test's own address is for those whom he may not harm.
 */
export async function floodOf(
  system: System,
  times: number,
  ask: (options: RestOptions) => Promise<Reply>,
): Promise<Reply[]> {
  attackers += 1;
  const headers = { 'x-forwarded-for': `203.0.113.${attackers}` };
  const lines = await Promise.all(upTo(AT_ONCE).map(() => openLine(system.url())));
  return inCrowd(AT_ONCE, upTo(times), (n) => ask({ headers, over: lines[n % AT_ONCE] as Agent }));
}

/** While `attack` runs, a stranger's booking goes through in normal time. Answers what the attack does. */
export async function unharmedBy<T>(cast: Cast, attack: () => Promise<T>): Promise<T> {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  const attacked = attack();
  const startedAt = performance.now();
  const { id } = await user.book(place);
  expect((await pilot.accept((await pilot.offered(id)).offerId)).status).toBe(200);
  await user.hears('booking:driver_assigned', (one) => one['bookingId'] === id);
  expect(performance.now() - startedAt).toBeLessThan(NORMAL_MS);
  return attacked;
}

/**
 * Of the replies with this status, each different text once: ten thousand of the same take five seconds to check, in
 * which this process answers no ping and its sockets are closed.
 */
export function differentOf(replies: Reply[], status: number): Reply[] {
  const withStatus = replies.filter((one) => one.status === status);
  return [...new Map(withStatus.map((one) => [one.text, one])).values()];
}
