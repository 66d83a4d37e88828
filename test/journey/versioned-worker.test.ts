// A worker of a named version (docs/deploying.md): nothing comes to it before its version is the current one, then all.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workflowIdOf } from '../../contract/workflow.js';
import { agreed, completed } from '../support/accounts.js';
import { Cast } from '../support/actors.js';
import { freshPlace } from '../support/places.js';
import { System } from '../support/system.js';
import { eventually, never } from '../support/waiting.js';

const DOCUMENT = readFileSync(join(process.cwd(), 'docs/deploying.md'), 'utf8');
const COMMAND = /^temporal (worker deployment set-current-version .*)$/m;
/** Of Temporal's VersioningBehavior. */
const PINNED = 1;

/** What the document has people type. */
const words = (COMMAND.exec(DOCUMENT)?.[1] ?? '').split(' ');
const after = (option: string) => words[words.indexOf(option) + 1] ?? '';
const [deploymentName, buildId] = [after('--deployment-name'), after('--build-id')];

let system: System;
let cast: Cast;
beforeAll(async () => {
  system = await System.prepare({ env: { OFFER_TIMEOUT_MS: '20000', SEARCH_TIMEOUT_MS: '30000' } });
  const version = { WORKER_DEPLOYMENT_NAME: deploymentName, WORKER_BUILD_ID: buildId };
  await Promise.all([system.startWorker(version), system.startApi()]);
  await system.api().waitReady();
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

/** As the document says it; `--yes` for the question that it asks at a terminal. */
async function makeCurrent(): Promise<void> {
  const where = ['--address', system.temporal.address, '--namespace', system.temporal.namespace];
  const cli = process.env['TEST_TEMPORAL_CLI'] ?? '';
  await eventually('the version to be known', async () => {
    await promisify(execFile)(cli, [...words, '--yes', ...where]);
    return true;
  });
}

test('WORKER_DEPLOYMENT_NAME, WORKER_BUILD_ID: a booking is served by that version, pinned to it, to the door', async () => {
  expect([deploymentName, buildId]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  const { id } = await user.book(place);
  // Without the variables a worker takes it within milliseconds.
  await never('a search', async () => (await user.eventNames(id)).includes('search_started'), 3_000);
  await makeCurrent();
  const { offerId } = await pilot.offered(id);
  expect((await pilot.accept(offerId)).status).toBe(200);
  // A task of its own: a busy worker hears of the accept and of all steps in one.
  await agreed(system, id, 'assigned');
  for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
    expect((await pilot.step(id, status)).status).toBe(200);
  await completed(system, id);
  const handle = system.temporal.client.workflow.getHandle(workflowIdOf(id));
  const { raw } = await handle.describe();
  expect(raw.workflowExecutionInfo?.versioningInfo).toMatchObject({
    behavior: PINNED,
    deploymentVersion: { deploymentName, buildId },
  });
  const tasks = ((await handle.fetchHistory()).events ?? []).flatMap(
    (one) => one.workflowTaskCompletedEventAttributes ?? [],
  );
  expect(tasks.length).toBeGreaterThan(2);
  for (const task of tasks)
    expect(task).toMatchObject({
      versioningBehavior: PINNED,
      deploymentVersion: { deploymentName, buildId },
    });
});
