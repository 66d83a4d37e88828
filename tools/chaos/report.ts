/** The table at the end of a chaos run. Pure. */
import type { Traffic } from '../simulate/api.js';
import { percentile } from '../simulate/statistics.js';
import { groupBy, type Evidence, type Rule, type Violation } from './evidence.js';
import type { Done } from './faults.js';
import type { Fault } from './schedule.js';

export interface ChaosFacts {
  evidence: Evidence;
  violations: Violation[];
  done: readonly Done[];
  /** What clients could not do, in words. */
  errors: string[];
  /** Events that no socket brought and that were asked for. */
  resent: number;
  /** Calls that were made twice. */
  repeated: number;
  /** Signals that the harness sent once more. */
  signals: number;
  traffic: Traffic;
  seconds: number;
}

export interface ChaosReport {
  rows: [string, string][];
  faults: Record<string, number>;
  kills: number;
  bookings: number;
  violations: Violation[];
  errors: string[];
}

const RULES: Rule[] = [
  ...(['lost', 'stuck', 'doubled', 'answer not honoured', 'events with a gap'] as const),
  ...(['client told otherwise', 'workflow disagrees', 'history does not replay'] as const),
  ...(['answered 5xx but 503', 'process died by itself'] as const),
];

/** Draws the report up. */
export function drawUp(facts: ChaosFacts): ChaosReport {
  const { evidence, violations, done, traffic } = facts;
  const faults = countFaults(done);
  const kills = done.filter(({ fault, outcome }) => fault.kind === 'kill' && outcome !== null).length;
  const ends = countBy(evidence.bookings.map(({ status }) => status));
  const byRule = groupBy(violations, ({ rule }) => rule);
  const rows: [string, string][] = [
    ['duration', `${(facts.seconds / 60).toFixed(1)} min`],
    ['bookings', `${evidence.bookings.length} (${inWords(ends)})`],
    ['searches', String(evidence.searches.length)],
    [
      'offers',
      `${evidence.offers.length} (${inWords(countBy(evidence.offers.map(({ status }) => status)))})`,
    ],
    ['faults', String(Object.values(faults).reduce((sum, count) => sum + count, 0))],
    ['killed with -9', `${kills} (${inWords(part(faults, 'kill '))})`],
    ['frozen', inWords(part(faults, 'freeze ')) || '0'],
    ['other faults', inWords(part(faults, ''))],
    [
      'calls',
      `${traffic.requests} (${facts.repeated} repeated by clients, ${traffic.failed} answered 5xx, ${traffic.unreachable} not answered)`,
    ],
    ['signals sent late and twice', String(facts.signals)],
    ['events sent', `${evidence.events.length} (${facts.resent} asked for by clients)`],
    ['offer acted upon after its end', lateness(offersLate(evidence))],
    ['search ended after its time', lateness(searchesLate(evidence))],
    ['longest stall', seconds(longestStall(evidence))],
    ['runs of workflows, replayed', String(evidence.runs.length)],
    ...RULES.map((rule): [string, string] => [`${rule} (must be 0)`, String(byRule.get(rule)?.length ?? 0)]),
  ];
  const { errors } = facts;
  return { rows, faults, kills, bookings: evidence.bookings.length, violations, errors };
}

/** How long after an offer's end its row said so, microseconds: what a user waited for in vain. */
function offersLate({ offers }: Evidence): number[] {
  return offers
    .filter(({ endReason, endedAtUs }) => endReason === 'timeout' && endedAtUs !== null)
    .map(({ endedAtUs, expiresAtUs }) => (endedAtUs ?? 0) - expiresAtUs);
}

function searchesLate({ searches }: Evidence): number[] {
  return searches
    .filter(({ outcome, endsAtUs }) => outcome === 'search_timeout' && endsAtUs !== null)
    .map(({ endedAtUs, endsAtUs }) => (endedAtUs ?? 0) - (endsAtUs ?? 0));
}

/** The longest time in which something was due and nobody did it: an offer's end, a search's start or end. */
function longestStall(evidence: Evidence): number {
  const starts = evidence.searches.map(({ createdAtUs, startedAtUs }) =>
    startedAtUs === null ? 0 : startedAtUs - createdAtUs,
  );
  const all = [...offersLate(evidence), ...searchesLate(evidence), ...starts];
  return all.reduce((longest, one) => Math.max(longest, one), 0);
}

function lateness(us: number[]): string {
  if (us.length === 0) return '-';
  const at = (share: number): string => seconds(percentile(us, share) ?? 0);
  return `median ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`;
}

const seconds = (us: number): string => `${(us / 1e6).toFixed(2)} s`;

function countFaults(done: readonly Done[]): Record<string, number> {
  return countBy(done.filter(({ outcome }) => outcome !== null).map(({ fault }) => nameOf(fault)));
}

/** `kill worker`, `freeze api`, `cut`: the parts of one sort together. */
function nameOf(fault: Fault): string {
  if (!('part' in fault)) return fault.kind;
  return `${fault.kind} ${fault.part.replace(/-\d$/, '')}`;
}

/** Of the counts those whose names begin so; without a beginning those that are no kill and no freeze. */
function part(counts: Record<string, number>, start: string): Record<string, number> {
  const mine = Object.entries(counts).filter(([name]) =>
    start === '' ? !/^(kill|freeze) /.test(name) : name.startsWith(start),
  );
  return Object.fromEntries(mine.map(([name, count]) => [name.slice(start.length), count]));
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function inWords(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

/** After so many the rest is only counted. */
const SHOWN = 25;

/** The table, and below it each thing that must not be. */
export function render({ rows, violations, errors }: ChaosReport): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = (mark: string, texts: string[]): string[] => [
    ...texts.slice(0, SHOWN).map((text) => `${mark} ${text}`),
    ...(texts.length > SHOWN ? [`${mark} and ${texts.length - SHOWN} more`] : []),
  ];
  return [
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...lines('?', errors),
    ...lines(
      '!',
      violations.map(({ rule, id, text }) => `${rule}: ${id}: ${text}`),
    ),
  ].join('\n');
}
