/**
 * What goes wrong, and when: drawn from a seed, or read from a file. The seed alone does not repeat a run's
 * order, so the schedule is printed as it is carried out, and what was printed can be carried out again.
 */
import { z } from 'zod';
import { between, drawIndex, stream, type Random } from '../simulate/random.js';

/** The processes of the system; killed with -9 each of them comes back. */
export const PARTS = ['api-1', 'api-2', 'worker-1', 'worker-2', 'postgres', 'temporal'] as const;
export type PartName = (typeof PARTS)[number];

const partSchema = z.enum(PARTS);
const ms = z.number().min(0);
const share = z.number().min(0).max(1);

/** One fault. Times in milliseconds, shares from 0 to 1. */
const faultSchema = z.discriminatedUnion('kind', [
  /** SIGKILL; started again `backAfterMs` later. */
  z.strictObject({ kind: z.literal('kill'), part: partSchema, backAfterMs: ms }),
  /** SIGTERM and a new start, as an update does. */
  z.strictObject({ kind: z.literal('restart'), part: partSchema }),
  /** SIGSTOP, and SIGCONT `forMs` later. */
  z.strictObject({ kind: z.literal('freeze'), part: partSchema, forMs: ms }),
  /** Postgres ends this share of its connections. */
  z.strictObject({ kind: z.literal('backends'), share }),
  /** This share of the clients' connections is cut. */
  z.strictObject({ kind: z.literal('cut'), share }),
  /** Nothing comes through this share of them for so long, either way; then they are cut, or it all comes. */
  z.strictObject({ kind: z.literal('half-open'), share, forMs: ms, ends: z.enum(['cut', 'mended']) }),
  /** All that goes between clients and APIs takes so much longer, for so long. */
  z.strictObject({ kind: z.literal('delay'), byMs: ms, forMs: ms }),
  /** Somebody terminates this share of the open workflows by hand. */
  z.strictObject({ kind: z.literal('terminate'), share }),
]);
export type Fault = z.infer<typeof faultSchema>;

const lineSchema = z.object({ atMs: ms, fault: faultSchema });
/** A fault and its time, milliseconds after the first booking could be made. */
export type Scheduled = z.infer<typeof lineSchema>;

/** A schedule that cannot be carried out; the message says where and why. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
}

/** Mean time between two faults. */
const EVERY_MS = 3_600;
/** A part that was killed or stopped needs about this to be of use again. */
const SETTLE_MS = 4_000;

interface Draw {
  /** How often it comes, relative to the others. */
  weight: number;
  /** Answers null where each part that it could hit is still recovering. */
  draw: (random: Random, free: (...parts: PartName[]) => PartName | null) => Fault | null;
}

const kill =
  (...parts: PartName[]): Draw['draw'] =>
  (random, free) => {
    const part = free(...parts);
    return part && { kind: 'kill', part, backAfterMs: whole(random, 100, 3_000) };
  };
const freeze: Draw['draw'] = (random, free) => {
  const part = free('api-1', 'worker-1', 'api-2', 'worker-2', 'temporal');
  return part && { kind: 'freeze', part, forMs: whole(random, 800, part === 'temporal' ? 4_000 : 7_000) };
};

const DRAWS: Draw[] = [
  { weight: 5, draw: kill('api-1', 'api-2') },
  { weight: 6, draw: kill('worker-1', 'worker-2') },
  { weight: 3, draw: kill('postgres') },
  { weight: 3, draw: kill('temporal') },
  { weight: 4, draw: freeze },
  {
    weight: 1,
    draw: (_, free) => {
      const part = free('api-1', 'worker-1', 'api-2', 'worker-2');
      return part && { kind: 'restart', part };
    },
  },
  { weight: 2, draw: (random) => ({ kind: 'backends', share: hundredths(random, 0.1, 1) }) },
  { weight: 3, draw: (random) => ({ kind: 'cut', share: hundredths(random, 0.1, 1) }) },
  {
    weight: 2,
    draw: (random) => ({
      kind: 'half-open',
      share: hundredths(random, 0.05, 0.4),
      forMs: whole(random, 1_000, 8_000),
      ends: random() < 0.5 ? 'cut' : 'mended',
    }),
  },
  {
    weight: 2,
    draw: (random) => ({ kind: 'delay', byMs: whole(random, 50, 900), forMs: whole(random, 2_000, 8_000) }),
  },
  { weight: 2, draw: (random) => ({ kind: 'terminate', share: hundredths(random, 0.05, 0.5) }) },
];

const WEIGHTS = DRAWS.map(({ weight }) => weight);

/** Draws the faults of a run that lasts `forMs`: first each kind once, then by their weights. Pure. */
export function drawSchedule(seed: number, forMs: number): Scheduled[] {
  const random = stream(seed, 'faults');
  const everyMs = Math.min(EVERY_MS, forMs / (DRAWS.length + 3));
  /** The first round, then what could not be done when it was drawn. */
  const waiting = shuffle(random, DRAWS);
  const freeAtMs = new Map<PartName, number>();
  const schedule: Scheduled[] = [];
  for (let atMs = everyMs; atMs < forMs; atMs += everyMs * between(random, 0.6, 1.4)) {
    const free = (...parts: PartName[]): PartName | null =>
      shuffle(random, parts).find((part) => (freeAtMs.get(part) ?? 0) <= atMs) ?? null;
    const fault = takeFirst(waiting, (due) => due.draw(random, free)) ?? drawn(random, waiting, free);
    if (fault === null) continue;
    schedule.push({ atMs: Math.round(atMs), fault });
    if ('part' in fault) freeAtMs.set(fault.part, atMs + downMs(fault) + SETTLE_MS);
  }
  return schedule;
}

/** One by the weights; what cannot be done now waits. */
function drawn(random: Random, waiting: Draw[], free: Parameters<Draw['draw']>[1]): Fault | null {
  const due = DRAWS[drawIndex(random, WEIGHTS)] as Draw;
  const fault = due.draw(random, free);
  if (fault === null) waiting.push(due);
  return fault;
}

/** The first answer that is not null; its item goes from the list. */
function takeFirst<T, R>(items: T[], ask: (item: T) => R | null): R | null {
  for (const [index, item] of items.entries()) {
    const answer = ask(item);
    if (answer === null) continue;
    items.splice(index, 1);
    return answer;
  }
  return null;
}

function downMs(fault: Fault): number {
  if (fault.kind === 'kill') return fault.backAfterMs;
  return fault.kind === 'freeze' ? fault.forMs : 0;
}

/** One line of a schedule's file. */
export function lineOf(scheduled: Scheduled): string {
  return JSON.stringify(scheduled);
}

/** Reads a schedule's file, in the order of its times. Throws ScheduleError that names the bad line. */
export function parseSchedule(text: string): Scheduled[] {
  const lines = text.split(/\r?\n/).map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const schedule = lines.filter(({ line }) => line !== '').map(({ line, number }) => parseLine(line, number));
  if (schedule.length === 0) throw new ScheduleError('there is no fault in the schedule');
  return schedule.toSorted((a, b) => a.atMs - b.atMs);
}

function parseLine(line: string, number: number): Scheduled {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new ScheduleError(`line ${number} of the schedule is not JSON: ${line.slice(0, 100)}`);
  }
  const { success, data, error } = lineSchema.safeParse(json);
  if (success) return data;
  const faults = error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new ScheduleError(`line ${number} of the schedule: ${faults.join('; ')}`);
}

/** A fault in words. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
      return `kill -9 ${fault.part}, back after ${seconds(fault.backAfterMs)}`;
    case 'restart':
      return `restart ${fault.part}`;
    case 'freeze':
      return `freeze ${fault.part} for ${seconds(fault.forMs)}`;
    case 'backends':
      return `Postgres ends ${percent(fault.share)} of its connections`;
    case 'cut':
      return `cut ${percent(fault.share)} of the clients' connections`;
    case 'half-open':
      return `${percent(fault.share)} of the clients' connections dead for ${seconds(fault.forMs)}, then ${fault.ends}`;
    case 'delay':
      return `${fault.byMs} ms more between clients and APIs for ${seconds(fault.forMs)}`;
    case 'terminate':
      return `terminate ${percent(fault.share)} of the open workflows`;
  }
}

function shuffle<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

const whole = (random: Random, low: number, high: number): number => Math.round(between(random, low, high));
const hundredths = (random: Random, low: number, high: number): number =>
  Math.round(100 * between(random, low, high)) / 100;
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
const percent = (part: number): string => `${Math.round(part * 100)} %`;
