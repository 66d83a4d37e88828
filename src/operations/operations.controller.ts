import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import {
  assignByHandSchema,
  createPilotSchema,
  createVehicleTypeSchema,
  listAdminBookingsQuery,
  listPilotsQuery,
  reasonSchema,
  revokeSchema,
  uuid,
  type CreatePilot,
} from '../../contract/schemas.js';
import type { OperatedVehicleType } from '../../contract/operator-shapes.js';
import type { AssignmentStats, Booking, Page, Pilot, VehicleType } from '../../contract/shapes.js';
import { listBookings, selectStats } from '../../database/statements/lists.js';
import { listPilots } from '../../database/statements/pilots.js';
import { assignByHand } from '../../dispatch/assign-by-hand.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { addPilot, addVehicleType } from '../../dispatch/enrolment.js';
import { releaseByOperator } from '../../dispatch/jobs.js';
import { readOperatedVehicleTypes } from '../../dispatch/pausing.js';
import { toBooking, toPilot } from '../../dispatch/views.js';
import { CalledBy, Who } from '../auth/access.guard.js';
import type { Caller } from '../auth/caller.js';
import { Revocations } from '../auth/revocations.js';
import { DISPATCH } from '../config/providers.js';
import { NUMBER_KEY, UUID_KEY, fromCursor, pageOf } from '../http/cursor.js';
import { AuditedRead } from '../auth/read-audit.js';

@Controller('admin')
@Who('admin')
export class OperationsController {
  constructor(
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    private readonly revocations: Revocations,
  ) {}

  @Post('pilots')
  addPilot(
    @CalledBy() caller: Caller,
    @Body({ schema: createPilotSchema }) pilot: CreatePilot,
  ): Promise<Pilot> {
    return addPilot(this.dispatch, { adminId: caller.id, pilotId: randomUUID(), pilot });
  }

  @Get('pilots')
  @AuditedRead('read_pilots')
  async pilots(
    @Query({ schema: listPilotsQuery }) query: z.output<typeof listPilotsQuery>,
  ): Promise<Page<Pilot>> {
    const after = fromCursor(query.cursor, UUID_KEY) ?? null;
    const found = await listPilots(this.dispatch.source.manager, query.limit + 1, after);
    return pageOf(found, query.limit, toPilot, (pilot) => pilot.id);
  }

  @Get('vehicle-types')
  async vehicleTypes(): Promise<Page<OperatedVehicleType>> {
    return { items: await readOperatedVehicleTypes(this.dispatch), nextCursor: null };
  }

  @Post('vehicle-types')
  addVehicleType(
    @CalledBy() caller: Caller,
    @Body({ schema: createVehicleTypeSchema }) vehicleType: VehicleType,
  ): Promise<VehicleType> {
    return addVehicleType(this.dispatch, { adminId: caller.id, vehicleType });
  }

  @Get('assignments/stats')
  stats(): Promise<AssignmentStats> {
    return selectStats(this.dispatch.source.manager);
  }

  @Get('bookings')
  @AuditedRead('read_bookings')
  async bookings(
    @Query({ schema: listAdminBookingsQuery }) query: z.output<typeof listAdminBookingsQuery>,
  ): Promise<Page<Booking>> {
    const beforeNumber = fromCursor(query.cursor, NUMBER_KEY);
    const found = await listBookings(this.dispatch.source.manager, {
      ...(query.status === undefined ? {} : { status: query.status }),
      ...(query.q === undefined ? {} : { q: query.q }),
      ...(beforeNumber === undefined ? {} : { beforeNumber }),
      limit: query.limit + 1,
    });
    return pageOf(
      found,
      query.limit,
      (booking) => toBooking(booking, 'admin'),
      (booking) => booking.number,
    );
  }

  @Post('bookings/:id/assign')
  @HttpCode(200)
  assign(
    @CalledBy() caller: Caller,
    @Param('id', { schema: uuid }) bookingId: string,
    @Body({ schema: assignByHandSchema }) body: { pilotId: string; reason?: string },
  ): Promise<Booking> {
    return assignByHand(this.dispatch, { bookingId, adminId: caller.id, ...body });
  }

  @Post('bookings/:id/release')
  @HttpCode(200)
  release(
    @CalledBy() caller: Caller,
    @Param('id', { schema: uuid }) bookingId: string,
    @Body({ schema: reasonSchema }) body: { reason: string },
  ): Promise<Booking> {
    return releaseByOperator(this.dispatch, { bookingId, adminId: caller.id, reason: body.reason });
  }

  @Post('tokens/revoke')
  @HttpCode(204)
  revoke(
    @CalledBy() caller: Caller,
    @Body({ schema: revokeSchema }) body: { sub: string } | { jti: string },
  ): Promise<void> {
    return this.revocations.revoke(caller.id, body);
  }
}
