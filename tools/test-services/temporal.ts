/** The Temporal of a test run: the dev server, in memory, on free ports. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SEARCH_ATTRIBUTES } from '../../contract/workflow.js';
import { answers } from '../setup/ports.js';
import { endProcess, identify, isRunning } from '../setup/processes.js';
import { lastLines, openLog } from '../setup/service.js';
import { findTemporalCli } from '../setup/temporal-cli.js';
import { freePort } from './free-port.js';
import { registerProcess } from './run-folder.js';
import type { Started } from './started.js';

const START_WITHIN_MS = 30_000;

/** As in production (docs: where the time goes), and namespaces that are usable at once. */
const DYNAMIC_CONFIG = {
  'history.transferProcessorMaxPollRPS': '1000',
  'matching.numTaskqueueReadPartitions': '1',
  'matching.numTaskqueueWritePartitions': '1',
  'system.enableActivityEagerExecution': 'true',
  'matching.longPollExpirationInterval': '"2s"',
  'system.forceSearchAttributesCacheRefreshOnRead': 'true',
  'system.namespaceCacheRefreshInterval': '"100ms"',
};
const ATTRIBUTE_TYPES = { KEYWORD: 'Keyword', INT: 'Int' };

export async function startTestTemporal(folder: string): Promise<Started> {
  const cli = await findTemporalCli({ report: (line) => process.stderr.write(`${line} …\n`) });
  const port = await freePort();
  const log = openLog(join(folder, 'temporal.log'));
  const child = spawn(cli, serverArguments(port), { detached: true, stdio: ['ignore', log.fd, log.fd] });
  log.close();
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  const id = identify(child.pid ?? 0);
  if (id === undefined) throw new Error('the Temporal dev server ended at once');
  registerProcess(id.pid, folder);
  const giveUpAt = Date.now() + START_WITHIN_MS;
  while (!(await answers(port))) {
    if (!isRunning(id) || Date.now() > giveUpAt)
      throw new Error(
        `the Temporal dev server did not come up:\n${lastLines(join(folder, 'temporal.log'), 20)}`,
      );
    await sleep(100);
  }
  return {
    env: { TEST_TEMPORAL_ADDRESS: `127.0.0.1:${port}`, TEST_TEMPORAL_CLI: cli },
    stop: async () => {
      // Its data are in memory: nothing is lost by not asking.
      await endProcess(id, 'SIGKILL', 5_000);
    },
  };
}

function serverArguments(port: number): string[] {
  const args = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)];
  args.push('--log-level', 'warn');
  for (const [key, value] of Object.entries(DYNAMIC_CONFIG))
    args.push('--dynamic-config-value', `${key}=${value}`);
  for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES))
    args.push('--search-attribute', `${name}=${ATTRIBUTE_TYPES[type]}`);
  return args;
}
