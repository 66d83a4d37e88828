import { fileURLToPath } from 'node:url';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import type { Logger } from 'pino';
import { MOST_DEMO_PILOTS } from '../contract/limits.js';
import type { DispatchContext } from '../dispatch/context.js';
import type { AssignmentClient } from './assignment-client/assignment-client.js';
import { AccessGuard } from './auth/access.guard.js';
import { DemoController } from './auth/demo.controller.js';
import { Revocations } from './auth/revocations.js';
import { TokenVerifier } from './auth/token-verifier.js';
import { Admission } from './bookings/admission.js';
import { BookingsController } from './bookings/bookings.controller.js';
import { VehicleTypesController } from './bookings/vehicle-types.controller.js';
import type { ApiConfig } from './config/environment.js';
import { createPayloadCodec } from './config/payload-codec.js';
import {
  API_CONFIG,
  ASSIGNMENT_CLIENT,
  DISPATCH,
  LOGGER,
  PAYLOAD_CODEC,
  WORKFLOW_LINK,
} from './config/providers.js';
import { ServerClock } from './config/server-clock.js';
import { DemoPilotsController } from './demo/demo-pilots.controller.js';
import { DemoPilots } from './demo/demo-pilots.js';
import { HealthController } from './health/health.controller.js';
import { HealthService } from './health/health.service.js';
import { Metrics } from './health/metrics.js';
import { ProblemFilter } from './http/problem.filter.js';
import { RateLimiter } from './http/rate-limiter.js';
import { InputPipe } from './http/validation.js';
import { JobsController } from './jobs/jobs.controller.js';
import { OffersController } from './offers/offers.controller.js';
import { CodecController } from './operations/codec.controller.js';
import { OperationsController } from './operations/operations.controller.js';
import { SteeringController } from './operations/steering.controller.js';
import { ReadAudit, ReadAuditInterceptor } from './auth/read-audit.js';
import { WatchingController } from './operations/watching.controller.js';
import { workflowLinks } from './operations/workflow-links.js';
import { OutboxRelay } from './outbox/outbox-relay.js';
import { PagesController } from './pages/pages.controller.js';
import { PilotsController } from './pilots/pilots.controller.js';
import { Positions } from './pilots/positions.js';
import { Connections } from './realtime/connections.js';
import { Presence } from './realtime/presence.js';
import { Repair } from './realtime/repair.js';
import { SocketLimits } from './realtime/socket-limits.js';
import { SocketServer } from './realtime/socket-server.js';
import { StatsTicker } from './realtime/stats-ticker.js';
import { Reconciler } from './reconciler/reconciler.js';
import type { Tracing } from './tracing/tracing.js';

/** What the process is given at its start; everything else is made here. */
export interface ApiParts {
  config: ApiConfig;
  logger: Logger;
  dispatch: DispatchContext;
  client: AssignmentClient;
  /** Only where traces are sent. */
  tracing?: Tracing;
  /** Where the built pages are; `dist/web` unless told. */
  pagesFolder?: string;
}

@Module({})
export class AppModule {
  static of(parts: ApiParts): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        BookingsController,
        VehicleTypesController,
        OffersController,
        JobsController,
        PilotsController,
        OperationsController,
        WatchingController,
        SteeringController,
        CodecController,
        DemoController,
        DemoPilotsController,
        HealthController,
        PagesController,
      ],
      providers: [
        { provide: API_CONFIG, useValue: parts.config },
        { provide: LOGGER, useValue: parts.logger },
        { provide: DISPATCH, useValue: parts.dispatch },
        { provide: ASSIGNMENT_CLIENT, useValue: parts.client },
        {
          provide: WORKFLOW_LINK,
          useValue: workflowLinks(parts.config.TEMPORAL_UI_URL, parts.client.namespace),
        },
        { provide: DemoPilots, useValue: demoPilots(parts.logger) },
        {
          provide: PAYLOAD_CODEC,
          useValue: createPayloadCodec(parts.config.PAYLOAD_KEYS, parts.logger),
        },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_PIPE, useClass: InputPipe },
        { provide: APP_FILTER, useClass: ProblemFilter },
        ...[
          ServerClock,
          TokenVerifier,
          Revocations,
          RateLimiter,
          Metrics,
          HealthService,
          Admission,
          OutboxRelay,
          Reconciler,
        ],
        ...[Positions, Presence, SocketLimits, Connections, Repair, StatsTicker, SocketServer],
        { provide: APP_INTERCEPTOR, useClass: ReadAuditInterceptor },
        ReadAudit,
      ],
    };
  }
}

/** The program is a stranger to us, like every client: started by its path, never imported. */
function demoPilots(logger: Logger): DemoPilots {
  const program = fileURLToPath(new URL('../tools/simulate/demo-pilots.js', import.meta.url));
  return new DemoPilots({ program, most: MOST_DEMO_PILOTS, logger });
}
