import { randomUUID } from 'node:crypto';
import { Body, Controller, HttpCode, Inject, NotFoundException, Post } from '@nestjs/common';
import { SignJWT } from 'jose';
import type { z } from 'zod';
import { demoTokenSchema } from '../../contract/schemas.js';
import { insertPilot } from '../../database/statements/pilots.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { API_CONFIG, DISPATCH } from '../config/providers.js';
import type { ApiConfig } from '../config/environment.js';
import { Anyone } from './access.guard.js';

const DEMO_TOKEN_LIFE = '12h';
const DEMO_PHONE = '+1 514 555 0100';

/** Tokens to try the system with; only with DEMO=true, which refuses to start in production. */
@Controller('demo')
export class DemoController {
  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
  ) {}

  @Post('token')
  @HttpCode(200)
  @Anyone()
  async token(
    @Body({ schema: demoTokenSchema }) body: z.output<typeof demoTokenSchema>,
  ): Promise<{ token: string; id: string }> {
    if (!this.config.DEMO || this.config.JWT_SECRET === undefined)
      throw new NotFoundException('no such route');
    const id = body.id ?? randomUUID();
    const name = body.name ?? `Demo ${body.type} ${id.slice(0, 4)}`;
    const phone = body.phone ?? DEMO_PHONE;
    if (body.type === 'pilot')
      await insertPilot(this.dispatch.source.manager, id, {
        name,
        phone,
        vehicleTypeId: 'bike',
        rating: 4.8,
      });
    const token = new SignJWT({ type: body.type, name, phone })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(id)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(DEMO_TOKEN_LIFE);
    if (this.config.JWT_ISSUER !== undefined) token.setIssuer(this.config.JWT_ISSUER);
    if (this.config.JWT_AUDIENCE !== undefined) token.setAudience(this.config.JWT_AUDIENCE);
    return { token: await token.sign(new TextEncoder().encode(this.config.JWT_SECRET)), id };
  }
}
