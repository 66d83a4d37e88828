// A process of its own: lets the Temporal SDK download its time-skipping server into the folder given as first
// argument. Only the SDK knows where that comes from; it starts the server once to try it, and we stop it again.
import { TestWorkflowEnvironment } from '@temporalio/testing';

const downloadDir = process.argv[2];
if (downloadDir === undefined) throw new Error('usage: test-server-download.js FOLDER');

const environment = await TestWorkflowEnvironment.createTimeSkipping({
  server: { executable: { type: 'cached-download', downloadDir } },
});
await environment.teardown();
