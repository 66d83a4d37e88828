/** Arguments of a tool: what each means and allows, read all at once, every bad one named. */
import { parseArgs } from 'node:util';

/** Arguments that are not right; each line names one and what is allowed. */
export class BadArgumentsError extends Error {
  override readonly name = 'BadArgumentsError';
}

export interface Argument<T> {
  text: string;
  /** As it would be typed; null when it follows from others. */
  preset: string | null;
  allowed: string;
  /** Answers undefined when it is not allowed. */
  read: (text: string) => T | undefined;
}

/** A number within limits. */
export function number(low: number, high: number, whole = false): Pick<Argument<number>, 'allowed' | 'read'> {
  return {
    allowed: `a ${whole ? 'whole ' : ''}number from ${low} to ${high}`,
    read: (text) => {
      const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
      return value >= low && value <= high && (!whole || Number.isInteger(value)) ? value : undefined;
    },
  };
}

/** A tool's arguments by their names. */
export type Arguments = Record<string, Argument<unknown>>;
/** What they say; undefined where nothing was given and there is no preset. */
export type Values<A extends Arguments> = { [N in keyof A]: ReturnType<A[N]['read']> };

/** The arguments' part of `--help`. */
export function pageOf(known: Arguments): string {
  return Object.entries(known)
    .map(([name, { text, preset, allowed }]) =>
      [
        `  --${name.padEnd(18)}${text}${preset === null ? '' : ` (${preset})`}`,
        `${' '.repeat(22)}${allowed}`,
      ].join('\n'),
    )
    .join('\n');
}

/** Reads the arguments; `help` when asked for. Throws BadArgumentsError that names every bad one. */
export function readArguments<A extends Arguments>(known: A, args: string[]): Values<A> | 'help' {
  const options = Object.fromEntries(Object.keys(known).map((name) => [name, { type: 'string' as const }]));
  const { values, positionals } = parseArgs({
    args,
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    strict: false,
    allowPositionals: true,
  });
  if (values['help'] === true) return 'help';
  const complaints = positionals.map((word) => `${word}: not an argument; all have the form --name value`);
  for (const name of Object.keys(values))
    if (!(name in known) && name !== 'help')
      complaints.push(
        `--${name}: unknown; allowed are ${Object.keys(known)
          .map((one) => `--${one}`)
          .join(', ')}`,
      );
  const read = Object.fromEntries(
    Object.entries(known).map(([name, argument]) => [
      name,
      readOne(name, argument, values[name], complaints),
    ]),
  ) as Values<A>;
  if (complaints.length > 0) throw new BadArgumentsError(complaints.join('\n'));
  return read;
}

function readOne(name: string, argument: Argument<unknown>, given: unknown, complaints: string[]): unknown {
  const text = given ?? argument.preset;
  if (text === null) return undefined;
  const value = typeof text === 'string' ? argument.read(text) : undefined;
  if (value === undefined)
    complaints.push(
      `--${name}: must be ${argument.allowed}${typeof text === 'string' ? `, not '${text}'` : '; its value is missing'}`,
    );
  return value;
}
