import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import type { AuditEntry, Explanation, OperatedVehicleType } from '../../contract/operator-shapes.js';
import { auditQuery, optionalReasonSchema, uuid, vehicleTypeId } from '../../contract/schemas.js';
import type { Page, Pilot } from '../../contract/shapes.js';
import { readAudit, toAuditEntry } from '../../dispatch/audit.js';
import { setAvailability } from '../../dispatch/availability.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { explainBooking } from '../../dispatch/explain.js';
import { setDispatchPaused } from '../../dispatch/pausing.js';
import type { WorkflowLink } from '../../dispatch/watching.js';
import { CalledBy, Who } from '../auth/access.guard.js';
import type { Caller } from '../auth/caller.js';
import { AuditedRead } from '../auth/read-audit.js';
import { DISPATCH, WORKFLOW_LINK } from '../config/providers.js';
import { NUMBER_KEY, fromCursor, pageOf } from '../http/cursor.js';

interface Why {
  reason?: string;
}

/** What operators do to pilots and vehicle types, and where they read what was done and why. */
@Controller('admin')
@Who('admin')
export class SteeringController {
  constructor(
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    @Inject(WORKFLOW_LINK) private readonly link: WorkflowLink,
  ) {}

  @Post('pilots/:id/offline')
  @HttpCode(200)
  setOffline(
    @CalledBy() caller: Caller,
    @Param('id', { schema: uuid }) pilotId: string,
    @Body({ schema: optionalReasonSchema }) body: Why,
  ): Promise<Pilot> {
    return setAvailability(this.dispatch, {
      pilotId,
      online: false,
      operator: { adminId: caller.id, reason: body.reason },
    });
  }

  @Post('vehicle-types/:id/pause')
  @HttpCode(200)
  pause(
    @CalledBy() caller: Caller,
    @Param('id', { schema: vehicleTypeId }) id: string,
    @Body({ schema: optionalReasonSchema }) body: Why,
  ): Promise<OperatedVehicleType> {
    return setDispatchPaused(this.dispatch, {
      ...{ vehicleTypeId: id, adminId: caller.id, paused: true, reason: body.reason },
    });
  }

  @Post('vehicle-types/:id/resume')
  @HttpCode(200)
  resume(
    @CalledBy() caller: Caller,
    @Param('id', { schema: vehicleTypeId }) id: string,
    @Body({ schema: optionalReasonSchema }) body: Why,
  ): Promise<OperatedVehicleType> {
    return setDispatchPaused(this.dispatch, {
      ...{ vehicleTypeId: id, adminId: caller.id, paused: false, reason: body.reason },
    });
  }

  @Get('bookings/:id/explain')
  @AuditedRead('read_booking')
  explain(@Param('id', { schema: uuid }) bookingId: string): Promise<Explanation> {
    return explainBooking(this.dispatch, bookingId, this.link);
  }

  @Get('audit')
  async audit(@Query({ schema: auditQuery }) query: z.output<typeof auditQuery>): Promise<Page<AuditEntry>> {
    const beforeId = fromCursor(query.cursor, NUMBER_KEY);
    const found = await readAudit(this.dispatch, {
      ...(query.bookingId === undefined ? {} : { bookingId: query.bookingId }),
      ...(query.actor === undefined ? {} : { actor: query.actor }),
      ...(beforeId === undefined ? {} : { beforeId }),
      limit: query.limit + 1,
    });
    return pageOf(found, query.limit, toAuditEntry, (entry) => entry.id);
  }
}
