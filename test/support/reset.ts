import { randomUUID } from 'node:crypto';
import { workflowIdOf } from '../../contract/workflow.js';
import type { Booked } from './booked.js';
import { eventually } from './waiting.js';
import type { Stage } from './workflow-stage.js';

/** Back to the first task, as the Web UI and `temporal workflow reset --type FirstWorkflowTask` do. */
export async function reset(stage: Stage, booked: Booked): Promise<void> {
  const { runId } = await booked.handle.describe();
  const first = (await booked.history()).find((one) => one.workflowTaskCompletedEventAttributes != null);
  const answer = await stage.connection.workflowService.resetWorkflowExecution({
    namespace: stage.ground.namespace,
    workflowExecution: { workflowId: workflowIdOf(booked.id), runId },
    reason: 'test',
    requestId: randomUUID(),
    workflowTaskFinishEventId: first?.eventId,
  });
  await eventually('the new run', async () => (await booked.handle.describe()).runId === answer.runId);
}
