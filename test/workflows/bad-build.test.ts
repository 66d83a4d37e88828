/** Bookings begin on a bad build, and the build before cannot replay what it did: the remedy of docs/runbook.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporal } from '@temporalio/proto';
import type { JobStatus } from '../../contract/words.js';
import type { OfferRow } from '../../database/rows.js';
import { stepJob } from '../../dispatch/jobs.js';
import { BEGUN, deliver, inState, replayAll, type InFlight } from '../support/in-flight.js';
import { bundleWith, READS_FIRST, SHOWS_LATE } from '../support/planted-workflow.js';
import { openRealStage } from '../support/real-stage.js';
import { runCommand } from '../support/runbook-page.js';
import { bundlePath } from '../support/stage-ground.js';
import { eventually } from '../support/waiting.js';
import type { Stage } from '../support/workflow-stage.js';

/** Another order of activities; a timer more. */
const BAD = [READS_FIRST, SHOWS_LATE];
const { WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: NON_DETERMINISTIC } =
  temporal.api.enums.v1.WorkflowTaskFailedCause;

let stage: Stage;
let folder: string;
let begun: InFlight[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bad-build-'));
  stage = await openRealStage();
  begun = [];
  for (const [index, change] of BAD.entries()) {
    const codePath = join(folder, `${index}.js`);
    writeFileSync(codePath, (await bundleWith(change)).code);
    await stage.stopWorker();
    await stage.startWorker({ workflowBundle: { codePath } });
    begun.push(...(await Promise.all(BEGUN.map((state) => inState(stage, state)))));
  }
  // The build before is back.
  await stage.stopWorker();
  await stage.startWorker();
}, 120_000);
afterAll(async () => {
  await stage?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A tap or a nudge, which the rows take; answers where the booking stands then. */
async function touch({ state, booked, place }: InFlight): Promise<InFlight> {
  const step = async (status: JobStatus): Promise<void> => {
    const pilotId = (await booked.row()).pilot_id ?? '';
    await booked.tap(() => stepJob(stage.api, { bookingId: booked.id, pilotId, status }));
  };
  switch (state) {
    case 'offered':
      await booked.accept((await booked.offers())[0] as OfferRow);
      return { state: 'assigned', booked, place };
    case 'failed':
      await stage.pilot(place, 1);
      await booked.retry();
      return { state: 'offered', booked, place };
    case 'assigned':
      await step('ARRIVED');
      break;
    case 'on the way':
      await step('IN_TRANSIT');
      break;
    case 'waiting':
    case 'not begun':
      await booked.signal('nudge', {});
  }
  return { state, booked, place };
}

/** Until the good build has failed at the booking's history. */
const stuck = ({ booked }: InFlight): Promise<unknown> =>
  eventually('its task to fail', async () =>
    (await booked.history()).some(
      (one) => one.workflowTaskFailedEventAttributes?.cause === NON_DETERMINISTIC,
    ),
  );

/** Until the good build's replay of all that have this status comes to this: what is listed lags a little behind. */
const replaysTo = (status: string, replay: number, differ: number): Promise<unknown> =>
  eventually(`${replay} to replay, ${differ} to differ`, async () => {
    const { out } = await replayAll(stage, bundlePath(), `ExecutionStatus = '${status}'`);
    expect(out).toMatch(new RegExp(`^${replay} replay, ${differ} differ$`, 'm'));
    return true;
  });

test('F25 · what a bad build has begun stands still on the good one; reset as the page says, all end delivered', async () => {
  await replaysTo('Running', 0, begun.length);
  const touched: InFlight[] = [];
  // One by one: a history tells of the first failure only, and of none when the first attempt takes 2 s.
  for (const one of begun) {
    touched.push(await touch(one));
    await stuck(one);
  }
  const runs = await Promise.all(touched.map(async ({ booked }) => (await booked.handle.describe()).runId));
  await runCommand('reset-many', stage.ground);
  await Promise.all(
    touched.map(({ booked }, index) =>
      eventually('a new run', async () => (await booked.handle.describe()).runId !== runs[index]),
    ),
  );
  await Promise.all(touched.map((one) => deliver(stage, one)));
  for (const { booked } of touched) {
    expect((await booked.told()).filter((one) => one === 'driver_assigned')).toEqual(['driver_assigned']);
    expect(await booked.offers()).toHaveLength(1);
  }
  await replaysTo('Completed', begun.length, 0);
}, 120_000);
