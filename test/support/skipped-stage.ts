/** A stage in skipped time: true limits, no waiting. One server, one database and one worker for a test file. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { portOwner } from '../../tools/setup/ports.js';
import { createTestDatabase } from './database.js';
import { registerProcess } from '../../tools/test-services/run-folder.js';
import { SkippingClock, type SkippingServer } from './skipping-clock.js';
import { installQuietRuntime } from './stage-ground.js';
import { Stage } from './workflow-stage.js';

/** Numbers of Temporal's IndexedValueType. */
const KEYWORD = 2;
const INT = 3;
const SERVER_STARTS = 3;
const SKIP_WITHIN_MS = 20_000;

/** The stage of the suite that runs. */
export let stage: Stage;

/**
 * A suite on a stage in skipped time. Where there is no time-skipping server (no Java and no download) it is
 * skipped and Jest says so; in CI that is a failure.
 */
export function inSkippedTime(what: string, tests: () => void): void {
  const path = process.env['TEST_TIME_SKIPPING_SERVER'] ?? '';
  const suite = path === '' && !isCi() ? describe.skip : describe;
  suite(what, () => {
    beforeAll(async () => {
      stage = await openSkippedStage(path);
    });
    afterEach(async () => {
      const stuck = (await stage?.clear()) ?? [];
      if (stuck.length === 0) return;
      // A task that nobody completes holds the server's time: the next test gets another server.
      for (const history of stuck) process.stderr.write(`stuck after ${history.join(' ')}\n`);
      await stage.close();
      stage = await openSkippedStage(path);
    });
    afterAll(() => stage?.close());
    tests();
  });
}

function isCi(): boolean {
  return !['', '0', 'false', undefined].includes(process.env['CI']);
}

async function openSkippedStage(path: string): Promise<Stage> {
  if (path === '') throw new Error('there is no time-skipping server, and CI must not skip these tests');
  installQuietRuntime();
  const database = await createTestDatabase();
  const server = await startServer(path);
  registerProcess(portOwner(Number(server.address.split(':').at(-1))) ?? 0);
  await server.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: {
      AssignmentStatus: KEYWORD,
      BookingNumber: KEYWORD,
      VehicleType: KEYWORD,
      PilotId: KEYWORD,
      TriedPilots: INT,
    },
  });
  const clock = await SkippingClock.open(patient(server), database.url);
  const opened = await Stage.open({
    address: server.address,
    namespace: 'default',
    source: clock.source,
    sync: () => clock.sync(),
    now: () => clock.now(),
    advanceTo: (epochMs) => clock.advanceTo(epochMs),
    close: async () => {
      await clock.close();
      await server.teardown();
      await database.drop();
    },
  });
  // This server has the attributes but cannot list them: what the client would have found is said here.
  Object.assign(opened.client, { attributesKnown: true });
  return opened;
}

/** The SDK gives the server 5 s to come up; on a busy machine it may need another try. */
async function startServer(path: string): Promise<TestWorkflowEnvironment> {
  for (let left = SERVER_STARTS - 1; ; left -= 1) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'existing-path', path } },
      });
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

/** A skip that hangs (a workflow task that nobody completes holds the time) fails its test instead. */
function patient(server: TestWorkflowEnvironment): SkippingServer {
  return {
    currentTimeMs: () => server.currentTimeMs(),
    sleep: (ms) => server.connection.withDeadline(Date.now() + SKIP_WITHIN_MS, () => server.sleep(ms)),
  };
}
