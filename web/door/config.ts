import type { PagesConfig } from '../../contract/page-shapes.js';
import { Api } from './api.js';

/** Reads it; tries until the server answers, since a page without it can do nothing. */
export function readConfig(): Promise<PagesConfig> {
  return new Api(() => null).call<PagesConfig>('GET', '/pages/config', { again: Infinity });
}
