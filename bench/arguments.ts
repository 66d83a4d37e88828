/** `npm run bench -- …`: what may be asked, and what is refused. */
import { parseArgs } from 'node:util';

export interface BenchArguments {
  quick: boolean;
  /** Names of figure groups; all when empty. */
  only: string[];
  /** A results file of an earlier run. */
  compare: string | null;
}

/** Arguments that are not right; the message says which, and what is allowed. */
export class BadArgumentsError extends Error {
  override readonly name = 'BadArgumentsError';
}

export const USAGE = `npm run bench -- [--quick] [--only NAME,NAME] [--compare RESULTS.json]

  --quick      smaller rounds and data: all in under 20 minutes
  --only       some groups of figures only: GROUPS
  --compare    after the run, every ratio that got worse by more than a fifth against an earlier
               bench/results file; the exit code is then 1 when there is one

Measures this system beside its peers on this machine, and writes bench/results/latest.json and the table
in docs/performance.md (not with --only). Exit code: 0 measured; 1 compared and fallen; 2 bad arguments.
`;

/** Reads the arguments; `help` when asked for. @throws BadArgumentsError that names what is wrong */
export function readArguments(args: string[], groups: readonly string[]): BenchArguments | 'help' {
  const { values, positionals, unknown } = parse(args);
  const faults = [...positionals.map((word) => `'${word}': this command takes no words`), ...unknown];
  if (values.help === true) return 'help';
  const only = values.only?.split(',').map((name) => name.trim()) ?? [];
  for (const name of only)
    if (!groups.includes(name)) faults.push(`--only '${name}': allowed are ${groups.join(', ')}`);
  if (values.compare === '') faults.push('--compare: wants a results file');
  if (faults.length > 0) throw new BadArgumentsError(faults.join('\n'));
  return { quick: values.quick === true, only, compare: values.compare ?? null };
}

function parse(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string' },
        compare: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    return { values, positionals, unknown: [] };
  } catch (error) {
    throw new BadArgumentsError(error instanceof Error ? error.message : String(error));
  }
}
