// With 500 searches and 2,000 pilots the operator's page stays right, and at hand: it never stands still.
import { DEFAULT_LIMITS } from '../../contract/limits.js';
import { PageStage } from '../support/page-stage.js';
import { eventually, pause } from '../support/waiting.js';

const SEARCHES = 500;
const PILOTS = 2_000;
const TASK_AT_MOST_MS = 200;
/** Three times the page's own look at everything. */
const WATCHED_MS = 6_500;

let stage: PageStage;
beforeAll(async () => {
  stage = await PageStage.start();
  // Nobody works on them, so they stay as they are.
  await stage.system.worker().kill9();
  const { system } = stage;
  await system.rows(
    `WITH made AS (
       INSERT INTO bookings (id, user_id, user_name, vehicle_type_id, limits, pickup_lat, pickup_lng,
         pickup_address, dropoff_lat, dropoff_lng, dropoff_address)
       SELECT gen_random_uuid(), gen_random_uuid(), 'Customer ' || n, 'bike', $1::jsonb,
         45.4 + (n % 25) * 0.01, -73.8 + (n / 25) * 0.01, n || ' Main Street', 45.5, -73.6, '1 Side Street'
       FROM generate_series(1, ${SEARCHES}) n RETURNING id)
     INSERT INTO searches (booking_id, search_no, origin, started_at, ends_at)
     SELECT id, 1, 'booking', clock_timestamp(), clock_timestamp() + interval '10 minutes' FROM made`,
    [JSON.stringify(DEFAULT_LIMITS)],
  );
  await system.rows(
    `WITH made AS (
       INSERT INTO pilots (id, name, vehicle_type_id, online)
       SELECT gen_random_uuid(), 'Pilot ' || n, 'bike', true FROM generate_series(1, ${PILOTS}) n RETURNING id)
     INSERT INTO pilot_positions (pilot_id, lat, lng, place, received_at)
     SELECT id, lat, lng, dispatch_place(lat, lng), clock_timestamp()
     FROM (SELECT id, 45.4 + random() * 0.25 AS lat, -73.8 + random() * 0.25 AS lng FROM made) spread`,
  );
});
afterEach(() => stage.clear());
afterAll(() => stage?.stop());

type Watching = Window & { longTasks: number[] };

test('all of them are listed, and no task takes longer than 200 ms', async () => {
  const { page } = await stage.operator({
    before: (opened) =>
      opened.addInitScript(() => {
        const tasks: number[] = [];
        (window as unknown as Watching).longTasks = tasks;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) tasks.push(Math.round(entry.duration));
        }).observe({ entryTypes: ['longtask'] });
      }),
  });
  await page.getByText(`${SEARCHES} searches`).waitFor();
  await eventually('the figure of pending bookings', async () =>
    (await page.getByRole('region', { name: 'Figures' }).innerText()).includes(String(SEARCHES)),
  );
  // What the loading took is another matter.
  await page.evaluate(() => (window as unknown as Watching).longTasks.splice(0));
  await pause(WATCHED_MS);

  const list = page.getByRole('region', { name: /^Searches/ });
  const numbers = new Set<string>();
  const height = await list.evaluate((one) => one.scrollHeight);
  const step = await list.evaluate((one) => one.clientHeight / 2);
  for (let top = 0; top <= height; top += step) {
    await list.evaluate(
      (one, to) =>
        new Promise((resolve) => {
          one.scrollTop = to;
          requestAnimationFrame(() => requestAnimationFrame(resolve));
        }),
      top,
    );
    for (const number of await list.getByRole('rowheader').allInnerTexts())
      numbers.add(number.split('\n')[0] ?? '');
  }
  expect(numbers.size).toBe(SEARCHES);
  // Only those in view are made.
  expect(await list.getByRole('row').count()).toBeLessThan(60);
  const tasks = await page.evaluate(() => (window as unknown as Watching).longTasks);
  expect(tasks.filter((ms) => ms > TASK_AT_MOST_MS)).toEqual([]);
});

test('the filters find one among them', async () => {
  const screen = await stage.operator();
  await screen.page.getByText(`${SEARCHES} searches`).waitFor();
  await screen.page.getByLabel('Find').fill('Customer 321');
  await screen.page.getByText('1 search', { exact: true }).waitFor();
  await screen.page.getByLabel('Find').fill('');
  await screen.page.getByText(`${SEARCHES} searches`).waitFor();
  await screen.page.getByLabel('Vehicle').selectOption('truck');
  await screen.sees('No search is like this.');
});
