/** A Temporal dev server of a test's own that keeps its data, so that it can be killed and come back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { Child } from './child.js';
import { freePort } from './free-port.js';
import { eventually } from './waiting.js';

const UP_WITHIN_MS = 30_000;
const SETTINGS = {
  'history.transferProcessorMaxPollRPS': '1000',
  'matching.numTaskqueueReadPartitions': '1',
  'matching.numTaskqueueWritePartitions': '1',
  'system.forceSearchAttributesCacheRefreshOnRead': 'true',
  'system.namespaceCacheRefreshInterval': '"100ms"',
};

export class TemporalServer {
  private child: Child | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'test-temporal-'));

  private constructor(private readonly port: number) {}

  static async start(): Promise<TemporalServer> {
    const server = new TemporalServer(await freePort());
    await server.start();
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Starts it, again on the same port with the same data. */
  async start(): Promise<void> {
    const cli = process.env['TEST_TEMPORAL_CLI'];
    if (cli === undefined) throw new Error('TEST_TEMPORAL_CLI is not set: does this folder get a Temporal?');
    const args = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(this.port)];
    args.push('--log-level', 'error', '--db-filename', join(this.folder, 'temporal.db'));
    for (const pragma of ['journal_mode=WAL', 'synchronous=NORMAL']) args.push('--sqlite-pragma', pragma);
    for (const [key, value] of Object.entries(SETTINGS))
      args.push('--dynamic-config-value', `${key}=${value}`);
    const child = Child.start('temporal', cli, args, {});
    this.child = child;
    await eventually('Temporal to answer', () => this.answers(child), UP_WITHIN_MS);
  }

  async kill9(): Promise<void> {
    await this.child?.kill9();
  }

  async remove(): Promise<void> {
    await this.kill9();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async answers(child: Child): Promise<boolean> {
    if (!child.alive) throw new Error(`it ended: ${child.text().slice(-2_000)}`);
    const connection = await Connection.connect({ address: this.address, connectTimeout: 1_000 });
    try {
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      return true;
    } finally {
      await connection.close();
    }
  }
}
