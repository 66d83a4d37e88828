import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { SEARCH_ATTRIBUTES } from '../../contract/workflow.js';

/** Numbers of Temporal's IndexedValueType. */
const VALUE_TYPE = { KEYWORD: 2, INT: 3 } as const;

/**
 * Registers the search attributes that the cluster lacks, if it may; else says so and goes on without
 * them: bookings are found by pilots all the same.
 */
export async function registerSearchAttributes(
  connection: NativeConnection,
  namespace: string,
  logger: Logger,
): Promise<void> {
  try {
    const listed = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = Object.entries(SEARCH_ATTRIBUTES).filter(
      ([name]) => !(name in (listed.customAttributes ?? {})),
    );
    if (missing.length === 0) return;
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, VALUE_TYPE[type]])),
    });
    logger.info({ names: missing.map(([name]) => name).join(',') }, 'search attributes registered');
  } catch (error) {
    logger.warn(
      { err: error instanceof Error ? error.message : String(error) },
      'search attributes could not be registered: workflows run without them and cannot be listed by them',
    );
  }
}
