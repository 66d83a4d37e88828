// Forged, wrong and outdated tokens, at REST and at the handshake (S6-S8).
import { createServer, type Server } from 'node:http';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { Cast } from '../support/actors.js';
import { expectProblem } from '../support/conform.js';
import { freePort } from '../support/free-port.js';
import { forge, forgeries } from '../support/forgeries.js';
import { call } from '../support/rest.js';
import { RecordedSocket } from '../support/sockets.js';
import { System } from '../support/system.js';
import { signToken } from '../support/tokens.js';
import { eventually } from '../support/waiting.js';

const ISSUER = 'https://issuer.example';
const AUDIENCE = 'dispatch';
/** A socket with a revoked token is closed within this. */
const CLOSED_WITHIN_MS = 5_000;

let system: System;
let keyServer: Server;
let keysAsked = 0;
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
let jwksUrl: string;

beforeAll(async () => {
  keyServer = createServer((_request, response) => {
    keysAsked += 1;
    const key = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key] }));
  });
  await new Promise<void>((resolve) => keyServer.listen(0, '127.0.0.1', resolve));
  jwksUrl = `http://127.0.0.1:${(keyServer.address() as { port: number }).port}/jwks`;
  system = await System.prepare();
  await system.startApi();
  await system.startApi({ JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE });
  await system.startApi({ JWT_SECRET: undefined, JWT_JWKS_URL: jwksUrl });
});
afterAll(async () => {
  keyServer?.close();
  await system?.stop();
});

const [PLAIN, STRICT, JWKS] = [0, 1, 2];

async function refusedEverywhere(api: number, token: string | undefined): Promise<void> {
  const options = token === undefined ? {} : { token };
  expectProblem(await call(system.url(api), 'GET', '/bookings', options), 401);
  for (const transports of [['websocket'], ['polling']])
    await expect(RecordedSocket.open(system.url(api), token, { transports })).rejects.toThrow(
      /^unauthorized$/,
    );
}

async function welcomeEverywhere(api: number, token: string): Promise<void> {
  expect((await call(system.url(api), 'GET', '/bookings', { token })).status).toBe(200);
  (await RecordedSocket.open(system.url(api), token)).close();
}

test('S6 · every forgery is refused, at REST and at the handshake', async () => {
  const asked = keysAsked;
  for (const [name, token] of await forgeries(jwksUrl)) {
    try {
      await refusedEverywhere(PLAIN, token);
    } catch (error) {
      throw new Error(`${name}: ${String(error)}`);
    }
  }
  expect(keysAsked).toBe(asked);
  await welcomeEverywhere(PLAIN, forge({}));
});

test('S6 · a token elsewhere than in the header is no token', async () => {
  const token = await signToken();
  for (const path of [`/bookings?token=${token}`, `/bookings?access_token=${token}`])
    expect([400, 401]).toContain((await call(system.url(), 'GET', path)).status);
  for (const authorization of [`Basic ${token}`, token, 'Bearer', `Bearer  ${token} x`])
    expectProblem(await call(system.url(), 'GET', '/bookings', { headers: { authorization } }), 401);
});

test('S6 · issuer and audience are checked where they are set', async () => {
  for (const claims of [{}, { issuer: ISSUER }, { audience: AUDIENCE }, { issuer: 'x', audience: AUDIENCE }])
    await refusedEverywhere(STRICT, await signToken(claims));
  await refusedEverywhere(STRICT, await signToken({ issuer: ISSUER, audience: 'others' }));
  await welcomeEverywhere(STRICT, await signToken({ issuer: ISSUER, audience: AUDIENCE }));
});

function signRsa(key = keys.privateKey): Promise<string> {
  return new SignJWT({ type: 'user', name: 'Ann' })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .setSubject(randomUUID())
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(key);
}

test('S6 · with a JWKS address its keys are good, and its public key is no HS256 secret', async () => {
  await welcomeEverywhere(JWKS, await signRsa());
  const pem = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  for (const secret of [pem, pem.trim()])
    await refusedEverywhere(JWKS, forge({ header: { alg: 'HS256', kid: 'k1' }, secret }));
  await refusedEverywhere(JWKS, await signToken());
  await refusedEverywhere(
    JWKS,
    await signRsa(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
  );
});

test('S6 · while the keys of the issuer cannot be read, no token is called bad', async () => {
  // Nobody listens there.
  await system.startApi({ JWT_SECRET: undefined, JWT_JWKS_URL: `http://127.0.0.1:${await freePort()}/jwks` });
  const reply = await call(system.url(3), 'GET', '/bookings', { token: await signRsa() });
  expectProblem(reply, 503);
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
  await expect(RecordedSocket.open(system.url(3), await signRsa())).rejects.toThrow(/^unavailable$/);
  // What is no token of the issuer's is bad, whoever is away.
  await refusedEverywhere(3, await signToken());
});

test('S7 · a revoked subject: refused at once, live sockets of every process closed, no way back', async () => {
  const cast = new Cast(system);
  const operator = await cast.operator();
  const sub = randomUUID();
  const token = await signToken({ sub });
  const elsewhere = await signToken({ sub, issuer: ISSUER, audience: AUDIENCE });
  const sockets = [
    await RecordedSocket.open(system.url(PLAIN), token),
    await RecordedSocket.open(system.url(STRICT), elsewhere),
  ];
  const bystander = await RecordedSocket.open(system.url(PLAIN), await signToken());
  await operator.expect(204, 'POST', '/admin/tokens/revoke', { sub: sub.toUpperCase() });
  const secondOf = (ms: number) => Math.floor(ms / 1000);
  const revokedIn = secondOf(Date.now());
  expectProblem(await call(system.url(PLAIN), 'GET', '/bookings', { token }), 401);
  await eventually('sockets to be closed', () => sockets.every((one) => !one.connected), CLOSED_WITHIN_MS);
  await refusedEverywhere(PLAIN, token);
  await refusedEverywhere(STRICT, elsewhere);
  expect(bystander.connected).toBe(true);
  bystander.close();
  // A token made later is good again: the subject is not banned for ever.
  await eventually('a later second', () => secondOf(Date.now()) > revokedIn, 2_000);
  await welcomeEverywhere(PLAIN, await signToken({ sub }));
});

test('S7 · a revoked jti: that token only', async () => {
  const operator = await new Cast(system).operator();
  const [sub, jti] = [randomUUID(), randomUUID()];
  const [lost, kept] = [await signToken({ sub, jti }), await signToken({ sub })];
  const socket = await RecordedSocket.open(system.url(PLAIN), lost);
  await operator.expect(204, 'POST', '/admin/tokens/revoke', { jti });
  await eventually('the socket to be closed', () => !socket.connected, CLOSED_WITHIN_MS);
  await refusedEverywhere(PLAIN, lost);
  await welcomeEverywhere(PLAIN, kept);
});

test('S7 · a socket whose token expires is closed within 5 s of it', async () => {
  const exp = Math.floor(Date.now() / 1000) + 2;
  const token = await signToken({ expires: exp });
  const socket = await RecordedSocket.open(system.url(PLAIN), token);
  await eventually('the socket to be closed', () => !socket.connected, 2_000 + CLOSED_WITHIN_MS);
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
  await refusedEverywhere(PLAIN, token);
});
