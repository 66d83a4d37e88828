/** The pages of users, pilots and operators: files that the build of `web/` leaves in one folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HttpException } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { pageHeaders } from './page-headers.js';

export interface PagesOptions {
  /** Where the built pages are, absolute. It may be missing, or come and go while the API runs. */
  folder: string;
  /** The address of map tiles, which pages load as images; null for none. */
  mapTilesUrl: string | null;
  /** Called once, when there are no pages in the folder. */
  onMissing: (folder: string) => void;
}

const PAGES: Readonly<Record<string, string>> = {
  '/': 'index.html',
  '/user': 'user/index.html',
  '/pilot': 'pilot/index.html',
  '/operator': 'operator/index.html',
};
/** The build puts a hash of the content into these names: what is there never changes. */
const ASSET = /^\/assets\/[\w-][\w.-]*\.[a-z0-9]+$/;
/** Files with a fixed name beside the pages, such as an icon. */
const PLAIN_FILE = /^\/[\w-][\w.-]*\.[a-z0-9]+$/;

const FOREVER = { 'Cache-Control': 'public, max-age=31536000, immutable' };
/** Kept, but asked about each time: a new build shows at the next load. */
const ASK_AGAIN = { 'Cache-Control': 'no-cache' };

interface Found {
  /** Relative to the folder. */
  file: string;
  headers: Record<string, string>;
}

/** Express middleware; what is not a page or a file of one goes on to the API's routes. Pure but for the disk. */
export function servePages(
  options: PagesOptions,
): (request: Request, response: Response, next: NextFunction) => void {
  const { folder, mapTilesUrl, onMissing } = options;
  if (!existsSync(join(folder, 'index.html'))) onMissing(folder);
  const headers = { ...pageHeaders(mapTilesUrl), ...ASK_AGAIN };
  return (request, response, next) => {
    const found = request.method === 'GET' || request.method === 'HEAD' ? find(request.path, headers) : null;
    if (found === null) {
      next();
      return;
    }
    const send = { root: folder, headers: found.headers, cacheControl: false, acceptRanges: false };
    response.sendFile(found.file, send, (error?: Error & { statusCode?: number }) => {
      // Once it has begun, only the visitor can have broken it off.
      if (error === undefined || error === null || response.headersSent || response.destroyed) return;
      const { statusCode = 500 } = error;
      if (statusCode === 412) next(new HttpException('The file is another than you have.', statusCode));
      // A file that is not there: the API's own 404 answers.
      else next(statusCode < 500 ? undefined : error);
    });
  };
}

/** Names are looked up whole, so that no path leads out of the folder or lists it. */
function find(path: string, headersOfPages: Record<string, string>): Found | null {
  const name = /^\/[a-z]+\/$/.test(path) ? path.slice(0, -1) : path;
  const page = Object.hasOwn(PAGES, name) ? PAGES[name] : undefined;
  if (page !== undefined) return { file: page, headers: headersOfPages };
  if (ASSET.test(path)) return { file: path.slice(1), headers: FOREVER };
  return PLAIN_FILE.test(path) && !path.endsWith('.html')
    ? { file: path.slice(1), headers: ASK_AGAIN }
    : null;
}
