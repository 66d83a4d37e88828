/** The table at the end of a run. Pure. */
import { findDoubleJobs, findDoubleOffers, type Doubling, type Ledger } from './ledger.js';
import type { Traffic } from './api.js';
import type { Story } from './story.js';
import { median, percentile } from './statistics.js';

export interface Report {
  bookings: number;
  /** Given to a pilot. */
  assigned: number;
  /** The last search found nobody to ask. */
  noPilots: number;
  /** The last search ran out of time. */
  timedOut: number;
  /** Given up by the customer, after a failed search that was retried. */
  cancelled: number;
  delivered: number;
  /** Not delivered, cancelled or expired when the run ended. */
  neverEnded: string[];
  /** Assigned only in a search that the customer asked for again. */
  savedByRetry: number;
  /** From POST answered to `booking:driver_assigned`, milliseconds; null without any. */
  medianAssignMs: number | null;
  p99AssignMs: number | null;
  offers: number;
  doubleOffers: Doubling[];
  doubleAssignments: Doubling[];
  /** Events that no socket brought and that had to be asked for. */
  missedEvents: number;
  traffic: Traffic;
  seconds: number;
}

export interface RunFacts {
  /** One for each booking of the plan; null where it was never made. */
  stories: (Story | null)[];
  ledger: Ledger;
  missedEvents: number;
  traffic: Traffic;
  seconds: number;
}

/** Draws the report up from what users and pilots were told. */
export function drawUp({ stories, ledger, missedEvents, traffic, seconds }: RunFacts): Report {
  const made = stories.filter((story) => story !== null);
  const told = made.map((story) => ({ story, state: story.state }));
  const assigned = told.filter(({ state }) => state.pilotIds.length > 0);
  const lastFailure = (reason: string) =>
    told.filter(({ state }) => state.pilotIds.length === 0 && state.failures.at(-1) === reason).length;
  const waits = assigned.flatMap(({ story }) =>
    story.assignedAtMs === null || story.bookedAtMs === null ? [] : [story.assignedAtMs - story.bookedAtMs],
  );
  return {
    bookings: stories.length,
    assigned: assigned.length,
    noPilots: lastFailure('no_pilots'),
    timedOut: lastFailure('search_timeout'),
    cancelled: told.filter(({ state }) => state.end === 'cancelled').length,
    delivered: told.filter(({ state }) => state.end === 'delivered').length,
    neverEnded: [
      ...stories.flatMap((story, index) =>
        story === null ? [`booking ${index} of the plan was never made`] : [],
      ),
      ...told.flatMap(({ story, state }) =>
        state.end === null ? [`${story.bookingId} is ${state.phase} after ${story.completeTo} events`] : [],
      ),
    ],
    savedByRetry: assigned.filter(({ state }) => state.failures.length > 0).length,
    medianAssignMs: median(waits),
    p99AssignMs: percentile(waits, 0.99),
    offers: told.reduce((sum, { state }) => sum + state.offers, 0),
    doubleOffers: findDoubleOffers(ledger.offers, ledger.jobs),
    doubleAssignments: [
      ...findDoubleJobs(ledger.jobs),
      ...told.flatMap(({ story, state }) =>
        state.doubleAssignments > 0
          ? [
              `booking ${story.bookingId} was given to ${state.pilotIds.join(', then ')} without being released`,
            ]
          : [],
      ),
    ],
    missedEvents,
    traffic,
    seconds,
  };
}

/** Nothing was doubled and every booking ended. */
export function isWell(report: Report): boolean {
  return (
    report.doubleOffers.length === 0 &&
    report.doubleAssignments.length === 0 &&
    report.neverEnded.length === 0
  );
}

/** After so many the rest is only counted. */
const WRONG_SHOWN = 20;

/** The table, and below it each thing that must not be. */
export function render(report: Report): string {
  const { traffic } = report;
  const rows: [string, string][] = [
    ['bookings', String(report.bookings)],
    ['assigned', `${report.assigned} (${report.savedByRetry} after a retry)`],
    ['no pilots', String(report.noPilots)],
    ['timed out', String(report.timedOut)],
    ['cancelled by the customer', String(report.cancelled)],
    ['delivered', String(report.delivered)],
    ['never ended (must be 0)', String(report.neverEnded.length)],
    ['median time to assign', seconds(report.medianAssignMs)],
    ['p99 time to assign', seconds(report.p99AssignMs)],
    ['offers per booking', (report.offers / Math.max(1, report.bookings)).toFixed(2)],
    ['double offers seen (must be 0)', String(report.doubleOffers.length)],
    ['double assignments seen (must be 0)', String(report.doubleAssignments.length)],
    ['events asked for again', String(report.missedEvents)],
    [
      'requests',
      `${traffic.requests} (${traffic.limited} limited, ${traffic.failed} failed, ${traffic.unreachable} without answer)`,
    ],
    ['duration', `${report.seconds.toFixed(0)} s`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const wrong = [...report.doubleOffers, ...report.doubleAssignments, ...report.neverEnded];
  return [
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...wrong.slice(0, WRONG_SHOWN).map((one) => `! ${one}`),
    ...(wrong.length > WRONG_SHOWN ? [`! and ${wrong.length - WRONG_SHOWN} more`] : []),
  ].join('\n');
}

function seconds(ms: number | null): string {
  return ms === null ? '-' : `${(ms / 1000).toFixed(2)} s`;
}
