import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import type { z } from 'zod';
import {
  createBookingSchema,
  eventsQuery,
  listBookingsQuery,
  optionalReasonSchema,
  uuid,
  type CreateBooking,
} from '../../contract/schemas.js';
import type { Assignment, Booking, BookingEvent, Page } from '../../contract/shapes.js';
import { listBookings } from '../../database/statements/lists.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { cancelByCaller } from '../../dispatch/cancel-booking.js';
import { createBooking, earlierBooking, type BookingRequest } from '../../dispatch/create-booking.js';
import { readAssignment, readBooking, readEvents } from '../../dispatch/reads.js';
import { retryByCaller } from '../../dispatch/retry-search.js';
import { toBooking } from '../../dispatch/views.js';
import { CalledBy, Who } from '../auth/access.guard.js';
import type { Caller } from '../auth/caller.js';
import { API_CONFIG, DISPATCH } from '../config/providers.js';
import type { ApiConfig } from '../config/environment.js';
import { NUMBER_KEY, fromCursor, pageOf } from '../http/cursor.js';
import { ageMs, type TimedRequest } from '../http/arrival.js';
import { OverloadedException } from '../http/overloaded.js';
import { RateLimiter, TooManyRequestsException } from '../http/rate-limiter.js';
import { InvalidInputException } from '../http/validation.js';
import { AuditedRead } from '../auth/read-audit.js';

import { Admission } from './admission.js';

const LONGEST_KEY = 200;

@Controller('bookings')
export class BookingsController {
  constructor(
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    private readonly limiter: RateLimiter,
    private readonly admission: Admission,
  ) {}

  @Post()
  @Who('user')
  async create(
    @CalledBy() caller: Caller,
    @Body({ schema: createBookingSchema }) body: CreateBooking,
    @Headers('idempotency-key') key?: string,
  ): Promise<Booking> {
    if (key !== undefined && (key.trim() === '' || key.length > LONGEST_KEY))
      throw new InvalidInputException([
        { field: 'Idempotency-Key', message: `must be 1 to ${LONGEST_KEY} characters` },
      ]);
    const request: BookingRequest = {
      user: caller,
      body,
      limits: this.config.searchLimits,
      ...(key === undefined ? {} : { idempotencyKey: key }),
    };
    const refusal = await this.refusalOf(caller);
    if (refusal !== null) return this.orEarlier(request, refusal);
    this.admission.noteTaken();
    return createBooking(this.dispatch, request);
  }

  /** Why a new booking is not taken now: too many for the system, or for this person; null when it is. */
  private async refusalOf(caller: Caller): Promise<Error | null> {
    const refusal = this.admission.refusal();
    const limits = this.config.RATE_LIMIT;
    if (refusal !== null || limits === null) return refusal;
    try {
      await this.limiter.take('bookings', caller.id, limits.bookingsPerToken);
      return null;
    } catch (error) {
      if (error instanceof TooManyRequestsException) return error;
      throw error;
    }
  }

  /** Too much for a new booking; one that was made with this key is answered all the same. */
  private async orEarlier(request: BookingRequest, refusal: Error): Promise<Booking> {
    const earlier = await earlierBooking(this.dispatch, request);
    if (earlier !== null) return earlier;
    if (refusal instanceof OverloadedException) this.admission.noteRefused();
    throw refusal;
  }

  @Get()
  @AuditedRead('read_bookings')
  @Who('user', 'pilot', 'admin')
  async list(
    @CalledBy() caller: Caller,
    @Query({ schema: listBookingsQuery }) query: z.output<typeof listBookingsQuery>,
  ): Promise<Page<Booking>> {
    const found = await listBookings(this.dispatch.source.manager, {
      ...(caller.type === 'user' ? { userId: caller.id } : {}),
      ...(caller.type === 'pilot' ? { pilotId: caller.id } : {}),
      ...(query.status === undefined ? {} : { status: query.status }),
      ...cursorOf(query.cursor),
      limit: query.limit + 1,
    });
    return pageOf(
      found,
      query.limit,
      (booking) => toBooking(booking, caller.type),
      (booking) => booking.number,
    );
  }

  @Get(':id')
  @AuditedRead('read_booking')
  @Who('user', 'pilot', 'admin')
  one(@CalledBy() caller: Caller, @Param('id', { schema: uuid }) id: string): Promise<Booking> {
    return readBooking(this.dispatch, id, caller);
  }

  @Get(':id/assignment')
  @Who('user', 'admin')
  assignment(@CalledBy() caller: Caller, @Param('id', { schema: uuid }) id: string): Promise<Assignment> {
    return readAssignment(this.dispatch, id, caller);
  }

  @Get(':id/events')
  @AuditedRead('read_booking')
  @Who('user', 'admin')
  events(
    @CalledBy() caller: Caller,
    @Param('id', { schema: uuid }) id: string,
    @Query({ schema: eventsQuery }) query: z.output<typeof eventsQuery>,
  ): Promise<BookingEvent[]> {
    return readEvents(this.dispatch, id, caller, query.after);
  }

  @Post(':id/retry-assignment')
  @HttpCode(200)
  @Who('user', 'admin')
  retry(
    @CalledBy() caller: Caller,
    @Param('id', { schema: uuid }) id: string,
    @Body({ schema: optionalReasonSchema }) body: { reason?: string },
  ): Promise<{ success: true; message: string }> {
    return retryByCaller(this.dispatch, { bookingId: id, caller: asOwner(caller), ...body });
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Who('user', 'admin')
  cancel(
    @CalledBy() caller: Caller,
    @Param('id', { schema: uuid }) id: string,
    @Body({ schema: optionalReasonSchema }) body: { reason?: string },
    @Req() request: TimedRequest,
  ): Promise<Booking> {
    return cancelByCaller(this.dispatch, {
      bookingId: id,
      caller: asOwner(caller),
      ageMs: ageMs(request),
      ...body,
    });
  }
}

/** Retry and cancel are for users and operators only; the guard let no pilot through. */
function asOwner(caller: Caller): { type: 'user' | 'admin'; id: string } {
  return { type: caller.type === 'admin' ? 'admin' : 'user', id: caller.id };
}

function cursorOf(cursor: string | undefined): { beforeNumber?: string } {
  const beforeNumber = fromCursor(cursor, NUMBER_KEY);
  return beforeNumber === undefined ? {} : { beforeNumber };
}
