// Operators who watch: subscribing, counts at most twice a second and only when they changed.
import { statsShape } from '../../contract/shapes.js';
import { Cast } from '../support/actors.js';
import { conform } from '../support/conform.js';
import { freshPlace } from '../support/places.js';
import { conformAll, TO_OPERATOR } from '../support/received.js';
import { System } from '../support/system.js';
import { eventually, never } from '../support/waiting.js';

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.start({ apis: 2 });
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

test('admin:subscribe_assignments is acknowledged with the counts; others are forbidden', async () => {
  const operator = await cast.operator();
  const socket = await operator.connect();
  const answer = await socket.ask('admin:subscribe_assignments');
  expect(Object.keys(answer).sort()).toEqual(['ok', 'stats']);
  conform(statsShape, answer['stats']);
  for (const actor of [await cast.user(), await cast.pilot({ at: freshPlace() })]) {
    const refused = await actor.socket.ask('admin:subscribe_assignments');
    expect(refused).toMatchObject({ ok: false, error: 'forbidden' });
  }
});

test('an operator who did not subscribe, and everybody else, hears nothing of the assignments', async () => {
  const silent = await (await cast.operator()).connect();
  const board = await (await cast.operator()).watch();
  const [user, stranger, pilot] = [
    await cast.user(),
    await cast.user(),
    await cast.pilot({ at: freshPlace() }),
  ];
  const { id } = await user.book(freshPlace());
  await board.arrival('booking:no_pilots', (one) => one['bookingId'] === id);
  for (const socket of [silent, stranger.socket, pilot.socket]) expect(socket.arrivals).toEqual([]);
});

test('assignments:stats: at most twice a second, only when changed, right at the end, on every process', async () => {
  const operator = await cast.operator();
  const boards = [await operator.watch()];
  operator.door = 1;
  boards.push(await operator.watch());
  operator.door = 0;
  const users = await Promise.all(Array.from({ length: 4 }, () => cast.user({ connected: false })));
  for (let round = 0; round < 3; round += 1)
    await Promise.all(users.map(async (user) => (await user.book(freshPlace())).id));
  for (const user of users)
    await eventually('all searches to end', async () => {
      const page = await user.expect<{ items: { id: string }[] }>(200, 'GET', '/bookings');
      const found = await Promise.all(page.items.map((one) => user.assignment(one.id)));
      return found.length === 3 && found.every((one) => one.status === 'failed');
    });
  const last = await operator.expect(200, 'GET', '/admin/assignments/stats');
  for (const board of boards) {
    await eventually('the last counts', () => {
      const { at: _at, ...seen } = (board.of('assignments:stats').at(-1) ?? {}) as Record<string, unknown>;
      return JSON.stringify(seen) === JSON.stringify(last);
    });
    await never(
      'counts that did not change',
      () => {
        const all = board.of('assignments:stats').map(({ at: _at, ...counts }) => JSON.stringify(counts));
        return all.some((one, index) => one === all[index + 1]);
      },
      700,
    );
    // The server's clock is set anew now and then, and the line may be slow: one that came too soon did so by both.
    const told = board.arrivals.filter((one) => one.event === 'assignments:stats');
    for (const [index, one] of told.entries()) {
      const before = told[index - 1];
      if (before === undefined) continue;
      const sentAfter = Date.parse(String(one.payload['at'])) - Date.parse(String(before.payload['at']));
      expect(Math.max(sentAfter, one.at - before.at)).toBeGreaterThanOrEqual(490);
    }
    conformAll(board, TO_OPERATOR);
  }
});
