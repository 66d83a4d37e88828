// The sockets of the tests hold what they receive to the AsyncAPI document: each planted fault is noticed.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { SOCKET_ERRORS } from '../../contract/problems.js';
import { userEventShapes, userLiveShapes } from '../../contract/shapes.js';
import { ANSWERS, EVENTS, faultOfAnswer, faultOfEvent } from '../support/asyncapi.js';
import { RecordedSocket, takeFaults } from '../support/sockets.js';
import { signToken } from '../support/tokens.js';
import { eventually } from '../support/waiting.js';

const ID = '00000000-0000-4000-8000-000000000001';
const AT = '2026-11-23T10:00:00.000Z';
const STARTED = { bookingId: ID, seq: 2, at: AT, message: 'Finding a driver for you...' };
const EXPIRED = { offerId: ID, bookingId: ID, reason: 'timeout', at: AT };
const STATS = {
  ...{ pendingBookings: 1, activeAssignments: 1, failedAssignments: 0, assignedBookings: 0 },
  successRate: null,
};

const without = (value: object, field: string): object =>
  Object.fromEntries(Object.entries(value).filter(([name]) => name !== field));

test('the document names what each kind of connection may be sent and may ask', () => {
  expect(Object.keys(EVENTS.user)).toEqual(Object.keys({ ...userEventShapes, ...userLiveShapes }));
  expect(Object.keys(ANSWERS.admin)).toEqual(['booking:sync', 'admin:subscribe_assignments']);
});

describe('events', () => {
  const started = (payload: unknown) => faultOfEvent('user', 'booking:search_started', [payload]);

  it('that are right have no fault', () => {
    expect(started(STARTED)).toBeNull();
    expect(faultOfEvent('pilot', 'offer:expired', [EXPIRED])).toBeNull();
    expect(faultOfEvent('admin', 'assignments:stats', [{ ...STATS, at: AT }])).toBeNull();
  });

  it.each<[string, unknown]>([
    ['a field is missing', without(STARTED, 'at')],
    ['a field is too much', { ...STARTED, pilotPhone: '+1' }],
    ['a type is wrong', { ...STARTED, seq: '2' }],
    ['a number is not whole', { ...STARTED, seq: 2.5 }],
    ['an id is none', { ...STARTED, bookingId: 'x' }],
    ['a time is none', { ...STARTED, at: 'now' }],
    ['null', null],
  ])('are refused when %s', (_name, payload) => {
    expect(started(payload)).toMatch(
      /^booking:search_started to a user is not as docs\/asyncapi\.json has it/,
    );
  });

  it('are refused when a word is not of the list, or a field deep inside is too much', () => {
    expect(faultOfEvent('pilot', 'offer:expired', [{ ...EXPIRED, reason: 'bored' }])).toMatch(/reason/);
    const pilot = { id: ID, name: 'P', phone: null, avatar: null, rating: null };
    const assigned = (card: object) => [{ ...STARTED, pilot: card, distanceKm: 1, etaSeconds: null }];
    expect(faultOfEvent('user', 'booking:driver_assigned', assigned(pilot))).toBeNull();
    expect(faultOfEvent('user', 'booking:driver_assigned', assigned({ ...pilot, lat: 1 }))).toMatch(/lat/);
  });

  it('are refused with an unknown name, to the wrong kind of connection, or with two payloads', () => {
    expect(faultOfEvent('user', 'booking:news', [STARTED])).toMatch(/is not in docs\/asyncapi\.json/);
    expect(faultOfEvent('user', 'toString', [STARTED])).toMatch(/is not in docs\/asyncapi\.json/);
    expect(faultOfEvent('pilot', 'booking:search_started', [STARTED])).toMatch(/to a pilot is not in/);
    expect(faultOfEvent('user', 'booking:search_started', [STARTED, 1])).toMatch(/2 payloads/);
  });
});

describe('acknowledgements', () => {
  it('that are right have no fault', () => {
    expect(faultOfAnswer('pilot', 'pilot:location', { ok: true })).toBeNull();
    expect(faultOfAnswer('admin', 'admin:subscribe_assignments', { ok: true, stats: STATS })).toBeNull();
    for (const error of SOCKET_ERRORS)
      expect(faultOfAnswer('user', 'nonsense', { ok: false, error, detail: 'x' })).toBeNull();
  });

  it.each<[string, unknown]>([
    ['empty', {}],
    ['nothing', undefined],
    ['another’s', { ok: true, stats: STATS }],
    ['a refusal without a detail', { ok: false, error: 'invalid' }],
    ['a refusal in a word of its own', { ok: false, error: 'nope', detail: 'x' }],
    ['a refusal with more', { ok: false, error: 'invalid', detail: 'x', stack: 'at' }],
  ])('are refused: %s', (_name, answer) => {
    expect(faultOfAnswer('pilot', 'pilot:location', answer)).toMatch(/docs\/asyncapi\.json/);
  });

  it("are refused when an unknown message, or another's, is taken", () => {
    expect(faultOfAnswer('user', 'nonsense', { ok: true })).toMatch(/is not in/);
    expect(faultOfAnswer('user', 'pilot:location', { ok: true })).toMatch(/is not in/);
  });
});

describe('a recorded socket', () => {
  let io: Server;
  let url: string;
  let served: Socket[] = [];
  beforeAll(async () => {
    const http = createServer();
    io = new Server(http);
    io.use((socket, next) => {
      const { refuse } = socket.handshake.query;
      next(typeof refuse === 'string' ? new Error(refuse) : undefined);
    });
    io.on('connection', (socket) => {
      served.push(socket);
      socket.onAny((_event: string, body: unknown, acknowledge: (answer: unknown) => void) =>
        acknowledge(body),
      );
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  afterAll(() => io.close());

  async function open(): Promise<{ recorded: RecordedSocket; server: Socket }> {
    served = [];
    const recorded = await RecordedSocket.open(url, await signToken({ type: 'user' }));
    return { recorded, server: await eventually('the connection', () => served[0]) };
  }

  it('notes a bad event, whoever waits for it, and the test in which it came', async () => {
    const { recorded, server } = await open();
    server.emit('booking:search_started', STARTED);
    server.emit('booking:search_started', without(STARTED, 'seq'));
    server.emit('booking:offer', STARTED);
    await eventually('three arrivals', () => recorded.arrivals.length === 3);
    const faults = takeFaults();
    expect(faults).toEqual([
      expect.stringMatching(/'seq'.*the test in which/),
      expect.stringMatching(/to a user is not/),
    ]);
    recorded.close();
  });

  it('notes a bad acknowledgement', async () => {
    const { recorded } = await open();
    await recorded.ask('booking:sync', { ok: false, error: 'invalid', detail: 'x' });
    expect(takeFaults()).toEqual([]);
    await recorded.ask('booking:sync', { ok: true });
    expect(takeFaults()).toHaveLength(1);
    recorded.close();
  });

  it('notes a refusal in other words', async () => {
    const refused = async (refuse: string) =>
      expect(RecordedSocket.open(url, await signToken(), { query: { refuse } })).rejects.toThrow(refuse);
    await refused('unauthorized');
    expect(takeFaults()).toEqual([]);
    await refused('go away');
    expect(takeFaults()).toHaveLength(1);
  });
});
