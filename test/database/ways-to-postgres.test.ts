// Ways to Postgres and back: how often a transaction waits for an answer before it asks on. Each is a part of a
// millisecond, and they are most of what an accept takes (decision 17).
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { claimNextPilot } from '../../dispatch/claim-next-pilot.js';
import { settleOffer } from '../../dispatch/settle-offer.js';
import { createPostgresEmitter } from '../../events/postgres-emitter.js';
import { book, openDispatch } from '../support/dispatch-fixture.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';

/** How often `work` asked while nothing else was under way: each time it had waited for all that it asked before. */
async function waysOf(work: () => Promise<unknown>): Promise<number> {
  const { prototype } = pg.Client as unknown as { prototype: { query: (...given: unknown[]) => unknown } };
  const original = prototype.query;
  let ways = 0;
  let open = 0;
  prototype.query = function counted(this: unknown, ...given: unknown[]) {
    if (open === 0) ways += 1;
    open += 1;
    const answer = original.apply(this, given) as Promise<unknown>;
    void Promise.resolve(answer)
      .catch(() => undefined)
      .then(() => (open -= 1));
    return answer;
  };
  try {
    await work();
  } finally {
    prototype.query = original;
  }
  return ways;
}

it('a booking takes three, its first offer four, an accept four, and what came of it two', async () => {
  const own = await openDispatch(1);
  own.context.emitter = createPostgresEmitter();
  try {
    const place = freshPlace();
    const pilotId = await addPilot(own, place);
    const offerId = randomUUID();
    let bookingId = '';
    expect(await waysOf(async () => (bookingId = (await book(own, place)).id))).toBe(3);
    expect(await waysOf(() => claimNextPilot(own.context, { bookingId, offerId }))).toBe(4);
    expect(await waysOf(() => acceptByTap(own.context, { pilotId, offerId }))).toBe(4);
    expect(await waysOf(() => settleOffer(own.context, { bookingId, offerId }))).toBe(2);
  } finally {
    await own.close();
  }
});
