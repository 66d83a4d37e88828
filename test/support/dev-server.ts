/** A Temporal dev server of a test file's own, in memory, for settings that the shared one must not have. */
import { Connection } from '@temporalio/client';
import { Child } from './child.js';
import { freePort } from './free-port.js';
import { eventually } from './waiting.js';

const UP_WITHIN_MS = 20_000;
/** Namespaces and attributes of a test are usable at once. */
const AT_ONCE = {
  'system.forceSearchAttributesCacheRefreshOnRead': 'true',
  'system.namespaceCacheRefreshInterval': '"100ms"',
};

export interface DevServer {
  address: string;
  stop: () => Promise<void>;
}

/** Starts it with settings of the server (`--dynamic-config-value`); ends with this process at the latest. */
export async function startDevServer(settings: Record<string, string>): Promise<DevServer> {
  const cli = process.env['TEST_TEMPORAL_CLI'];
  if (cli === undefined) throw new Error('TEST_TEMPORAL_CLI is not set: does this folder get a Temporal?');
  const port = await freePort();
  const args = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)];
  args.push('--log-level', 'error');
  for (const [key, value] of Object.entries({ ...AT_ONCE, ...settings }))
    args.push('--dynamic-config-value', `${key}=${value}`);
  const child = Child.start('temporal', cli, args, {});
  const address = `127.0.0.1:${port}`;
  await eventually('the dev server to answer', () => isUp(child, address), UP_WITHIN_MS);
  return { address, stop: () => child.kill9() };
}

async function isUp(child: Child, address: string): Promise<boolean> {
  if (!child.alive) throw new Error(`it ended: ${child.text().slice(-2_000)}`);
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  try {
    await connection.workflowService.describeNamespace({ namespace: 'default' });
    return true;
  } finally {
    await connection.close();
  }
}
