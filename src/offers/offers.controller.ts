import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { emptySchema, optionalReasonSchema, uuid } from '../../contract/schemas.js';
import type { AcceptAnswer } from '../../contract/shapes.js';
import { acceptByTap, declineByTap } from '../../dispatch/answer-offer.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { CalledBy, Who } from '../auth/access.guard.js';
import type { Caller } from '../auth/caller.js';
import { DISPATCH } from '../config/providers.js';

/** The short way of a tap: one transaction, and the answer is final. */
@Controller('offers')
@Who('pilot')
export class OffersController {
  constructor(@Inject(DISPATCH) private readonly dispatch: DispatchContext) {}

  @Post(':id/accept')
  @HttpCode(200)
  accept(
    @CalledBy() caller: Caller,
    @Param('id', { schema: uuid }) id: string,
    @Body({ schema: emptySchema }) _body: object,
  ): Promise<AcceptAnswer> {
    return acceptByTap(this.dispatch, { pilotId: caller.id, offerId: id });
  }

  @Post(':id/decline')
  @HttpCode(200)
  decline(
    @CalledBy() caller: Caller,
    @Param('id', { schema: uuid }) id: string,
    @Body({ schema: optionalReasonSchema }) body: { reason?: string },
  ): Promise<{ outcome: 'DECLINED' }> {
    return declineByTap(this.dispatch, { pilotId: caller.id, offerId: id, ...body });
  }
}
