/** Bundles the workflows once, at the build: every worker and every replay runs the same code. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** From dist/src/worker: the compiled workflows, the converter, the interceptors, and where the bundle goes. */
const WORKFLOWS = at('../../workflows/index.js');
const CONVERTER = at('../../workflows/tolerant-payload-converter.js');
const INTERCEPTORS = ['trace-headers', 'reserved-signals'].map((name) => at(`../../workflows/${name}.js`));
const TARGET = at('../../workflow-bundle.js');

async function main(): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    payloadConverterPath: CONVERTER,
    workflowInterceptorModules: INTERCEPTORS,
    logger: undefined as never,
  });
  await mkdir(at('../..'), { recursive: true });
  // Renamed into place, so that a worker that starts meanwhile never reads half a bundle.
  await writeFile(`${TARGET}.new`, code);
  await rename(`${TARGET}.new`, TARGET);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `bundle: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
