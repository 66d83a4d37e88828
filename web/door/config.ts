import { Api } from './api.js';

/** What the pages need to know before anybody signs in. */
export interface PagesConfig {
  demo: boolean;
  /** With {z}, {x} and {y}; null: the map draws its own ground. */
  mapTilesUrl: string | null;
  mapAttribution: string | null;
}

/** Reads it; tries until the server answers, since a page without it can do nothing. */
export function readConfig(): Promise<PagesConfig> {
  return new Api(() => null).call<PagesConfig>('GET', '/pages/config', { again: Infinity });
}
