/** Temporal, as a test sees it: a namespace of its own, and a client that looks from outside. */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../contract/workflow.js';

export interface TemporalSpace {
  address: string;
  namespace: string;
  client: Client;
  close: () => Promise<void>;
}

const DAY_SECONDS = 86_400;
/** Numbers of Temporal's IndexedValueType. */
const VALUE_TYPE = { KEYWORD: 2, INT: 3 } as const;

/**
 * Makes a namespace, since all workers poll one task queue: a stranger's worker would take our tasks.
 * @param searchAttributes false: without ours, as on a cluster that no worker has seen yet
 */
export async function createNamespace(
  address = process.env['TEST_TEMPORAL_ADDRESS'],
  searchAttributes = true,
): Promise<TemporalSpace> {
  if (address === undefined)
    throw new Error('TEST_TEMPORAL_ADDRESS is not set: does this folder get a Temporal?');
  const connection = await Connection.connect({ address });
  const namespace = `test-${randomUUID()}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: DAY_SECONDS as never },
  });
  if (searchAttributes) {
    const types = Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, VALUE_TYPE[type]]);
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(types) as Record<string, number>,
    });
  }
  return {
    address,
    namespace,
    client: new Client({ connection, namespace }),
    close: async () => {
      // The server polls for each namespace that it has, without end: sixty take an eighth of a processor.
      if (address === process.env['TEST_TEMPORAL_ADDRESS'])
        await connection.operatorService.deleteNamespace({ namespace });
      await connection.close();
    },
  };
}
