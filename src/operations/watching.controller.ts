import { Controller, Get, Inject, Query } from '@nestjs/common';
import type { z } from 'zod';
import type { PilotMap, RecentEvent, SearchPage } from '../../contract/page-shapes.js';
import { listSearchesQuery, recentEventsQuery } from '../../contract/schemas.js';
import type { DispatchContext } from '../../dispatch/context.js';
import {
  readPilotMap,
  readRecentEvents,
  readSearches,
  toSearchView,
  type WorkflowLink,
} from '../../dispatch/watching.js';
import { Who } from '../auth/access.guard.js';
import type { ApiConfig } from '../config/environment.js';
import { API_CONFIG, DISPATCH, WORKFLOW_LINK } from '../config/providers.js';
import { NUMBER_KEY, fromCursor, pageOf } from '../http/cursor.js';
import { AuditedRead } from '../auth/read-audit.js';

/** What an operator's screen asks for every few seconds. */
@Controller('admin')
@Who('admin')
export class WatchingController {
  constructor(
    @Inject(DISPATCH) private readonly dispatch: DispatchContext,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(WORKFLOW_LINK) private readonly link: WorkflowLink,
  ) {}

  @Get('searches')
  @AuditedRead('read_bookings')
  async searches(
    @Query({ schema: listSearchesQuery }) query: z.output<typeof listSearchesQuery>,
  ): Promise<SearchPage> {
    const beforeNumber = fromCursor(query.cursor, NUMBER_KEY);
    const { found, serverTime } = await readSearches(this.dispatch, {
      state: query.state,
      ...(query.vehicleTypeId === undefined ? {} : { vehicleTypeId: query.vehicleTypeId }),
      ...(query.q === undefined ? {} : { q: query.q }),
      ...(beforeNumber === undefined ? {} : { beforeNumber }),
      limit: query.limit + 1,
    });
    const view = (search: (typeof found)[number]) => toSearchView(search, this.link);
    return { ...pageOf(found, query.limit, view, (search) => search.number), serverTime };
  }

  @Get('pilots/positions')
  @AuditedRead('read_positions')
  positions(): Promise<PilotMap> {
    return readPilotMap(this.dispatch, this.config.PILOT_STALE_MS);
  }

  @Get('events')
  @AuditedRead('read_bookings')
  events(
    @Query({ schema: recentEventsQuery }) query: z.output<typeof recentEventsQuery>,
  ): Promise<RecentEvent[]> {
    return readRecentEvents(this.dispatch, query.limit);
  }
}
