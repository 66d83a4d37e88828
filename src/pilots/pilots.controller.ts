import { Body, Controller, Get, HttpCode, Inject, Put, Res } from '@nestjs/common';
import type { Response } from 'express';
import { availabilitySchema, locationSchema, type Location } from '../../contract/schemas.js';
import type { Booking, Offer, Pilot } from '../../contract/shapes.js';
import { markSeen } from '../../database/statements/pilots.js';
import { setAvailability } from '../../dispatch/availability.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { readJob, readOffers, readPilot } from '../../dispatch/reads.js';
import { CalledBy, Who } from '../auth/access.guard.js';
import type { Caller } from '../auth/caller.js';
import { DISPATCH } from '../config/providers.js';
import { Positions } from './positions.js';

@Controller('pilots/me')
@Who('pilot')
export class PilotsController {
  constructor(
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    private readonly positions: Positions,
  ) {}

  @Get()
  me(@CalledBy() caller: Caller): Promise<Pilot> {
    return readPilot(this.dispatch, caller.id);
  }

  @Put('availability')
  availability(
    @CalledBy() caller: Caller,
    @Body({ schema: availabilitySchema }) body: { online: boolean },
  ): Promise<Pilot> {
    return setAvailability(this.dispatch, { pilotId: caller.id, online: body.online });
  }

  /** Acknowledged once it is committed: every later search sees it. */
  @Put('location')
  @HttpCode(204)
  location(@CalledBy() caller: Caller, @Body({ schema: locationSchema }) body: Location): Promise<void> {
    return this.positions.report(caller.id, body);
  }

  /** Asking for offers also says: I am here. */
  @Get('offers')
  async offers(@CalledBy() caller: Caller): Promise<Offer[]> {
    await markSeen(this.dispatch.source.manager, [{ pilotId: caller.id, agoMs: 0 }]);
    return readOffers(this.dispatch, caller.id);
  }

  @Get('job')
  async job(
    @CalledBy() caller: Caller,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Booking | undefined> {
    const job = await readJob(this.dispatch, caller.id);
    if (job !== null) return job;
    response.status(204);
    return undefined;
  }
}
