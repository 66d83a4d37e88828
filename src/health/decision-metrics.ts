import { Counter, Histogram, type Registry } from 'prom-client';
import type { DispatchContext, LogFields, LogPoint } from '../../dispatch/context.js';

/** How each point that ends an offer is counted; `offer_withdrawn` says its reason itself. */
const ANSWERS: Partial<Record<LogPoint, string>> = {
  offer_accepted: 'accepted',
  offer_declined: 'declined',
  offer_expired: 'timeout',
};

const SEARCH_OUTCOMES = ['assigned', 'no_pilots', 'search_timeout', 'cancelled'];
const OFFER_ANSWERS = [
  'accepted',
  'declined',
  'timeout',
  'offline',
  'search_timeout',
  'cancelled',
  'reassigned',
];

/**
 * What a process decided, counted by the points that its transactions log after their commit: an API for
 * taps, a worker for what time decides. Every decision is counted once, in the process that committed it.
 */
export class DecisionMetrics {
  private readonly points: Counter<'point'>;
  private readonly searches: Counter<'outcome'>;
  private readonly timeToAssign: Histogram;
  private readonly offers: Counter<'answer'>;
  private readonly answerTime: Histogram<'answer'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.points = new Counter({
      name: 'dispatch_points_total',
      help: 'Points of bookings that this process decided, by name as in the log',
      labelNames: ['point'] as const,
      registers,
    });
    this.searches = new Counter({
      name: 'dispatch_searches_total',
      help: `Searches that ended, by outcome: ${SEARCH_OUTCOMES.join(', ')}`,
      labelNames: ['outcome'] as const,
      registers,
    });
    this.timeToAssign = new Histogram({
      name: 'dispatch_time_to_assign_seconds',
      help: 'From the start of a search to its pilot, by the clock of Postgres',
      buckets: [1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300],
      registers,
    });
    this.offers = new Counter({
      name: 'dispatch_offers_total',
      help: `Offers that ended: ${OFFER_ANSWERS.join(', ')}`,
      labelNames: ['answer'] as const,
      registers,
    });
    this.answerTime = new Histogram({
      name: 'dispatch_offer_answer_seconds',
      help: 'From an offer made to its answer, by the clock of Postgres',
      labelNames: ['answer'] as const,
      buckets: [0.5, 1, 2, 3, 5, 8, 12, 16, 20, 25, 30, 60],
      registers,
    });
    this.beginAtZero();
  }

  /** A rate over a series that begins with its first event misses that event: all begin at zero. */
  private beginAtZero(): void {
    for (const outcome of SEARCH_OUTCOMES) this.searches.inc({ outcome }, 0);
    for (const answer of OFFER_ANSWERS) this.offers.inc({ answer }, 0);
  }

  /** Counts one point; called once for each, after its commit. */
  count(point: LogPoint, fields: LogFields): void {
    this.points.inc({ point });
    if (point === 'search_ended') this.countSearch(String(fields['outcome']), seconds(fields));
    const answer = point === 'offer_withdrawn' ? String(fields['reason']) : ANSWERS[point];
    if (answer === undefined) return;
    this.offers.inc({ answer });
    const took = seconds(fields);
    if (took !== null) this.answerTime.observe({ answer }, took);
  }

  private countSearch(outcome: string, took: number | null): void {
    this.searches.inc({ outcome });
    if (outcome === 'assigned' && took !== null) this.timeToAssign.observe(took);
  }
}

function seconds(fields: LogFields): number | null {
  const ms = fields['tookMs'];
  return typeof ms === 'number' ? ms / 1_000 : null;
}

/** A log that counts what it is told. */
export function counting(log: DispatchContext['log'], metrics: DecisionMetrics): DispatchContext['log'] {
  return (point, fields) => {
    log(point, fields);
    metrics.count(point, fields);
  };
}
