import {
  createParamDecorator,
  ForbiddenException,
  Inject,
  Injectable,
  SetMetadata,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { API_CONFIG } from '../config/providers.js';
import type { ApiConfig } from '../config/environment.js';
import type { TokenType } from '../../contract/words.js';
import { clientAddress, trustOf } from '../http/client-address.js';
import { databaseIsAway } from '../http/database-away.js';
import { RateLimiter } from '../http/rate-limiter.js';
import type { Caller } from './caller.js';
import { TokenVerifier } from './token-verifier.js';

const WHO = 'who';
type CallerRequest = Request & { caller?: Caller };

/** Which token types may call a route. A route without it is refused to everybody. */
export const Who = (...types: TokenType[]) => SetMetadata(WHO, types);
/** A route that needs no token. */
export const Anyone = () => SetMetadata(WHO, 'anyone');
/** A route for probes: no token, and no limit either, since limits are counted in Postgres, and a probe tells of its loss. */
export const Probe = () => SetMetadata(WHO, 'probe');
/** The verified caller of the request. */
export const CalledBy = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<CallerRequest>().caller,
);

/** Every REST call: the address's limit, the token, the role, the token's limit; deny by default. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: TokenVerifier,
    private readonly limiter: RateLimiter,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const who = this.reflector.getAllAndOverride<TokenType[] | 'anyone' | 'probe' | undefined>(WHO, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (who === 'probe') return true;
    const request = context.switchToHttp().getRequest<CallerRequest>();
    const limits = this.config.RATE_LIMIT;
    if (limits !== null) await this.takeForAddress(request, limits.requestsPerAddress, who === 'anyone');
    if (who === 'anyone') return true;
    const caller = await this.callerOf(request);
    if (limits !== null) await this.limiter.take('token', caller.id, limits.requestsPerToken);
    if (who === undefined || !who.includes(caller.type))
      throw new ForbiddenException(`A ${caller.type} may not do this.`);
    request.caller = caller;
    return true;
  }

  /**
   * @param openly what anyone may read tells of itself whether Postgres is needed for it: figures are wanted most of all
   *   while it is away, when nothing can be counted
   */
  private async takeForAddress(request: Request, limit: number, openly: boolean): Promise<void> {
    try {
      await this.limiter.take('address', clientAddress(request, trustOf(request.app)), limit);
    } catch (error) {
      if (!openly || !databaseIsAway(error)) throw error;
    }
  }

  private async callerOf(request: Request): Promise<Caller> {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    const caller = scheme?.toLowerCase() === 'bearer' && token ? await this.tokens.verify(token) : null;
    if (caller === null) throw new UnauthorizedException('A good bearer token is needed.');
    return caller;
  }
}
