// One short workflow on a test server, as a client and a worker would have it, so that its classes get loaded.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';

const UP_WITHIN_MS = 60_000;
const COMMAND_TYPE_START_TIMER = 3;

/**
 * Starts a workflow, takes its task, sets a timer, signals and terminates it.
 * @throws when the server does not come up within a minute, or fails
 */
export async function exerciseTestServer(address: string): Promise<void> {
  const connection = await connectWhenUp(address);
  const namespace = 'default';
  const { workflowService } = connection;
  const taskQueue = { name: 'exercise' };
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: { Exercise: 2 } });
    const client = new Client({ connection, namespace });
    const workflow = await client.workflow.start('exercise', {
      taskQueue: taskQueue.name,
      workflowId: randomUUID(),
      args: [{ some: 'input' }],
    });
    const task = await workflowService.pollWorkflowTaskQueue({ namespace, taskQueue });
    await workflowService.respondWorkflowTaskCompleted({
      namespace,
      taskToken: task.taskToken,
      commands: [
        {
          commandType: COMMAND_TYPE_START_TIMER,
          startTimerCommandAttributes: { timerId: '1', startToFireTimeout: { seconds: 60 as never } },
        },
      ],
    });
    await workflow.signal('exercise', { some: 'payload' });
    await workflow.describe();
    await workflow.fetchHistory();
    await workflow.terminate();
  } finally {
    await connection.close();
  }
}

async function connectWhenUp(address: string): Promise<Connection> {
  const giveUpAt = Date.now() + UP_WITHIN_MS;
  for (;;) {
    try {
      return await Connection.connect({ address, connectTimeout: 1_000 });
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await sleep(200);
    }
  }
}
