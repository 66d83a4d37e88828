/** A Postgres of a test file's own, that can be stopped, killed, started again, and whose disk can be filled. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { registerProcess } from '../../tools/test-services/run-folder.js';
import { startPostgres } from '../../tools/setup/postgres.js';
import { signalProcess, waitForEnd } from '../../tools/setup/processes.js';
import type { Service } from '../../tools/setup/service.js';
import type { TestDatabase } from './database.js';
import { freePort } from './free-port.js';

/** Enough for a cluster and its log; a disk that is not full to start with. */
const DISK = 'size=640m,mode=755';
const GONE_WITHIN_MS = 10_000;

/** May this process mount a file system of its own? Root may, where the container lets it. */
export function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'test-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export class OwnPostgres {
  private service: Service | undefined;

  private constructor(
    private readonly folder: string,
    private readonly disk: string | null,
    readonly port: number,
  ) {}

  /** With durable commits, as in production, and migrated; on a small file system of its own where told. */
  static async start({ ownDisk }: { ownDisk: boolean }): Promise<OwnPostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'test-postgres-'));
    chmodSync(folder, 0o755);
    if (ownDisk) execFileSync('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', folder]);
    const postgres = new OwnPostgres(folder, ownDisk ? folder : null, await freePort());
    await postgres.startAgain();
    await promisify(execFile)(process.execPath, [join(process.cwd(), 'dist/database/migrate.js')], {
      env: { ...process.env, DATABASE_URL: postgres.url },
    });
    return postgres;
  }

  get url(): string {
    if (this.service === undefined) throw new Error('this Postgres was never started');
    return this.service.address;
  }

  get database(): TestDatabase {
    return { url: this.url, drop: () => Promise.resolve() };
  }

  /** Starts it with the data that it has. Resolves when it answers. */
  async startAgain(): Promise<void> {
    this.service = await startPostgres({
      dataDir: join(this.folder, 'data'),
      port: this.port,
      // Not on the small disk: it must be able to say what is wrong.
      logFile: `${this.folder}.log`,
      database: 'dispatch',
    });
    registerProcess(this.service.process.pid);
  }

  /** Ends it: `SIGINT` lets it finish its writing, `SIGQUIT` does not, `SIGKILL` is told to nobody. */
  async end(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    if (this.service === undefined) return;
    signalProcess(this.service.process, signal);
    await waitForEnd(this.service.process, GONE_WITHIN_MS);
  }

  /** Takes what is left of its disk. */
  fillDisk(): void {
    const { bavail, bsize } = statfsSync(this.ownDisk());
    writeFileSync(this.filler(), Buffer.alloc(bavail * bsize));
  }

  freeDisk(): void {
    rmSync(this.filler(), { force: true });
  }

  async remove(): Promise<void> {
    await this.end('SIGQUIT');
    if (this.disk !== null) execFileSync('umount', ['-l', this.disk]);
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(`${this.folder}.log`, { force: true });
  }

  private filler(): string {
    return join(this.ownDisk(), 'filler');
  }

  private ownDisk(): string {
    if (this.disk === null) throw new Error('this Postgres has no disk of its own');
    return this.disk;
  }
}
