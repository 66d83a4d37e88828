/** A copy of the tree to plant faults in: sources and build are copied, packages are hard links. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plant, type Patch } from './faults.js';

/** On the disk of the tree, since hard links do not cross disks. */
const PLACE = '.cache';

export interface Outcome {
  ok: boolean;
  output: string;
}

export class TreeCopy {
  private constructor(readonly root: string) {}

  /** Copies what git knows or would add, the build, and the packages. */
  static make(): TreeCopy {
    mkdirSync(PLACE, { recursive: true });
    const root = mkdtempSync(join(PLACE, 'planted-'));
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
    for (const file of listed.toString('utf8').split('\0').filter(existsSync))
      cpSync(file, join(root, file), { preserveTimestamps: true });
    cpSync('dist', join(root, 'dist'), { recursive: true, preserveTimestamps: true });
    execFileSync('cp', ['-al', 'node_modules', join(root, 'node_modules')]);
    return new TreeCopy(root);
  }

  /** Plants the patches; answers what takes them away again. */
  plant(patches: readonly Patch[]): () => void {
    const files = [...new Set(patches.map((one) => one.file))];
    const before = files.map((file) => readFileSync(join(this.root, file), 'utf8'));
    const write = (texts: string[]): void =>
      files.forEach((file, n) => writeFileSync(join(this.root, file), texts[n] ?? ''));
    write(
      files.map((file, n) =>
        plant(
          file,
          before[n] ?? '',
          patches.filter((one) => one.file === file),
        ),
      ),
    );
    return () => write(before);
  }

  /** Compiles the system and its workflows. */
  build(): Outcome {
    return this.node(['tools/bootstrap.mjs', 'build']);
  }

  /** Runs tests of the copy; `failed` counts those that turned red. */
  test(files: readonly string[], only?: string): Outcome & { failed: number; passed: number } {
    const report = join('artefacts', 'planted.json');
    rmSync(join(this.root, report), { force: true });
    const named = only === undefined ? [] : ['-t', only];
    const args = [...files, ...named, '--json', '--outputFile', report];
    const run = this.node(['node_modules/jest/bin/jest.js', ...args]);
    const file = join(this.root, report);
    const counted = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Counted) : undefined;
    return { ...run, failed: counted?.numFailedTests ?? 0, passed: counted?.numPassedTests ?? 0 };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  private node(args: string[]): Outcome {
    const run = spawnSync(process.execPath, args, {
      cwd: this.root,
      encoding: 'utf8',
      maxBuffer: 100_000_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (run.signal !== null || run.status === 130) throw new Error('stopped');
    return { ok: run.status === 0, output: `${run.stdout}${run.stderr}` };
  }
}

interface Counted {
  numFailedTests: number;
  numPassedTests: number;
}
