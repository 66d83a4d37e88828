/** The walls between the folders, as docs/architecture.md has them: what may not be imported, and what may. */
export interface Wall {
  forbidden: string[];
  /** Shows that a wall is not just a broken folder. */
  allowed: string[];
}

/** What the compiler sees to, by each folder's tsconfig.json. */
export const WALLS: Record<string, Wall> = {
  contract: {
    forbidden: [
      'typeorm',
      'pg',
      'node:fs',
      '@nestjs/common',
      '@temporalio/workflow',
      '@temporalio/common',
      'socket.io',
      '../workflows/index.js',
      '../database/query.js',
      '../src/app.module.js',
    ],
    allowed: ['zod'],
  },
  workflows: {
    forbidden: [
      'node:fs',
      'node:crypto',
      'zod',
      'typeorm',
      'pg',
      '@nestjs/common',
      '@temporalio/client',
      '@temporalio/worker',
      '@temporalio/activity',
      '../activities/booking-activities.js',
      '../dispatch/reads.js',
      '../database/query.js',
      '../events/emitter.js',
      '../payload-codec/keys.js',
    ],
    allowed: ['@temporalio/workflow', '../contract/workflow.js'],
  },
  'payload-codec': {
    forbidden: [
      '@temporalio/client',
      '@temporalio/worker',
      '@temporalio/workflow',
      '@nestjs/common',
      'typeorm',
      'pg',
      '../contract/words.js',
      '../src/config/environment.js',
      '../workflows/index.js',
    ],
    allowed: ['@temporalio/common', '@temporalio/proto', 'node:crypto'],
  },
  database: {
    forbidden: [
      '../events/emitter.js',
      '../dispatch/reads.js',
      '../src/config/environment.js',
      '@temporalio/client',
      '@temporalio/common',
      '@nestjs/common',
    ],
    allowed: ['typeorm', 'node:fs', '../contract/words.js'],
  },
  events: {
    forbidden: [
      '../dispatch/reads.js',
      '../activities/booking-activities.js',
      '@temporalio/client',
      '@nestjs/common',
    ],
    allowed: ['../contract/rooms.js', '../database/query.js'],
  },
  dispatch: {
    forbidden: [
      '@nestjs/common',
      '@temporalio/client',
      '@temporalio/activity',
      '../activities/booking-activities.js',
      '../workflows/index.js',
      '../src/config/environment.js',
    ],
    allowed: ['../contract/words.js', '../database/query.js', '../events/emitter.js'],
  },
  activities: {
    forbidden: [
      '../src/config/environment.js',
      '../workflows/index.js',
      'typeorm',
      'pg',
      '@nestjs/common',
      '@temporalio/client',
      '@temporalio/workflow',
      '@temporalio/worker',
    ],
    allowed: ['../contract/activities.js', '../dispatch/settle-offer.js', '@temporalio/activity'],
  },
  'src/assignment-client': {
    forbidden: [
      '../../activities/booking-activities.js',
      '../../dispatch/reads.js',
      '../../database/query.js',
      '../config/environment.js',
      '../../payload-codec/keys.js',
      'typeorm',
      '@nestjs/common',
      '@temporalio/worker',
      '@temporalio/activity',
    ],
    allowed: ['../../contract/workflow.js', '../../workflows/index.js', '@temporalio/client'],
  },
  src: {
    forbidden: [
      '@temporalio/client',
      '@temporalio/worker',
      '@temporalio/workflow',
      '../activities/booking-activities.js',
      './worker/runtime.js',
      '../tools/setup/ports.js',
    ],
    allowed: [
      '@nestjs/common',
      '../contract/words.js',
      '../dispatch/reads.js',
      '../database/query.js',
      './assignment-client/assignment-client.js',
      '../payload-codec/encryption-codec.js',
    ],
  },
  'src/worker': {
    forbidden: ['../../tools/setup/ports.js', '../../test/support/database.js'],
    allowed: [
      '@temporalio/worker',
      '../../workflows/index.js',
      '../../activities/booking-activities.js',
      '../../dispatch/reads.js',
      '../../payload-codec/keys.js',
    ],
  },
  tools: {
    forbidden: [
      'typeorm',
      '@nestjs/common',
      '@temporalio/worker',
      '@temporalio/workflow',
      '../src/config/environment.js',
      '../database/query.js',
      '../dispatch/reads.js',
      '../events/emitter.js',
      '../activities/booking-activities.js',
      '../workflows/index.js',
    ],
    allowed: ['../contract/words.js', '../payload-codec/keys.js', 'socket.io-client', 'node:fs'],
  },
  'tools/chaos': {
    forbidden: [
      'typeorm',
      '@nestjs/common',
      '@temporalio/workflow',
      '../../src/config/environment.js',
      '../../database/query.js',
      '../../dispatch/reads.js',
      '../../workflows/index.js',
      '../../test/support/database.js',
    ],
    allowed: [
      '@temporalio/worker',
      'pg',
      '../../contract/words.js',
      '../simulate/user.js',
      '../setup/postgres.js',
    ],
  },
  bench: {
    forbidden: [
      '@nestjs/common',
      '../src/config/environment.js',
      '../src/assignment-client/assignment-client.js',
      '../activities/booking-activities.js',
      '../workflows/index.js',
      '../test/support/database.js',
    ],
    allowed: [
      '../contract/words.js',
      '../database/query.js',
      '../events/emitter.js',
      '../tools/setup/ports.js',
      'pg',
    ],
  },
  'tools/history': {
    forbidden: [
      'typeorm',
      '@nestjs/common',
      '@temporalio/workflow',
      '../../src/config/environment.js',
      '../../database/query.js',
      '../../workflows/index.js',
    ],
    allowed: [
      '@temporalio/worker',
      '../../contract/words.js',
      '../../payload-codec/keys.js',
      '../setup/paths.js',
    ],
  },
  web: {
    forbidden: [
      'typeorm',
      '@nestjs/common',
      'node:fs',
      '@temporalio/client',
      '../src/config/environment.js',
      '../database/query.js',
      '../dispatch/reads.js',
      '../workflows/index.js',
      '../tools/setup/ports.js',
    ],
    allowed: ['../contract/words.js', 'socket.io-client'],
  },
};
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
