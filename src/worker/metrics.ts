import { Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { BookingAssignmentActivities } from '../../contract/activities.js';
import { DecisionMetrics } from '../health/decision-metrics.js';

/** A worker's own metrics; the SDK's are served beside them. No personal data in any label. */
export class WorkerMetrics {
  readonly registry = new Registry();
  readonly decisions = new DecisionMetrics(this.registry);

  private readonly matching = new Histogram({
    name: 'dispatch_matching_seconds',
    help: 'One claim of the best pilot, by where the booking stood after it, or error',
    labelNames: ['result'] as const,
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2.5],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** The same activities, with the time that a claim takes measured. */
  timed(activities: BookingAssignmentActivities): BookingAssignmentActivities {
    return {
      ...activities,
      claimNextPilot: async (step) => {
        const stop = this.matching.startTimer();
        let result = 'error';
        try {
          const standing = await activities.claimNextPilot(step);
          result = standing.kind;
          return standing;
        } finally {
          stop({ result });
        }
      },
    };
  }
}
