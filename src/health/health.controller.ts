import { Controller, Get, Header, Inject, Req, Res, UnauthorizedException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { timingSafeEqual } from 'node:crypto';
import { outboxBacklog } from '../../database/statements/outbox.js';
import { countLiveSearches, countUnreceivedOffers } from '../../database/statements/repairs.js';
import { OFFER_RECEIPT_MS } from '../../contract/limits.js';
import type { DispatchContext } from '../../dispatch/context.js';
import { Anyone, Probe } from '../auth/access.guard.js';
import { API_CONFIG, DISPATCH } from '../config/providers.js';
import type { ApiConfig } from '../config/environment.js';
import { databaseIsAway } from '../http/database-away.js';
import { HealthService } from './health.service.js';
import { Metrics } from './metrics.js';

@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthService,
    private readonly metrics: Metrics,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
  ) {}

  @Get('health/live')
  @Probe()
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('health/ready')
  @Probe()
  async ready(@Res({ passthrough: true }) response: Response): Promise<object> {
    const { ready, ...parts } = await this.health.readiness();
    if (!ready) response.status(503).setHeader('Retry-After', '2');
    return { status: ready ? 'ok' : 'unavailable', ...parts };
  }

  @Get('metrics')
  @Anyone()
  @Header('Cache-Control', 'no-store')
  async exported(@Req() request: Request, @Res() response: Response): Promise<void> {
    this.refuseStrangers(request);
    await this.lookAtRows();
    response.type(this.metrics.registry.contentType).send(await this.metrics.registry.metrics());
  }

  /** While Postgres is away the rest of the figures is wanted more than ever. */
  private async lookAtRows(): Promise<void> {
    const { manager } = this.dispatch.source;
    const { outboxLines, unreceivedOffers, liveSearches, databaseUp } = this.metrics;
    try {
      outboxLines.set((await outboxBacklog(manager)).lines);
      unreceivedOffers.set(await countUnreceivedOffers(manager, OFFER_RECEIPT_MS));
      liveSearches.set(await countLiveSearches(manager));
      databaseUp.set(1);
    } catch (error) {
      if (!databaseIsAway(error)) throw error;
      for (const gauge of [outboxLines, unreceivedOffers, liveSearches]) gauge.remove();
      databaseUp.set(0);
    }
  }

  private refuseStrangers(request: Request): void {
    if (this.config.METRICS_TOKEN === undefined) return;
    const given = Buffer.from(request.headers.authorization ?? '');
    const wanted = Buffer.from(`Bearer ${this.config.METRICS_TOKEN}`);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
      throw new UnauthorizedException('The metrics token is needed.');
  }
}
