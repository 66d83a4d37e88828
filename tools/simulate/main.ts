/** `npm run simulate`: reads the arguments, runs, prints the table. */
import { readFileSync } from 'node:fs';
import { BadArgumentsError } from './arguments.js';
import { parsePlaces } from './demand.js';
import { readOptions, usage, type SimulateOptions } from './options.js';
import { isWell, render } from './report.js';
import { NotDrivableError, simulate } from './run.js';

const DEMAND = new URL('../../../data/montreal-carshare.csv', import.meta.url);
const EXIT = { doubledOrLost: 1, badArguments: 2, notDrivable: 3, interrupted: 130 } as const;
/** The same error a thousand times is shown a few times. */
const ERRORS_SHOWN = 5;

async function main(): Promise<void> {
  const options = readArguments();
  if (options === null) return;
  const errors: string[] = [];
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  process.once('SIGTERM', () => interrupted.abort());
  try {
    const places = parsePlaces(readFileSync(DEMAND, 'utf8'));
    const report = await simulate(options, places, interrupted.signal, (error) => errors.push(error.message));
    process.stdout.write(`${render(report)}\n`);
    for (const error of errors.slice(0, ERRORS_SHOWN)) process.stdout.write(`? ${error}\n`);
    if (errors.length > ERRORS_SHOWN)
      process.stdout.write(`? and ${errors.length - ERRORS_SHOWN} more errors\n`);
    if (!isWell(report)) process.exitCode = EXIT.doubledOrLost;
    if (interrupted.signal.aborted) process.exitCode = EXIT.interrupted;
  } catch (error) {
    if (!(error instanceof NotDrivableError)) throw error;
    process.stderr.write(`simulate: ${options.url} could not be driven: ${error.message}\n`);
    process.exitCode = EXIT.notDrivable;
  }
  // Sockets that are still closing must not hold the process.
  process.exit();
}

function readArguments(): SimulateOptions | null {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options !== 'help') return options;
    process.stdout.write(usage());
  } catch (error) {
    if (!(error instanceof BadArgumentsError)) throw error;
    process.stderr.write(`${error.message}\nAll arguments: npm run simulate -- --help\n`);
    process.exitCode = EXIT.badArguments;
  }
  return null;
}

void main();
