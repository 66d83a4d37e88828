import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { jobStatusSchema, reasonSchema, uuid } from '../../contract/schemas.js';
import type { Booking } from '../../contract/shapes.js';
import type { JobStatus } from '../../contract/words.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { releaseByPilot, stepJob } from '../../dispatch/jobs.js';
import { CalledBy, Who } from '../auth/access.guard.js';
import type { Caller } from '../auth/caller.js';
import { DISPATCH } from '../config/providers.js';

@Controller('jobs')
@Who('pilot')
export class JobsController {
  constructor(@Inject(DISPATCH) private readonly dispatch: DispatchContext) {}

  @Post(':bookingId/status')
  @HttpCode(200)
  step(
    @CalledBy() caller: Caller,
    @Param('bookingId', { schema: uuid }) bookingId: string,
    @Body({ schema: jobStatusSchema }) body: { status: JobStatus },
  ): Promise<Booking> {
    return stepJob(this.dispatch, { bookingId, pilotId: caller.id, status: body.status });
  }

  @Post(':bookingId/release')
  @HttpCode(200)
  release(
    @CalledBy() caller: Caller,
    @Param('bookingId', { schema: uuid }) bookingId: string,
    @Body({ schema: reasonSchema }) body: { reason: string },
  ): Promise<Booking> {
    return releaseByPilot(this.dispatch, { bookingId, pilotId: caller.id, reason: body.reason });
  }
}
