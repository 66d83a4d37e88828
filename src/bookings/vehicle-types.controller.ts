import { Controller, Get, Inject } from '@nestjs/common';
import type { Page, VehicleType } from '../../contract/shapes.js';
import { listVehicleTypes } from '../../database/statements/lists.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { Who } from '../auth/access.guard.js';
import { DISPATCH } from '../config/providers.js';

/** What can be booked, for whoever books, drives or watches; adding one is an operator's. */
@Controller('vehicle-types')
@Who('user', 'pilot', 'admin')
export class VehicleTypesController {
  constructor(@Inject(DISPATCH) private readonly dispatch: DispatchContext) {}

  @Get()
  async list(): Promise<Page<VehicleType>> {
    return { items: await listVehicleTypes(this.dispatch.source.manager), nextCursor: null };
  }
}
