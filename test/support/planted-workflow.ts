/** Changed workflows: bundles of a copy of the compiled workflows in which one text is another. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** One text of one compiled file of `workflows/`, and what stands there instead. */
export interface Change {
  file: string;
  from: string;
  to: string;
}

const BUILD_OF_A_WORKER = [
  'activities',
  'contract',
  'database',
  'dispatch',
  'events',
  'payload-codec',
  'src',
  'workflows',
];
const CLAIM = 'activities.claimNextPilot.executeWithOptions(options, [{ bookingId, offerId: uuid4() }])';

/** Other commands than the histories have, without a `patched()`: each must turn a replay red. */
export const READS_FIRST: Change = {
  file: 'booking-assignment.js',
  from: CLAIM,
  to: `activities.readStanding({ bookingId }).then(() => ${CLAIM})`,
};
export const SHOWS_LATE: Change = {
  file: 'booking-assignment.js',
  from: 'board.show(await nextStanding(story, standing))',
  to: 'const next = await nextStanding(story, standing); await condition(() => false, 1); board.show(next)',
};
export const SHOWS_NOTHING: Change = {
  file: 'board.js',
  from: 'upsertSearchAttributes(changes)',
  to: 'void changes',
};

/**
 * The process of the worker stops its own clock in the midst of the task that asks the first pilot, once, and works for
 * some hundred milliseconds after it goes on. The sandbox has no process: a class of the host's leads to it.
 */
export const STANDS_STILL: Change = {
  file: 'booking-assignment.js',
  from: CLAIM,
  to: `(globalThis.AsyncLocalStorage.constructor(${JSON.stringify(`
    if (globalThis.stoodStill) return;
    globalThis.stoodStill = true;
    process.getBuiltinModule('fs').writeSync(2, 'stands still\\n');
    process.kill(process.pid, 'SIGSTOP');
  `)})(), Array.from({ length: 3e6 }, (_, index) => index), ${CLAIM})`,
};

/** The change of READS_FIRST as it may be deployed: bookings from before go on as they began. */
export const READS_FIRST_PATCHED: Change[] = [
  {
    file: 'booking-assignment.js',
    from: CLAIM,
    to: `(patched('reads-first') ? activities.readStanding({ bookingId }).then(() => ${CLAIM}) : ${CLAIM})`,
  },
  { file: 'booking-assignment.js', from: 'continueAsNew,', to: 'continueAsNew, patched,' },
];

/** A build that differs from that of the test run by these changes: a folder, which whoever makes it removes. */
export async function buildWith(...changes: Change[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'planted-build-'));
  for (const each of BUILD_OF_A_WORKER)
    cpSync(join(process.cwd(), 'dist', each), join(folder, each), { recursive: true });
  standAlone(folder);
  writeFileSync(join(folder, 'workflow-bundle.js'), (await bundleWith(...changes)).code);
  return folder;
}

/** Bundles a copy of the compiled workflows with these changes. */
export async function bundleWith(...changes: Change[]): Promise<WorkflowBundleWithSourceMap> {
  const folder = mkdtempSync(join(tmpdir(), 'planted-workflow-'));
  try {
    for (const each of ['workflows', 'contract'])
      cpSync(join(process.cwd(), 'dist', each), join(folder, each), { recursive: true });
    standAlone(folder);
    for (const change of changes) plant(folder, change);
    return await bundleWorkflowCode({
      workflowsPath: join(folder, 'workflows/index.js'),
      payloadConverterPath: join(folder, 'workflows/tolerant-payload-converter.js'),
      workflowInterceptorModules: ['trace-headers', 'reserved-signals'].map((name) =>
        join(folder, `workflows/${name}.js`),
      ),
      logger: new DefaultLogger('ERROR'),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What compiled files need of the project. */
function standAlone(folder: string): void {
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
}

function plant(folder: string, { file, from, to }: Change): void {
  const path = join(folder, 'workflows', file);
  const source = readFileSync(path, 'utf8');
  if (!source.includes(from)) throw new Error(`${file} has no ${from}: the planted change must be adapted`);
  writeFileSync(path, source.replace(from, to));
}
