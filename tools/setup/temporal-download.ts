// A process of its own: lets the Temporal SDK download its dev server into the folder given as first argument. Only
// the SDK knows where that comes from; it starts the server once to try it, and we stop it again.
import { TestWorkflowEnvironment } from '@temporalio/testing';

const downloadDir = process.argv[2];
if (downloadDir === undefined) throw new Error('usage: temporal-download.js FOLDER');

const environment = await TestWorkflowEnvironment.createLocal({
  server: { executable: { type: 'cached-download', downloadDir }, log: { format: 'pretty', level: 'error' } },
});
await environment.teardown();
