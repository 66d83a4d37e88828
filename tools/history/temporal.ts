/** Histories out of a running Temporal, found by its own standard variables and profiles. */
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { setVariables } from '../../contract/environment.js';
import { WORKFLOW_TYPE } from '../../contract/workflow.js';
import { decodeHistory } from '../../payload-codec/decode-history.js';
import type { EncryptionCodec } from '../../payload-codec/encryption-codec.js';
import { HistoryError } from './command.js';
import type { NamedHistory } from './recorded.js';

const GRPC_INVALID_ARGUMENT = 3;
const GRPC_NOT_FOUND = 5;
/** Fetched ahead of the one that is replayed: enough to keep the replay busy, few enough to stay small. */
const FETCHED_AHEAD = 8;

/** What was listed and could not be looked into. */
export interface Unreadable {
  name: string;
  unreadable: string;
}

/** Connects; throws HistoryError with `exitCode` when nobody answers. Whoever calls closes the connection. */
export async function connectTemporal(exitCode: 1 | 2): Promise<{ client: Client; namespace: string }> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
    overrideEnvVars: setVariables(process.env),
  });
  const connection = await Connection.connect(connectionOptions).catch((error: unknown) => {
    const address = connectionOptions.address ?? 'localhost:7233';
    throw new HistoryError(`Temporal at ${address} does not answer: ${(error as Error).message}`, exitCode);
  });
  return { client: new Client({ connection, namespace }), namespace };
}

/** True for an error that says: there is no such workflow (any more). */
export function isGone(error: unknown): boolean {
  return grpcErrorIn(error)?.code === GRPC_NOT_FOUND;
}

/** The client hands some errors on as they are, and others as the cause of its own. */
function grpcErrorIn(error: unknown): { code: number; details: string } | undefined {
  if (isGrpcServiceError(error)) return error;
  return error instanceof Error && error.cause !== undefined ? grpcErrorIn(error.cause) : undefined;
}

/** Our workflows that fit a list query, whatever their state. Throws HistoryError (2) for one that is none. */
export async function countWorkflows(client: Client, query: string): Promise<number> {
  return (await asked(() => client.workflow.count(ours(query)))).count;
}

/**
 * The histories of all workflows that fit a list query, one after the other, each fetched when it is about
 * to be needed: whatever their number, a few are in memory at once. What is gone or encrypted with an
 * unknown key is told of and passed over.
 */
export async function* clusterHistories(
  client: Client,
  query: string,
  codec: EncryptionCodec,
): AsyncGenerator<NamedHistory | Unreadable> {
  const ahead: Promise<NamedHistory | Unreadable>[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query: ours(query) })) {
    const fetched = fetch(client, workflowId, runId, codec);
    // Looked at when its turn comes; until then a failure must not end the process.
    fetched.catch(() => undefined);
    ahead.push(fetched);
    if (ahead.length > FETCHED_AHEAD) yield await (ahead.shift() as Promise<NamedHistory>);
  }
  for (const fetched of ahead) yield await fetched;
}

async function fetch(
  client: Client,
  workflowId: string,
  runId: string,
  codec: EncryptionCodec,
): Promise<NamedHistory | Unreadable> {
  const name = `${workflowId} (run ${runId})`;
  try {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const left = await decodeHistory(history, codec);
    if (left === 0) return { name, history };
    return { name, unreadable: `${left} payloads are encrypted with a key that PAYLOAD_KEYS lacks` };
  } catch (error) {
    if (isGone(error)) return { name, unreadable: 'its history is gone' };
    throw error;
  }
}

/** Other workflow types of the namespace are nobody's business here. */
function ours(query: string): string {
  const type = `WorkflowType = '${WORKFLOW_TYPE}'`;
  return query.trim() === '' ? type : `${type} AND (${query})`;
}

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const refused = grpcErrorIn(error);
    if (refused?.code !== GRPC_INVALID_ARGUMENT) throw error;
    throw new HistoryError(`The list query is not one: ${refused.details}`, 2);
  }
}
