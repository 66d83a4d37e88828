/** The fault harness's arguments. */
import {
  BadArgumentsError,
  number,
  pageOf,
  readArguments,
  type Argument,
  type Values,
} from '../simulate/arguments.js';

export interface ChaosOptions {
  /** How long faults go on, milliseconds. */
  forMs: number;
  seed: number;
  bookings: number;
  /** Bookings a second, on average. */
  rate: number;
  pilots: number;
  /** A schedule of an earlier run, to be carried out instead of one drawn from the seed. */
  scheduleFile: string | null;
  /** Where the schedule is written as it is carried out. */
  out: string;
  /** Where the result is written; null: nowhere. */
  json: string | null;
}

const file = { allowed: 'a file name', read: (text: string) => (text === '' ? undefined : text) };

const ARGUMENTS = {
  minutes: { text: 'how long faults go on', preset: '5', ...number(0.1, 600) },
  seed: { text: 'draws bookings, habits and faults', preset: '1', ...number(0, 4_294_967_295, true) },
  bookings: { text: 'bookings to make; else 72 a minute', preset: null, ...number(1, 100_000, true) },
  rate: { text: 'bookings a second; else spread over the time', preset: null, ...number(0.01, 100) },
  pilots: { text: 'pilots in the city', preset: '24', ...number(1, 1_000, true) },
  schedule: { text: 'repeats the faults of this file instead of drawing them', preset: null, ...file },
  out: { text: 'file of the schedule as carried out', preset: 'artefacts/chaos-schedule.jsonl', ...file },
  json: { text: 'file of the result', preset: null, ...file },
} satisfies Record<string, Argument<unknown>>;

const BOOKINGS_PER_MINUTE = 72;
/** The last bookings of a run should meet faults too, and end soon after them. */
const BOOKED_WITHIN = 0.92;

/** How it is called, for `--help`. */
export function usage(): string {
  return `npm run chaos -- [arguments]

Sets up a system of its own in a temporary folder (Postgres, Temporal, two APIs, two workers, all of them
real processes), drives bookings through it while it kills, freezes and cuts, and then checks tables,
histories and what every client saw.

${pageOf(ARGUMENTS)}
  --help              this page

A run that failed prints how to repeat it: its seed and the file of its faults.

Exit code: 0 all well; 1 something was lost, stuck, doubled, or told wrongly; 2 bad arguments; 3 the system
could not be set up; 130 interrupted.
`;
}

/** Reads the arguments; `help` when asked for. Throws BadArgumentsError that names every bad one. */
export function readOptions(args: string[]): ChaosOptions | 'help' {
  const read = readArguments(ARGUMENTS, args);
  return read === 'help' ? 'help' : toOptions(read);
}

function toOptions(read: Values<typeof ARGUMENTS>): ChaosOptions {
  const minutes = read.minutes as number;
  const bookings = read.bookings ?? Math.max(1, Math.round(minutes * BOOKINGS_PER_MINUTE));
  const rate = read.rate ?? bookings / (minutes * 60 * BOOKED_WITHIN);
  if (read.rate !== undefined && bookings / rate > minutes * 60)
    throw new BadArgumentsError(
      `--rate: must be at least ${(bookings / (minutes * 60)).toFixed(2)}, or the ${bookings} bookings outlast the ${minutes} minutes`,
    );
  return {
    forMs: minutes * 60_000,
    seed: read.seed as number,
    bookings,
    rate,
    pilots: read.pilots as number,
    scheduleFile: read.schedule ?? null,
    out: read.out as string,
    json: read.json ?? null,
  };
}
