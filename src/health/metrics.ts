import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { DecisionMetrics } from './decision-metrics.js';

/** Limits whose refusals are counted. */
const LIMITS = ['address', 'token', 'bookings', 'messages', 'sockets'] as const;
export type Limit = (typeof LIMITS)[number];

/** The API's metrics in Prometheus' form. No personal data in any label. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly requests = new Histogram({
    name: 'dispatch_http_request_duration_seconds',
    help: 'REST requests by route, method and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [this.registry],
  });

  readonly sockets = new Gauge({
    name: 'dispatch_sockets',
    help: 'Connected sockets by token type',
    labelNames: ['type'] as const,
    registers: [this.registry],
  });

  /** What this process decided. */
  readonly decisions = new DecisionMetrics(this.registry);

  readonly repairs = new Counter({
    name: 'dispatch_repairs_total',
    help: 'What the reconciler repaired',
    labelNames: ['kind'] as const,
    registers: [this.registry],
  });

  readonly limited = new Counter({
    name: 'dispatch_limited_total',
    help: 'Requests, messages and sockets that were refused, or closed, by a limit',
    labelNames: ['limit'] as const,
    registers: [this.registry],
  });

  readonly outboxLines = new Gauge({
    name: 'dispatch_outbox_lines',
    help: 'Lines that Temporal must still be told, when last looked',
    registers: [this.registry],
  });

  readonly unreceivedOffers = new Gauge({
    name: 'dispatch_unreceived_offers',
    help: 'Live offers that no app has shown within 2.5 s, when last looked',
    registers: [this.registry],
  });

  readonly bookingsRefused = new Counter({
    name: 'dispatch_bookings_refused_total',
    help: 'New bookings that were refused with 503: too many waited for their search to begin, or for the database',
    registers: [this.registry],
  });

  readonly bookingsWaiting = new Gauge({
    name: 'dispatch_bookings_waiting',
    help: 'Bookings whose search has not begun, when last looked; counted up to four times BOOKING_BACKLOG',
    registers: [this.registry],
  });

  readonly liveSearches = new Gauge({
    name: 'dispatch_live_searches',
    help: 'Searches that run now, when last looked',
    registers: [this.registry],
  });

  readonly databaseUp = new Gauge({
    name: 'dispatch_database_up',
    help: '1 when Postgres answered this scrape; 0: the figures out of its rows are left out',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const kind of ['overdue_offer', 'stalled_booking', 'broken_workflow', 'lost_workflow'])
      this.repairs.inc({ kind }, 0);
    for (const limit of LIMITS) this.limited.inc({ limit }, 0);
    for (const type of ['user', 'pilot', 'admin']) this.sockets.set({ type }, 0);
  }
}
