// Keys of the issuer: while their address is away those of before are good, and nobody waits for it at each call.
import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, jwtVerify, SignJWT, type CryptoKey } from 'jose';
import { pino } from 'pino';
import { issuerKeys } from '../../src/auth/issuer-keys.js';
import { KeysAwayError } from '../../src/http/keys-away.js';

const MINUTE_MS = 60_000;
const silent = pino({ level: 'silent' });

let server: Server;
let url: URL;
let asked = 0;
let away = false;
let published: { kid: string; key: CryptoKey }[] = [];
beforeAll(async () => {
  server = createServer((_request, response) => {
    asked += 1;
    if (away) {
      response.statusCode = 503;
      response.end();
      return;
    }
    void Promise.all(published.map(async ({ kid, key }) => ({ ...(await exportJWK(key)), kid }))).then(
      (keys) => response.end(JSON.stringify({ keys })),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = new URL(`http://127.0.0.1:${(server.address() as { port: number }).port}/keys`);
});
afterAll(() => server.close());
beforeEach(() => {
  [asked, away, published] = [0, false, []];
});
afterEach(() => jest.restoreAllMocks());

async function tokenOf(kid: string): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  published.push({ kid, key: publicKey });
  return new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid }).setExpirationTime('1h').sign(privateKey);
}

/** As if so much time had passed: both clocks, by which keys grow old and an address is left alone. */
function later(ms: number): void {
  const [now, elapsed] = [Date.now(), performance.now()];
  jest.spyOn(Date, 'now').mockReturnValue(now + ms);
  jest.spyOn(performance, 'now').mockReturnValue(elapsed + ms);
}

test('that were never read are away: the token is not called bad, and the next call does not ask again', async () => {
  away = true;
  const token = await tokenOf('k1');
  const keys = issuerKeys(url, silent);
  for (let n = 0; n < 3; n += 1) await expect(jwtVerify(token, keys)).rejects.toThrow(KeysAwayError);
  expect(asked).toBe(1);
  away = false;
  later(11_000);
  await expect(jwtVerify(token, keys)).resolves.toMatchObject({ protectedHeader: { kid: 'k1' } });
});

test('that have grown old are good while the address is away, and a token of no key of theirs is bad', async () => {
  const token = await tokenOf('k1');
  const keys = issuerKeys(url, silent);
  await jwtVerify(token, keys);
  away = true;
  later(11 * MINUTE_MS);
  for (let n = 0; n < 3; n += 1)
    await expect(jwtVerify(token, keys)).resolves.toMatchObject({ protectedHeader: { kid: 'k1' } });
  const strange = await tokenOf('k2');
  await expect(jwtVerify(strange, keys)).rejects.toThrow(/no applicable key/);
  expect(asked).toBe(2);
  away = false;
  later(11_000);
  await expect(jwtVerify(strange, keys)).resolves.toMatchObject({ protectedHeader: { kid: 'k2' } });
});
