/** A worker that remembers nothing replays a workflow at every step: what it did before must come out again. */
import { temporal } from '@temporalio/proto';
import { openRealStage } from '../support/real-stage.js';
import { FURTHER_SCENES, SCENARIOS } from '../support/scenes.js';
import type { Stage } from '../support/workflow-stage.js';

/** Those whose steps differ from the six scenarios'. */
const FURTHER = [
  'answers-by-hand',
  'job-given-back',
  'malformed-signals',
  'temporal-cancel-refused',
  'slow-database',
];

/** Temporal refuses a completion while a signal has just come in, and asks again: no fault of a replay. */
const UNHANDLED_COMMAND =
  temporal.api.enums.v1.WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND;

let stage: Stage;
beforeAll(async () => {
  stage = await openRealStage({ cachedWorkflows: 0 });
});
afterEach(async () => {
  await stage.clear();
});
afterAll(() => stage.close());

const further = FURTHER.map((name) => [name, FURTHER_SCENES[name]] as const);
test.each([...Object.entries(SCENARIOS), ...further])('%s', async (_name, scene) => {
  const booked = await scene?.(stage);
  const failed = (await booked?.history())?.filter(
    ({ workflowTaskFailedEventAttributes: task }) => task != null && task.cause !== UNHANDLED_COMMAND,
  );
  expect(failed).toEqual([]);
});
