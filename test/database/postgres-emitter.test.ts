// Emissions through Postgres: sent at the commit or not at all, and whatever their size, as the adapter reads them.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decode } from '@msgpack/msgpack';
import { createAdapter } from '@socket.io/postgres-adapter';
import pg from 'pg';
import { Server } from 'socket.io';
import { createPostgresEmitter } from '../../events/postgres-emitter.js';
import type { Emission } from '../../events/emitter.js';
import { acceptByTap } from '../../dispatch/answer-offer.js';
import { inTransaction } from '../../dispatch/context.js';
import { upTo } from '../support/crowd.js';
import { book, customer, offerOf, openDispatch, type Fixture } from '../support/dispatch-fixture.js';
import { addPilot } from '../support/pilots.js';
import { freshPlace } from '../support/places.js';
import { RecordedSocket } from '../support/sockets.js';
import { eventually } from '../support/waiting.js';

interface Heard {
  uid: string;
  type: number;
  nsp?: string;
  attachmentId?: number;
  data?: { packet: { type: number; nsp: string; data: [string, unknown] }; opts: { rooms: string[] } };
}

let fixture: Fixture;
let listener: pg.Client;
const heard: Heard[] = [];
beforeAll(async () => {
  fixture = await openDispatch();
  fixture.context.emitter = createPostgresEmitter();
  listener = new pg.Client({ connectionString: fixture.url });
  await listener.connect();
  listener.on('notification', ({ payload }) => heard.push(JSON.parse(payload ?? '') as Heard));
  await listener.query('LISTEN "socket.io#/"');
});
beforeEach(() => {
  heard.length = 0;
});
afterAll(async () => {
  await listener.end();
  await fixture.close();
});

const ROOM = `user:${customer().id}`;
const message = (emission: Emission): Heard => ({
  uid: 'emitter',
  nsp: '/',
  type: 3,
  data: {
    packet: { type: 2, data: [emission.event, emission.payload], nsp: '/' },
    opts: { rooms: [emission.room], except: [], flags: {} } as never,
  },
});
const emission = (payload: Record<string, unknown>, room = ROOM): Emission => ({
  room,
  event: 'booking:test',
  payload,
});

/** Emits in a transaction; `before` runs between the hand-over and the commit. */
function emit(emissions: Emission[], before = () => Promise.resolve()): Promise<void> {
  return fixture.source.transaction(async (manager) => {
    await fixture.context.emitter.beforeCommit(manager, emissions);
    await before();
  });
}

let marks = 0;

/** A mark that is notified after all that went before: when it is heard, nothing else is to come. */
async function allHeard(): Promise<Heard[]> {
  marks += 1;
  const mark = `mark ${marks}`;
  await fixture.query(`SELECT pg_notify('socket.io#/', $1)`, [JSON.stringify({ uid: mark, type: 0 })]);
  await eventually('the mark', () => heard.some((one) => one.uid === mark));
  return heard.filter((one) => !one.uid.startsWith('mark '));
}

it("a listener receives the adapter's message at the commit, not before it", async () => {
  const one = emission({ bookingId: 'b', seq: 1, text: 'naïve 🚲 "quoted" \\ \u2028' });
  await emit([one], async () => {
    expect(await allHeard()).toEqual([]);
  });
  expect(await allHeard()).toEqual([message(one)]);
});

it('after a rollback it receives nothing, and nothing is attached', async () => {
  const rolledBack = emit([emission({ a: 1 }), emission({ long: 'x'.repeat(9_000) })], () =>
    Promise.reject(new Error('rolled back')),
  );
  await expect(rolledBack).rejects.toThrow('rolled back');
  expect(await allHeard()).toEqual([]);
  expect(await fixture.query('SELECT id FROM socket_io_attachments')).toEqual([]);
});

it('several emissions of one transaction all come, in order, those for several rooms too', async () => {
  const many = upTo(25).map((seq) => emission({ seq }, `user:${seq % 3}`));
  await emit(many);
  expect(await allHeard()).toEqual(many.map(message));
});

it('without emissions nothing is sent', async () => {
  await emit([]);
  expect(await allHeard()).toEqual([]);
});

it('a long one goes by the table of attachments and decodes to the same message', async () => {
  const note = '🚲é"\\\n'.repeat(1_500);
  const one = emission({ bookingId: 'b', seq: 7, note, nested: { a: [1, null, true, 0.1] } });
  await emit([one]);
  const [notice] = await allHeard();
  expect(notice).toEqual({ uid: 'emitter', type: 3, attachmentId: expect.any(Number) });
  const [row] = await fixture.query<{ payload: Buffer }>(
    'SELECT payload FROM socket_io_attachments WHERE id = $1',
    [notice?.attachmentId],
  );
  expect(decode(row?.payload as Buffer)).toEqual(message(one));
});

it('whatever its length, no message fails the transaction', async () => {
  const sizes = [7_000, ...upTo(24).map((step) => 7_200 + step * 40), 8_200, 20_000];
  for (const size of sizes) await emit([emission({ size, text: 'x'.repeat(size) })]);
  for (const size of sizes) await emit([emission({ size, text: '🚲'.repeat(size / 4) })]);
  expect(await allHeard()).toHaveLength(sizes.length * 2);
});

it('an emission that fails takes the state change with it', async () => {
  const booking = await book(fixture, freshPlace());
  await fixture.query('ALTER TABLE socket_io_attachments RENAME TO gone');
  const failing = inTransaction(fixture.context, async (tx) => {
    await tx.manager.query(`UPDATE bookings SET note = 'changed' WHERE id = $1`, [booking.id]);
    tx.tidings.emissions.push(emission({ long: 'x'.repeat(9_000) }));
  });
  await expect(failing).rejects.toThrow('socket_io_attachments');
  await fixture.query('ALTER TABLE gone RENAME TO socket_io_attachments');
  expect(await fixture.query('SELECT note FROM bookings WHERE id = $1', [booking.id])).toEqual([
    { note: null },
  ]);
});

describe('a device at a real server with the adapter', () => {
  let io: Server;
  let pool: pg.Pool;
  let url: string;
  beforeAll(async () => {
    pool = new pg.Pool({ connectionString: fixture.url, max: 4 });
    pool.on('error', () => undefined);
    const http = createServer();
    io = new Server(http, { adapter: createAdapter(pool) });
    io.on('connection', (socket) => socket.join(socket.handshake.auth['token'] as string));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    await eventually('the adapter listens', async () => {
      const found = await fixture.query(
        `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`,
      );
      return found.length > 1;
    });
  });
  afterAll(async () => {
    await io.close();
    await pool.end();
  });

  it('gets its own events, short and long, and nobody else gets them', async () => {
    const place = freshPlace();
    // Characters that JSON writes with six bytes each make the job of a booking longer than a notification may be.
    const long = (length: number) => '\u0001'.repeat(length);
    const pilotId = await addPilot(fixture, place, { name: 'Ünï 🚲' });
    const user = { ...customer(), name: 'A'.repeat(100) };
    const pilot = await RecordedSocket.open(url, `pilot:${pilotId}`);
    const owner = await RecordedSocket.open(url, `user:${user.id}`);
    const stranger = await RecordedSocket.open(url, `user:${customer().id}`);
    const booking = await book(fixture, place, {}, user, {
      pickup: { ...place, address: `1 ${long(298)}` },
      note: `ring ${long(495)}`,
      package: { description: `cake ${long(495)}` },
    });
    const offer = await offerOf(fixture, booking);
    const answer = await acceptByTap(fixture.context, offer);
    const { payload: job } = await pilot.arrival('job:assigned');
    const { at, ...shown } = job;
    expect(shown).toEqual(answer.booking);
    expect(typeof at).toBe('string');
    expect(JSON.stringify(job).length).toBeGreaterThan(7_500);
    await pilot.arrival('booking:offer', (payload) => payload['offerId'] === offer.offerId);
    await owner.arrival('booking:driver_assigned', (payload) => payload['seq'] === 4);
    expect(owner.arrivals.map((one) => one.payload['seq'])).toEqual([1, 2, 3, 4]);
    expect(stranger.arrivals).toEqual([]);
    for (const socket of [pilot, owner, stranger]) socket.close();
  });
});
