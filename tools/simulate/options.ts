/** The simulator's arguments: what each means, what is allowed, and what it is without being given. */
import { number, pageOf, readArguments, type Argument, type Values } from './arguments.js';
import { parseShares, SHARES_FORM, type AnswerShares } from './shares.js';

export interface SimulateOptions {
  url: string;
  pilots: number;
  bookings: number;
  /** Bookings a second, on average. */
  rate: number;
  seed: number;
  offerAnswers: AnswerShares;
  /** Mean time that a pilot takes to answer, seconds. */
  answerSeconds: number;
  /** From accept to delivered, seconds. */
  jobSeconds: number;
  /** Between two positions of a pilot, seconds. */
  locationSeconds: number;
  /** Hour of the simulated day, 0 to 24; null sweeps through it. */
  hour: number | null;
  users: number;
  /** How long the run may go on after the last booking was made, seconds. */
  deadlineSeconds: number;
}

const ARGUMENTS = {
  url: {
    text: 'the running system',
    preset: 'http://localhost:3000',
    allowed: 'an http:// or https:// address',
    read: readUrl,
  },
  pilots: { text: 'pilots in the city', preset: '50', ...number(1, 5_000, true) },
  bookings: { text: 'bookings to make', preset: '100', ...number(1, 100_000, true) },
  rate: { text: 'bookings a second, on average', preset: '2', ...number(0.01, 500) },
  seed: { text: 'the same seed draws the same run', preset: '1', ...number(0, 4_294_967_295, true) },
  'offer-answers': {
    text: 'how pilots answer',
    preset: 'accept=0.7,decline=0.2,silent=0.1',
    allowed: SHARES_FORM,
    read: (text: string) => parseShares(text) ?? undefined,
  },
  'answer-seconds': { text: 'mean time to answer an offer', preset: '2', ...number(0, 600) },
  'job-seconds': { text: 'time from accept to delivered', preset: '4', ...number(0, 3_600) },
  'location-seconds': { text: "time between a pilot's positions", preset: '4', ...number(0.2, 300) },
  hour: { text: 'one hour of the day for all; else the run sweeps a day', preset: null, ...number(0, 24) },
  users: { text: 'customers; else as many as the limits need', preset: null, ...number(1, 10_000, true) },
  'deadline-seconds': {
    text: 'give up this long after the last booking',
    preset: '330',
    ...number(1, 86_400),
  },
} satisfies Record<string, Argument<unknown>>;

function readUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.origin : undefined;
}

/** A customer may book 30 times a minute; this keeps each well below it. */
const BOOKINGS_PER_USER_AND_MINUTE = 15;
const FEWEST_USERS = 5;

/** As many customers as `rate` (bookings a second) needs under the limit of bookings for each. */
export function usersFor(rate: number, bookings: number): number {
  const needed = Math.ceil((rate * 60) / BOOKINGS_PER_USER_AND_MINUTE);
  return Math.min(bookings, Math.max(FEWEST_USERS, needed));
}

/** How it is called, for `--help`. */
export function usage(): string {
  return `npm run simulate -- [arguments]

Drives a running system through its public doors with real demand of Montréal (data/README.md): pilots
who move and answer, customers who book, retry a failed search once and then cancel.

${pageOf(ARGUMENTS)}
  --help              this page

Tokens come from POST /demo/token (DEMO=true, as under npm start), or are signed with JWT_SECRET (and
JWT_ISSUER, JWT_AUDIENCE) when it is in the environment. A system limits 6,000 requests a minute from one
address: above a rate of about 8, start it with RATE_LIMIT=off; what it refuses for now is tried again
when it says so.

Exit code: 0 all well; 1 a pilot or a booking was doubled, or a booking never ended; 2 bad arguments;
3 the system could not be driven; 130 interrupted.
`;
}

/** Reads the arguments; `help` when asked for. Throws BadArgumentsError that names every bad one. */
export function readOptions(args: string[]): SimulateOptions | 'help' {
  const read = readArguments(ARGUMENTS, args);
  return read === 'help' ? 'help' : toOptions(read);
}

function toOptions(read: Values<typeof ARGUMENTS>): SimulateOptions {
  const rate = read.rate as number;
  const bookings = read.bookings as number;
  return {
    url: read.url as string,
    pilots: read.pilots as number,
    bookings,
    rate,
    seed: read.seed as number,
    offerAnswers: read['offer-answers'] as AnswerShares,
    answerSeconds: read['answer-seconds'] as number,
    jobSeconds: read['job-seconds'] as number,
    locationSeconds: read['location-seconds'] as number,
    hour: read.hour ?? null,
    users: read.users ?? usersFor(rate, bookings),
    deadlineSeconds: read['deadline-seconds'] as number,
  };
}
