/** The walls that the lint keeps. */
import type { Wall } from './walls.js';

/** Arrows that compile, since project references reach through one another, or lie inside of src: the lint's. */
export const LINTED: Record<string, Wall> = {
  activities: {
    forbidden: ['../database/query.js', '../events/emitter.js'],
    allowed: ['../dispatch/reads.js'],
  },
  src: { forbidden: ['../workflows/index.js', '../activities/x.js'], allowed: ['./bookings/x.js'] },
  'src/bookings': {
    forbidden: [
      '../offers/offers.controller.js',
      '../realtime/presence.js',
      '../outbox/outbox-relay.js',
      '../app.module.js',
      '../../workflows/index.js',
      '../assignment-client/assignment-client.js',
      '../../payload-codec/keys.js',
    ],
    allowed: [
      '../auth/caller.js',
      '../config/loop.js',
      '../../dispatch/reads.js',
      './bookings.controller.js',
    ],
  },
  'src/realtime': {
    forbidden: [
      '../pilots/pilots.controller.js',
      '../health/health.service.js',
      '../bookings/bookings.controller.js',
    ],
    allowed: ['../pilots/positions.js', '../health/metrics.js'],
  },
  'src/config': {
    forbidden: ['../http/problem.filter.js', '../auth/caller.js'],
    allowed: ['../http/database-away.js', '../../payload-codec/keys.js'],
  },
  'src/reconciler': { forbidden: ['../realtime/repair.js'], allowed: ['../outbox/outbox-relay.js'] },
  'web/user': {
    forbidden: ['../pilot/page.js', '../operator/page.js'],
    allowed: ['../kit/controls.js', '../door/line.js', '../../contract/words.js'],
  },
  'web/kit': { forbidden: ['../user/page.js'], allowed: ['../door/api.js', '../../contract/geo.js'] },
  'src/a-new-feature': {
    forbidden: ['../bookings/x.js', '../auth/caller.js'],
    allowed: ['../../dispatch/reads.js'],
  },
};
