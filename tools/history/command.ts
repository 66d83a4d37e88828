/** What the three commands of the replay kit share: arguments, errors in plain words, exit codes. */
import { parseArgs } from 'node:util';

/** It could not be done; the message is for the person who asked. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';

  constructor(
    message: string,
    /** 1: not done; 2: it was asked for wrongly, or could not be looked into. */
    readonly exitCode: 1 | 2,
  ) {
    super(message);
  }
}

type Options = Record<string, { type: 'string' | 'boolean' }>;
type Arguments<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: T }>
>;

/** Reads arguments. Throws HistoryError (2) for one that nobody knows. */
export function readArguments<const T extends Options>(args: string[], options: T): Arguments<T> {
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    throw new HistoryError(`${(error as Error).message.split('. ')[0]}.`, 2);
  }
}

/**
 * Runs a command as this process: `--help` prints its usage, an error goes to stderr without a stack, and the
 * exit code is what `work` answers or the error carries (1 for one that nobody expected).
 */
export async function runCommand(
  name: string,
  usage: string,
  work: (args: string[]) => Promise<number>,
): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage);
    return;
  }
  try {
    process.exitCode = await work(args);
  } catch (error) {
    const known = error instanceof HistoryError;
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    if (known && error.exitCode === 2) process.stderr.write(`How: npm run ${name} -- --help\n`);
    process.exitCode = known ? error.exitCode : 1;
  }
}
