import {
  Inject,
  Injectable,
  SetMetadata,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { mergeMap, type Observable } from 'rxjs';
import { noteLook } from '../../database/statements/records.js';
import type { DispatchContext } from '../../dispatch/context.js';
import type { Caller } from './caller.js';
import { DISPATCH } from '../config/providers.js';

const AUDITED = 'auditedRead';
/** Looks remembered at most; past that Postgres is asked again. */
const MOST_KNOWN = 10_000;

/** What of people an operator may look at: the action of the audit's line. */
export type AuditedAction = 'read_positions' | 'read_pilots' | 'read_bookings' | 'read_booking';

/** A route that shows names, phones, addresses or positions: an operator's look at it is audited. */
export const AuditedRead = (action: AuditedAction) => SetMetadata(AUDITED, action);

/**
 * Writes into the audit which operator looked at what of whom. A screen asks every few seconds: one line for each
 * operator, action, booking and minute. What was searched for is not kept: it may be a name.
 */
@Injectable()
export class ReadAudit {
  /** What this process knows to stand in the audit, and until when that is enough. */
  private readonly noted = new Map<string, number>();

  constructor(@Inject(DISPATCH) private readonly dispatch: DispatchContext) {}

  /** Notes a look of an operator; of others nothing. Throws when it cannot: what is not audited is not shown. */
  async note(caller: Caller, action: AuditedAction, bookingId: string | null): Promise<void> {
    if (caller.type !== 'admin') return;
    const key = `${caller.id}:${action}:${bookingId ?? ''}`;
    if ((this.noted.get(key) ?? 0) > performance.now()) return;
    const look = { bookingId, actor: caller.id, action };
    const leftSeconds = await noteLook(this.dispatch.source.manager, `once:${key}`, look);
    if (this.noted.size >= MOST_KNOWN) this.noted.clear();
    this.noted.set(key, performance.now() + leftSeconds * 1000);
  }
}

/** Notes what was found before it is shown. */
@Injectable()
export class ReadAuditInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly audit: ReadAudit,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const action = this.reflector.get<AuditedAction | undefined>(AUDITED, context.getHandler());
    const request = context.switchToHttp().getRequest<Request & { caller?: Caller }>();
    const { caller, params } = request;
    if (action === undefined || caller === undefined) return next.handle();
    const id = action === 'read_booking' ? String(params['id']).toLowerCase() : null;
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        await this.audit.note(caller, action, id);
        return answer;
      }),
    );
  }
}
