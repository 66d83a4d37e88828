// The pages' files: what is served with which headers, and that nothing else of the disk is.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { pageHeaders } from '../../src/pages/page-headers.js';
import { servePages } from '../../src/pages/serve-pages.js';
import { DEFAULT_MAP_TILES_URL } from '../../src/config/environment.js';

const home = mkdtempSync(join(tmpdir(), 'pages-'));
const folder = join(home, '.web');
const missing: string[] = [];
let server: Server;

function write(file: string, text: string): void {
  mkdirSync(join(folder, file, '..'), { recursive: true });
  writeFileSync(join(folder, file), text);
}

async function serve(from: string): Promise<Server> {
  const app = express();
  app.use(
    servePages({ folder: from, mapTilesUrl: DEFAULT_MAP_TILES_URL, onMissing: (name) => missing.push(name) }),
  );
  app.use((_request, response) => void response.status(404).send('the api'));
  const listening = createServer(app);
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
  return listening;
}

interface Answer {
  status: number;
  text: string;
  headers: IncomingHttpHeaders;
}

/** The path goes out as it is written: no client tidies it up. */
function get(
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
  from = server,
): Promise<Answer> {
  const { port } = from.address() as { port: number };
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      incoming.once('end', () =>
        resolve({ status: incoming.statusCode ?? 0, text, headers: incoming.headers }),
      );
    })
      .once('error', reject)
      .end();
  });
}

beforeAll(async () => {
  for (const name of ['', 'user/', 'pilot/', 'operator/'])
    write(`${name}index.html`, `<p>${name || 'choice'}</p>`);
  write('assets/main-B1a_x-9.js', 'export {};');
  write('assets/.hidden.js', 'hidden');
  write('assets/deep/x.js', 'deep');
  write('icon.svg', '<svg/>');
  write('.secret.txt', 'secret');
  writeFileSync(join(home, 'outside.txt'), 'outside');
  writeFileSync(join(home, 'outside.js'), 'outside');
  server = await serve(folder);
});
afterAll(() => {
  server.close();
  rmSync(home, { recursive: true, force: true });
});

test.each([
  ['/', 'choice'],
  ['/user', 'user/'],
  ['/user/', 'user/'],
  ['/pilot', 'pilot/'],
  ['/pilot/', 'pilot/'],
  ['/operator', 'operator/'],
  ['/operator/?booking=1', 'operator/'],
])('%s is a page', async (path, text) => {
  const page = await get(path);
  expect([page.status, page.text]).toEqual([200, `<p>${text}</p>`]);
  expect(page.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'referrer-policy': 'strict-origin-when-cross-origin',
    'permissions-policy': 'geolocation=(self)',
    'x-frame-options': 'DENY',
  });
  expect(page.headers['content-security-policy']).toContain("default-src 'self'");
});

test('an asset is kept for ever, an icon is asked about again', async () => {
  const script = await get('/assets/main-B1a_x-9.js');
  expect([script.status, script.text]).toEqual([200, 'export {};']);
  expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect(script.headers['content-type']).toMatch(/^text\/javascript/);
  const icon = await get('/icon.svg');
  expect([icon.status, icon.headers['cache-control'], icon.headers['content-type']]).toEqual([
    200,
    'no-cache',
    'image/svg+xml',
  ]);
});

test('HEAD answers as GET without the text; a page that is not new is 304', async () => {
  for (const path of ['/user', '/assets/main-B1a_x-9.js']) {
    const [whole, head] = [await get(path), await get(path, 'HEAD')];
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(String(whole.text.length));
    expect((await get(path, 'GET', { 'if-none-match': whole.headers.etag ?? '' })).status).toBe(304);
  }
});

test.each([
  ...['/nobody', '/users', '/user/x', '/user/index.html', '/index.html', '/toString', '/__proto__', '//'],
  ...['/assets', '/assets/', '/assets/none.js', '/assets/.hidden.js', '/assets/deep/x.js', '/.secret.txt'],
  ...['/../outside.txt', '/assets/../../outside.js', '/assets/..%2f..%2foutside.js', '/..%5coutside.txt'],
  ...['/assets/%2e%2e/icon.svg', '/%2e%2e/outside.txt', '/assets/main-B1a_x-9.js/', '/icon%00.svg'],
  ...['/%ZZ', '/assets/%c0%ae.js', '/assets/main-B1a_x-9.js%00.svg', '/user//', '/USER'],
])('%s is none of the pages: the API answers', async (path) => {
  const answer = await get(path);
  expect([answer.status, answer.text]).toEqual([404, 'the api']);
  expect(answer.headers['cache-control']).toBeUndefined();
});

test('nothing but GET and HEAD is for the pages', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
    expect((await get('/user', method)).text).toBe('the api');
});

test('odd conditions and ranges are no fault of ours', async () => {
  expect((await get('/user', 'GET', { range: 'bytes=9999-' })).status).toBe(200);
  expect((await get('/user', 'GET', { 'if-match': '"another"' })).status).toBe(412);
});

test('without a folder all goes on to the API, and once there are pages they are served', async () => {
  const later = join(home, 'later');
  const other = await serve(later);
  try {
    expect(missing).toEqual([later]);
    for (const path of ['/', '/user', '/assets/x.js'])
      expect(await get(path, 'GET', {}, other)).toMatchObject({ status: 404, text: 'the api' });
    mkdirSync(later);
    writeFileSync(join(later, 'index.html'), 'now');
    expect(await get('/', 'GET', {}, other)).toMatchObject({ status: 200, text: 'now' });
  } finally {
    other.close();
  }
});

describe('the policy', () => {
  const policyFor = (tiles: string | null) => pageHeaders(tiles)['Content-Security-Policy'] ?? '';
  const sources = (tiles: string | null, directive: string) =>
    policyFor(tiles)
      .split('; ')
      .find((one) => one.startsWith(`${directive} `));

  it('lets no script or style in that is not ours, and nobody frame the pages', () => {
    expect(sources(null, 'script-src')).toBe("script-src 'self'");
    expect(sources(null, 'style-src')).toBe("style-src 'self'");
    expect(sources(null, 'frame-ancestors')).toBe("frame-ancestors 'none'");
    expect(sources(null, 'connect-src')).toBe("connect-src 'self' ws: wss:");
    expect(policyFor(null)).not.toMatch(/unsafe|upgrade-insecure/);
  });

  it.each([
    [null, ''],
    [DEFAULT_MAP_TILES_URL, ' https://tile.openstreetmap.org'],
    ['http://localhost:8080/{z}/{x}/{y}.png', ' http://localhost:8080'],
    ['https://{s}.tiles.example/{z}/{x}/{y}{r}.png?key=1', ' https://*.tiles.example'],
  ])('lets tiles of %s in', (tiles, more) => {
    expect(sources(tiles, 'img-src')).toBe(`img-src 'self' data: blob: https:${more}`);
  });
});
