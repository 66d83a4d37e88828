// What an API process keeps in its own memory, over real rows: blocks of limits, and when pilots were seen last.
import { pino } from 'pino';
import { Metrics } from '../../src/health/metrics.js';
import { RateLimiter, TooManyRequestsException } from '../../src/http/rate-limiter.js';
import { Presence } from '../../src/realtime/presence.js';
import { outcome, upTo } from '../support/crowd.js';
import { openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';
import { earlyInAMinute } from '../support/waiting.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch();
});
afterAll(() => fixture.close());

it('many calls at once take one block of a limit, and leave the rest to the other processes (S11)', async () => {
  const [one, other] = [0, 1].map(() => new RateLimiter(fixture.context, new Metrics())) as [
    RateLimiter,
    RateLimiter,
  ];
  const LIMIT = 600;
  // Limits count by the minute of Postgres' clock.
  await earlyInAMinute((sql) => fixture.query(sql));
  await Promise.all(upTo(60).map(() => one.take('token', 'crowd', LIMIT)));
  await other.take('token', 'crowd', LIMIT);
  // And no more than the limit, however many ask at once: a block that was begun stays with its process.
  const rest = await Promise.all(
    upTo(LIMIT).map((n) => outcome([one, other][n % 2]!.take('token', 'crowd', LIMIT))),
  );
  const granted = rest.filter((each) => each.ok).length;
  expect(granted).toBeLessThanOrEqual(LIMIT - 61);
  expect(granted).toBeGreaterThan(LIMIT - 61 - 20);
  for (const each of rest) if (!each.ok) expect(each.error).toBeInstanceOf(TooManyRequestsException);
});

it('pilots who were there until an orderly stop are written as seen then (rule 1)', async () => {
  const pilot = await addPilot(fixture, freshPlace());
  await fixture.query(
    `UPDATE pilot_presence SET seen_at = clock_timestamp() - interval '9 s' WHERE pilot_id = $1`,
    [pilot],
  );
  const presence = new Presence(fixture.context, pino({ level: 'silent' }));
  presence.onApplicationBootstrap();
  presence.signOfLife(pilot);
  await presence.onApplicationShutdown();
  const [seen] = await fixture.query(
    'SELECT extract(epoch FROM clock_timestamp() - seen_at)::float AS ago FROM pilot_presence WHERE pilot_id = $1',
    [pilot],
  );
  expect(seen?.['ago']).toBeLessThan(2);
});
