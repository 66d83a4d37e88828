// The worker stands still in the midst of a workflow task, as a machine does that is moved or asleep (F5).
import { rmSync } from 'node:fs';
import { agreed } from '../support/accounts.js';
import { Cast } from '../support/actors.js';
import { tried } from '../support/counts.js';
import { freshPlace } from '../support/places.js';
import { buildWith, STANDS_STILL } from '../support/planted-workflow.js';
import type { TestProcess } from '../support/processes.js';
import { System } from '../support/system.js';
import { eventually, pause } from '../support/waiting.js';

/** Longer than the 5 s that the SDK gives the code of a workflow if nobody says otherwise. */
const STANDS_STILL_MS = 6_000;

let dist: string;
let system: System;
let worker: TestProcess;
let cast: Cast;
beforeAll(async () => {
  [dist, system] = await Promise.all([
    buildWith(STANDS_STILL),
    System.prepare({ env: { OFFER_TIMEOUT_MS: '20000', SEARCH_TIMEOUT_MS: '60000' } }),
  ]);
  [worker] = await Promise.all([system.startWorker({}, { dist }), system.startApi()]);
  await system.api().waitReady();
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
  rmSync(dist, { recursive: true, force: true });
});

test('F5 · frozen for 6 s in the midst of a workflow task: the worker lives, and goes on with the search', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  const { id } = await user.book(place);
  await eventually('the worker to stand still', () => worker.logs().includes('stands still'));
  await pause(STANDS_STILL_MS);
  worker.thaw();
  const { offerId } = await pilot.offered(id, 20_000);
  expect((await pilot.accept(offerId)).status).toBe(200);
  await agreed(system, id, 'assigned');
  expect(await user.eventNames(id)).toEqual(['created', 'search_started', 'offer_sent', 'driver_assigned']);
  expect(await worker.stop()).toMatchObject({ code: 0 });
  tried('F5', 1);
});
