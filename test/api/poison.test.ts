// Poisoned input over sockets: refused, and neither the process nor anybody else is harmed (F23, S9).
import { createConnection } from 'node:net';
import { randomUUID } from 'node:crypto';
import { io } from 'socket.io-client';
import { CLIENT_MESSAGES } from '../../contract/client-messages.js';
import { BODY_LIMIT_BYTES } from '../../contract/limits.js';
import { Cast, type PilotActor, type User } from '../support/actors.js';
import { freshPlace } from '../support/places.js';
import { RecordedSocket } from '../support/sockets.js';
import { System } from '../support/system.js';
import { eventually } from '../support/waiting.js';

let system: System;
let cast: Cast;
let user: User;
let pilot: PilotActor;
let pid: number;
beforeAll(async () => {
  system = await System.start();
  cast = new Cast(system);
  [user, pilot] = [await cast.user(), await cast.pilot({ at: freshPlace() })];
  pid = system.api().pid;
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});
// After each attack: the same process, which still serves others.
afterEach(async () => {
  expect(system.api().pid).toBe(pid);
  process.kill(pid, 0);
  const other = await cast.user();
  const place = freshPlace();
  const driver = await cast.pilot({ at: place });
  const { id } = await other.book(place);
  expect((await driver.accept((await driver.offered(id)).offerId)).status).toBe(200);
  await other.hears('booking:driver_assigned', (one) => one['bookingId'] === id);
});

const proto: unknown = JSON.parse('{"__proto__":{"lat":1,"lng":2,"ok":true}}');
const deep: unknown = JSON.parse(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`);
/** As deep as a message may be long; our own client cannot even write it. */
const DEEPEST = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
const CORPUS: [string, unknown][] = [
  ['null', null],
  ['nothing', undefined],
  ['a list', []],
  ['lists in lists', [[[[]]]]],
  ['text', 'text'],
  ['a number', 17],
  ['true', true],
  ['__proto__', proto],
  ['constructor', { constructor: { prototype: { x: 1 } } }],
  ['NaN becomes null', { lat: Number.NaN, lng: Number.NaN }],
  ['Infinity', { lat: Number.POSITIVE_INFINITY, lng: 0 }],
  ['999 degrees', { lat: 999, lng: -999 }],
  ['text for numbers', { lat: '1', lng: '2' }],
  ['deep JSON', deep],
  ['binary', Buffer.from([0, 1, 2, 255])],
  ['binary inside', { lat: Buffer.alloc(8), lng: 1 }],
  ['a date', { lat: 1, lng: 2, at: 'yesterday' }],
  ['unknown fields', { lat: 1, lng: 2, pilotId: randomUUID() }],
  ['NUL', { bookingId: 'a\u0000b', afterSeq: 0, offerId: '\u0000' }],
  ['half a surrogate pair', { bookingId: '\ud800', afterSeq: 0, offerId: '\udfff' }],
  ['numbers out of range', { bookingId: randomUUID(), afterSeq: 1e300, offerId: 1e300 }],
  ['a negative number', { bookingId: randomUUID(), afterSeq: -1 }],
  ['SQL', { bookingId: "' OR 1=1 --", afterSeq: 0, offerId: "' OR 1=1 --" }],
];

test('F23 S9 · the whole corpus at every message: acknowledged as invalid, nothing changes', async () => {
  const before = await pilot.expect(200, 'GET', '/pilots/me');
  for (const [event, message] of Object.entries(CLIENT_MESSAGES)) {
    const type = message.who[0];
    const actor = type === 'admin' ? await cast.operator() : type === 'pilot' ? pilot : user;
    const socket = await actor.connect();
    for (const [name, poison] of CORPUS) {
      const empty = poison === null || poison === undefined;
      const answer = await socket.ask(event, ...(name === 'nothing' ? [] : [poison]));
      // What has no fields to get wrong may take nothing for an empty body.
      if (event === 'admin:subscribe_assignments' && empty) continue;
      if (answer['error'] !== 'invalid') throw new Error(`${event} with ${name}: ${JSON.stringify(answer)}`);
      expect(Object.keys(answer).sort()).toEqual(['detail', 'error', 'ok']);
      expect((answer['detail'] as string).length).toBeLessThan(2_000);
    }
  }
  expect(await pilot.expect(200, 'GET', '/pilots/me')).toEqual(before);
});

test('F23 S9 · without a function for the acknowledgement nothing happens', async () => {
  const socket = await user.connect();
  for (const event of [...Object.keys(CLIENT_MESSAGES), 'nonsense'])
    for (const [, poison] of CORPUS) socket.socket.emit(event, poison);
  expect(await socket.ask('nonsense')).toMatchObject({ error: 'unknown_event' });
});

test('F23 S9 · names that every object has, reserved words and numbers are unknown events', async () => {
  const socket = await user.connect();
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '',
    'error',
    'x'.repeat(5_000),
  ];
  for (const name of names)
    expect(await socket.ask(name, {})).toMatchObject({ ok: false, error: 'unknown_event' });
  const wild = socket.socket as unknown as { packet: (packet: object) => void };
  for (const name of [5, 'disconnect', 'connect', 'newListener'])
    wild.packet({ type: 2, nsp: '/', data: [name, {}] });
  for (const data of [[], [null], [{}], 'text', null, { length: 1 }])
    wild.packet({ type: 2, nsp: '/', data });
});

test('F23 S9 · a message over 64 kB closes that socket only', async () => {
  const socket = await user.connect();
  socket.socket.emit('pilot:location', { lat: 1, lng: 2, x: 'x'.repeat(2 * BODY_LIMIT_BYTES) });
  await eventually('the socket to be closed', () => !socket.connected);
  expect(user.socket.connected).toBe(true);
  const byPolling = await user.connect({ transports: ['polling'], upgrade: false });
  byPolling.socket.emit('x', 'x'.repeat(2 * BODY_LIMIT_BYTES));
  await eventually('the polling socket to be closed', () => !byPolling.connected);
});

test('F23 S9 · broken packets of every layer close that connection only', async () => {
  const frames = [
    ...[
      '4',
      '40',
      '42',
      '42[',
      '42["x"',
      '42{"a":1}',
      '43',
      '431[]',
      '451-["x",{"_placeholder":true,"num":0}]',
    ],
    ...[
      '459999999999-["x"]',
      '45-1-["x"]',
      '44',
      '41',
      '4/',
      '42/admin,["x"]',
      '9',
      '\u0000',
      '40[1]',
      '40"x"',
    ],
    ...[
      '42["x",{"_placeholder":true,"num":99}]',
      `42${'['.repeat(20_000)}`,
      `42["pilot:location",${DEEPEST}]`,
      `420["booking:sync",${DEEPEST}]`,
      '2probe',
      '5',
      '6',
      '40null',
    ],
  ];
  for (const frame of frames) {
    const socket = await RecordedSocket.open(system.url(), user.token);
    const { ws } = socket.socket.io.engine.transport as unknown as { ws: { send: (data: string) => void } };
    ws.send(frame);
    ws.send(frame);
    socket.close();
  }
  expect(user.socket.connected).toBe(true);
});

test('F23 S9 · a handshake with odd claims of who one is gets no socket and ends nothing', async () => {
  for (const token of [{}, [], 5, true, Buffer.from('x'), 'x'.repeat(60_000), '..', 'e30.e30.', '\u0000']) {
    const socket = io(system.url(), {
      ...{ auth: { token }, transports: ['websocket'], forceNew: true, reconnection: false },
    });
    const refused = await new Promise<Error>((resolve) => socket.once('connect_error', resolve));
    expect(['unauthorized', 'websocket error', 'parse error']).toContain(refused.message);
    socket.close();
  }
});

test('F23 S9 · garbage instead of HTTP, and a connection that is cut in the middle, end nothing', async () => {
  const { port } = new URL(system.url());
  const openings = [
    '\u0000\u0001\u0002\r\n\r\n',
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n',
    'GET /socket.io/?EIO=99&transport=smoke HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST /bookings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"a"',
    `GET /${'a'.repeat(70_000)} HTTP/1.1\r\n\r\n`,
  ];
  for (const opening of openings)
    await new Promise<void>((resolve) => {
      const raw = createConnection(Number(port), '127.0.0.1', () => raw.write(opening));
      raw.on('data', () => undefined).on('error', () => undefined);
      raw.setTimeout(100, () => raw.destroy());
      raw.once('close', () => resolve());
    });
});
