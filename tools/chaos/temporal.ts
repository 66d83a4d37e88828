/** What the harness does at Temporal itself: sends signals late and twice, terminates, and reads histories. */
import { Client, Connection } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { workflowIdOf, WORKFLOW_TYPE, type SignalName } from '../../contract/workflow.js';
import type { Random } from '../simulate/random.js';
import { inParallel } from '../simulate/time.js';

/** One run of a booking's workflow. */
export interface RunFacts {
  workflowId: string;
  runId: string;
  /** As Temporal names it: RUNNING, COMPLETED, TERMINATED, ... */
  status: string;
  startedAtMs: number;
  history: History;
}

const CONNECT_WITHIN_MS = 10_000;
/** A server that is being killed must not hold the harness. */
const CALL_WITHIN_MS = 3_000;
const FETCHES_AT_ONCE = 8;

export class Temporal {
  signals = 0;
  terminated = 0;

  private constructor(
    private readonly connection: Connection,
    private readonly client: Client,
  ) {}

  static async connect(address: string): Promise<Temporal> {
    const connection = await Connection.connect({ address, connectTimeout: CONNECT_WITHIN_MS });
    return new Temporal(connection, new Client({ connection }));
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  /** Sends a signal if Temporal is there and the workflow open. */
  async signal(bookingId: string, name: SignalName, payload: object): Promise<void> {
    const sent = await this.tolerant(() =>
      this.client.workflow.getHandle(workflowIdOf(bookingId)).signal(name, payload),
    );
    if (sent !== null) this.signals += 1;
  }

  /** Terminates a share of the open workflows, one at least; answers how many. */
  async terminateShare(share: number, random: Random): Promise<number> {
    const open = (await this.tolerant(() => this.list('ExecutionStatus = "Running"'))) ?? [];
    const drawn = open.filter(() => random() < share);
    const chosen = drawn.length > 0 ? drawn : open.slice(0, 1);
    const ended = await Promise.all(
      chosen.map(({ workflowId }) =>
        this.tolerant(() =>
          this.client.workflow
            .getHandle(workflowId)
            .terminate('chaos')
            .then(() => true),
        ),
      ),
    );
    const count = ended.filter((one) => one !== null).length;
    this.terminated += count;
    return count;
  }

  /** How many workflows are open. Throws while Temporal is away. */
  async countOpen(): Promise<number> {
    return (await this.list('ExecutionStatus = "Running"')).length;
  }

  /** Every run of every booking, with its history. */
  async readRuns(): Promise<RunFacts[]> {
    const runs = await this.list();
    return inParallel(runs, FETCHES_AT_ONCE, async (run) => ({
      ...run,
      history: await this.client.workflow.getHandle(run.workflowId, run.runId).fetchHistory(),
    }));
  }

  private async list(filter?: string): Promise<Omit<RunFacts, 'history'>[]> {
    const query = [`WorkflowType = "${WORKFLOW_TYPE}"`, ...(filter === undefined ? [] : [filter])];
    const found: Omit<RunFacts, 'history'>[] = [];
    for await (const { workflowId, runId, status, startTime } of this.client.workflow.list({
      query: query.join(' AND '),
    }))
      found.push({ workflowId, runId, status: status.name, startedAtMs: startTime.getTime() });
    return found;
  }

  /** Null where Temporal did not answer, or there is no such open workflow. */
  private async tolerant<T>(call: () => Promise<T>): Promise<T | null> {
    try {
      return await this.connection.withDeadline(Date.now() + CALL_WITHIN_MS, call);
    } catch {
      return null;
    }
  }
}
