import { Controller, Get, Inject } from '@nestjs/common';
import type { PagesConfig } from '../../contract/page-shapes.js';
import { Anyone } from '../auth/access.guard.js';
import { DEFAULT_MAP_TILES_URL, type ApiConfig } from '../config/environment.js';
import { API_CONFIG } from '../config/providers.js';

const DEFAULT_ATTRIBUTION = '© OpenStreetMap contributors';

/** What the pages need to know before anybody has a token. */
@Controller('pages')
export class PagesController {
  constructor(@Inject(API_CONFIG) private readonly config: ApiConfig) {}

  @Get('config')
  @Anyone()
  settings(): PagesConfig {
    const { DEMO: demo, MAP_TILES_URL: mapTilesUrl, MAP_ATTRIBUTION: attribution } = this.config;
    const known = mapTilesUrl === DEFAULT_MAP_TILES_URL ? DEFAULT_ATTRIBUTION : null;
    return { demo, mapTilesUrl, mapAttribution: attribution ?? known };
  }
}
