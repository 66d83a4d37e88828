/** A stage in real time: a real dev server with a namespace of its own, for what the skipping server lacks. */
import { createDataSource } from '../../database/data-source.js';
import { createTestDatabase } from './database.js';
import { createNamespace } from './temporal.js';
import { until } from './waiting.js';
import { installQuietRuntime, type Ground } from './stage-ground.js';
import { Stage } from './workflow-stage.js';

export interface RealStageOptions {
  /** Another server than that of the test run. */
  address?: string;
  /** False: a namespace that lacks our search attributes. */
  searchAttributes?: boolean;
  /** 0: a worker that forgets, and so replays every workflow at every step. */
  cachedWorkflows?: number;
}

/** Opens the stage; the file closes it in `afterAll`. */
export async function openRealStage(options: RealStageOptions = {}): Promise<Stage> {
  installQuietRuntime();
  const database = await createTestDatabase();
  const space = await createNamespace(options.address, options.searchAttributes !== false);
  const source = createDataSource({
    url: database.url,
    poolSize: 8,
    applicationName: 'real-stage',
    onPoolError: () => undefined,
  });
  await source.initialize();
  const ground: Ground = {
    address: space.address,
    namespace: space.namespace,
    source,
    sync: () => Promise.resolve(),
    now: () => Promise.resolve(Date.now()),
    advanceTo: until,
    close: async () => {
      await space.close();
      await source.destroy();
      await database.drop();
    },
  };
  return Stage.open(ground, options.cachedWorkflows);
}
