// Statements are prepared once on each connection, and a migration under a running process outdates them unnoticed.
import { createDataSource } from '../../database/data-source.js';
import { rows } from '../../database/query.js';
import { findBooking, lockBooking } from '../../database/statements/bookings.js';
import { inTransaction } from '../../dispatch/context.js';
import { book, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { freshPlace } from '../support/places.js';

const ALL_BUT_TIMEOUTS = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
] as const;

let fixture: Fixture;
beforeEach(async () => {
  // One connection: whatever is prepared, is prepared on it.
  fixture = await openDispatch(1);
});
afterEach(() => fixture.close());

it('a statement with parameters is prepared once on a connection, however often it runs', async () => {
  const id = 'd7f0b2f4-4a2b-4d3c-9a51-6f0f6e0a2b11';
  const prepared = await fixture.source.transaction(async (manager) => {
    for (let run = 0; run < 3; run += 1) await findBooking(manager, id);
    return rows<{ runs: number }>(
      manager,
      `SELECT (generic_plans + custom_plans)::int AS runs FROM pg_prepared_statements WHERE statement LIKE $1`,
      ['SELECT * FROM bookings WHERE id = $1'],
    );
  });
  expect(prepared).toEqual([{ runs: 3 }]);
});

it('a connection is kept, however long nobody needs it: a new one would have all statements planned anew', async () => {
  const pid = () => fixture.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const before = await pid();
  jest.useFakeTimers({ doNotFake: [...ALL_BUT_TIMEOUTS] });
  try {
    // Whoever closes it later sets his timer when it is given back.
    await pid();
    jest.advanceTimersByTime(3_600_000);
    expect(await pid()).toEqual(before);
  } finally {
    jest.useRealTimers();
  }
});

it('where statements are planned once, the first run already takes the plan for all parameters', async () => {
  const source = createDataSource({
    url: fixture.url,
    poolSize: 1,
    applicationName: 'dispatch-test',
    plannedOnce: true,
    onPoolError: () => undefined,
  });
  await source.initialize();
  try {
    await findBooking(source.manager, 'd7f0b2f4-4a2b-4d3c-9a51-6f0f6e0a2b11');
    const plans = await rows(
      source.manager,
      'SELECT generic_plans::int AS once, custom_plans::int AS anew FROM pg_prepared_statements WHERE statement LIKE $1',
      ['SELECT * FROM bookings WHERE id = $1'],
    );
    expect(plans).toEqual([{ once: 1, anew: 0 }]);
  } finally {
    await source.destroy();
  }
});

describe('a migration that adds a column under a running process', () => {
  const addColumn = () => fixture.query('ALTER TABLE bookings ADD COLUMN later text');

  it('is not noticed by a statement that stands alone', async () => {
    const booking = await book(fixture, freshPlace());
    await findBooking(fixture.source.manager, booking.id);
    await addColumn();
    await expect(findBooking(fixture.source.manager, booking.id)).resolves.toHaveProperty('later', null);
  });

  it('is not noticed by a transaction, which runs again as a whole', async () => {
    const booking = await book(fixture, freshPlace());
    let runs = 0;
    const lock = () =>
      inTransaction(fixture.context, (tx) => {
        runs += 1;
        return lockBooking(tx.manager, booking.id);
      });
    await lock();
    await addColumn();
    await expect(lock()).resolves.toHaveProperty('later', null);
    expect(runs).toBe(3);
  });
});
