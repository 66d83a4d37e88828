/** Worker Deployments: each booking stays on the build that it began on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Booked } from '../support/booked.js';
import { claimsOf } from '../support/claims.js';
import { freshPlace } from '../support/places.js';
import { bundleWith, READS_FIRST } from '../support/planted-workflow.js';
import { openRealStage } from '../support/real-stage.js';
import { eventually } from '../support/waiting.js';
import type { Deployed, Stage } from '../support/workflow-stage.js';

const LIMITS = { offerTimeoutMs: 300_000, searchTimeoutMs: 600_000 };

describe('F25 · with versions of workers (WORKER_DEPLOYMENT_NAME, WORKER_BUILD_ID)', () => {
  const deploymentName = 'dispatch';
  let own: Stage;
  let folder: string;
  let bundle: string;
  beforeAll(async () => {
    own = await openRealStage();
    await own.stopWorker();
    folder = mkdtempSync(join(tmpdir(), 'version-'));
    bundle = join(folder, 'bundle.js');
    writeFileSync(bundle, (await bundleWith(READS_FIRST)).code);
  });
  afterAll(async () => {
    await own?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const version = (buildId: string): Deployed => ({
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  });

  /** As `temporal worker deployment set-current-version` does it. */
  async function makeCurrent(buildId: string): Promise<void> {
    const { namespace } = own.ground;
    await eventually(`version ${buildId} to be known`, () =>
      own.connection.workflowService.setWorkerDeploymentCurrentVersion({
        namespace,
        deploymentName,
        buildId,
      }),
    );
  }

  async function offered(): Promise<Booked> {
    const place = freshPlace();
    await own.pilot(place, 1);
    await own.pilot(place, 2);
    const made = await (await own.book(place, LIMITS)).start();
    await made.liveOffer(1);
    return made;
  }

  test('a booking stays with the build that it began on, even beside one that would not replay it', async () => {
    await own.startWorker(version('1'));
    await makeCurrent('1');
    const first = await offered();
    const second = await own.startAnother({ ...version('2'), workflowBundle: { codePath: bundle } });
    try {
      await makeCurrent('2');
      const other = await offered();
      for (const one of [first, other]) {
        await one.decline(await one.liveOffer(1));
        await one.accept(await one.liveOffer(2));
        await one.viewIs('assigned');
      }
      expect(await claimsOf(first)).toEqual(['old', 'old']);
      expect(await claimsOf(other)).toEqual(['new', 'new']);
    } finally {
      second.worker.shutdown();
      await second.running;
    }
  });
});
