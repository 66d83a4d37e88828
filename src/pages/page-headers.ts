/** What a browser may do with the pages, said in headers. Pure. */

/**
 * The headers of every page.
 * @param mapTilesUrl address of map tiles with {z}, {x}, {y}, and {s} for a subdomain; null for none
 */
export function pageHeaders(mapTilesUrl: string | null): Record<string, string> {
  const tiles = mapTilesUrl === null ? [] : [tilesOrigin(mapTilesUrl)];
  const policy: Record<string, string[]> = {
    'default-src': ["'self'"],
    'script-src': ["'self'"],
    // Libraries that set a style through the object model need no leave.
    'style-src': ["'self'"],
    // Pilots' pictures may be anywhere.
    'img-src': ["'self'", 'data:', 'blob:', 'https:', ...tiles],
    'connect-src': ["'self'", 'ws:', 'wss:'],
    'worker-src': ["'self'", 'blob:'],
    'object-src': ["'none'"],
    'base-uri': ["'self'"],
    'form-action': ["'self'"],
    'frame-ancestors': ["'none'"],
  };
  return {
    'Content-Security-Policy': Object.entries(policy)
      .map(([directive, sources]) => [directive, ...sources].join(' '))
      .join('; '),
    'X-Frame-Options': 'DENY',
    // Servers of map tiles refuse who does not say where the request comes from.
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'Permissions-Policy': 'geolocation=(self)',
  };
}

/** Where tiles come from, as a policy names it: `https://*.tiles.example` for `https://{s}.tiles.example/…`. */
function tilesOrigin(mapTilesUrl: string): string {
  return /^https?:\/\/[^/]+/.exec(mapTilesUrl)?.[0].replace('{s}', '*') ?? 'https:';
}
