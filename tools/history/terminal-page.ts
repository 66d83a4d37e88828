/** The timeline for a terminal. Pure. */
import { duration, type EntryKind } from './events-in-words.js';
import type { Entry, OfferSpan, Timeline } from './timeline.js';

export interface TerminalOptions {
  /** With ANSI colours. */
  colours: boolean;
  /** Also the workflow tasks, which only say that a worker was at work. */
  everything: boolean;
}

const BAR = 48;
/** ANSI codes of the sixteen colours that a terminal gives its own shades. */
const COLOUR: Record<EntryKind, number> = {
  life: 1,
  activity: 36,
  timer: 33,
  signal: 35,
  shown: 34,
  patch: 32,
  trouble: 31,
  task: 2,
};

/** The story, line by line. */
export function terminalPage(timeline: Timeline, options: TerminalOptions): string {
  const { bookingNumber, vehicleTypeId, bookingId, state, lengthMs, startedAt } = timeline;
  const paint = (kind: EntryKind, text: string): string =>
    options.colours ? `\u001b[${COLOUR[kind]}m${text}\u001b[0m` : text;
  const entries = timeline.entries.filter((one) => options.everything || one.kind !== 'task');
  const hidden = timeline.entries.length - entries.length;
  return [
    paint('life', `${bookingNumber} · ${vehicleTypeId} · booking ${bookingId}`),
    `began ${new Date(startedAt).toISOString()}, ${duration(lengthMs)}, ${state}`,
    '',
    ...(timeline.offers.length === 0
      ? ['no pilot was asked']
      : timeline.offers.flatMap((one) => offer(one, lengthMs))),
    '',
    ...entries.map((one) => paint(one.kind, line(one))),
    ...(hidden === 0 ? [] : ['', `${hidden} workflow tasks are left out; --all shows them.`]),
    '',
  ].join('\n');
}

function offer({ number, pilotId, fromMs, toMs, end }: OfferSpan, lengthMs: number): string[] {
  const column = (ms: number): number => Math.round((ms / Math.max(1, lengthMs)) * (BAR - 1));
  const from = column(fromMs);
  const bar = ' '.repeat(from) + '█'.repeat(Math.max(1, column(toMs) - from));
  return [
    `offer ${String(number).padStart(2)}  |${bar.padEnd(BAR)}|  ${duration(toMs - fromMs)}`,
    `          pilot ${pilotId}: ${end}`,
  ];
}

function line({ eventId, at, sinceMs, title, detail }: Entry): string {
  const clock = new Date(at).toISOString().slice(11, 23);
  const since = `+${duration(sinceMs)}`.padStart(13);
  return `${clock} ${since}  ${`#${eventId}`.padStart(5)}  ${title}${detail === '' ? '' : `  ·  ${detail}`}`;
}
