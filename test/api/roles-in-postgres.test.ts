// Two roles in Postgres: one owns the tables and migrates, the other runs the system and can change no table.
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../database/migrate.js';
import { completed } from '../support/accounts.js';
import { Cast } from '../support/actors.js';
import { freshPlace } from '../support/places.js';
import { System } from '../support/system.js';
import { eventually, never } from '../support/waiting.js';

const mark = randomBytes(4).toString('hex');
const [APP, STRANGER] = [`dispatch_app_${mark}`, `stranger_${mark}`];
const PASSWORD = randomUUID();

let system: System;
let cast: Cast;
let server: pg.Client;
beforeAll(async () => {
  system = await System.prepare({ env: { OFFER_TIMEOUT_MS: '20000', SEARCH_TIMEOUT_MS: '60000' } });
  server = new pg.Client({ connectionString: process.env['TEST_POSTGRES_URL'] });
  await server.connect();
  for (const role of [APP, STRANGER]) await server.query(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`);
  await migrate(system.database.url, APP);
  await migrate(system.database.url, APP);
  const DATABASE_URL = urlOf(APP);
  await Promise.all([system.startApi({ DATABASE_URL }), system.startWorker({ DATABASE_URL })]);
  await system.api().waitReady();
  cast = new Cast(system);
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
  for (const role of [APP, STRANGER]) await server?.query(`DROP ROLE IF EXISTS ${role}`);
  await server?.end();
});

function urlOf(role: string, database?: string): string {
  const url = new URL(system.database.url);
  [url.username, url.password] = [role, PASSWORD];
  if (database !== undefined) url.pathname = `/${database}`;
  return url.href;
}

async function as<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

test('S15 · a booking goes from the tap to the door under a role that can change no table', async () => {
  const place = freshPlace();
  const [user, pilot] = [await cast.user(), await cast.pilot({ at: place })];
  const { id } = await user.book(place, { note: 'x'.repeat(500) });
  await pilot.accept((await pilot.offered(id)).offerId);
  await user.hears('booking:driver_assigned');
  for (const status of ['ARRIVED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED'] as const)
    expect((await pilot.step(id, status)).status).toBe(200);
  await completed(system, id);
  const operator = await cast.operator();
  expect((await operator.request('GET', '/admin/pilots/positions')).status).toBe(200);
  await operator.expect(204, 'POST', '/admin/tokens/revoke', { sub: randomUUID() });
  const faults = [...system.apis, ...system.workers]
    .flatMap((one) => one.lines())
    .filter((line) => line.level >= 40);
  expect(faults.filter((line) => /permission|denied|owner/.test(JSON.stringify(line)))).toEqual([]);
});

test.each([
  'CREATE TABLE mine (id int)',
  'CREATE TEMPORARY TABLE mine (id int)',
  'CREATE SCHEMA mine',
  'CREATE EXTENSION hstore',
  'CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1',
  'CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
  'ALTER TABLE bookings ADD COLUMN mine int',
  'ALTER TABLE audit_entries DISABLE TRIGGER ALL',
  'DROP TABLE bookings',
  'DROP INDEX ux_offers_live_pilot',
  'TRUNCATE bookings',
  "UPDATE audit_entries SET actor = 'nobody'",
  'DELETE FROM audit_entries',
  'DELETE FROM migrations',
  'CREATE ROLE mine',
  'GRANT ALL ON bookings TO PUBLIC',
  "COPY bookings TO '/tmp/bookings'",
  "COPY bookings TO PROGRAM 'cat'",
  "SELECT pg_read_file('PG_VERSION')",
])('S15 · that role is refused: %s', async (sql) => {
  const refused = as(urlOf(APP), (client) => client.query(sql));
  if (sql.startsWith('GRANT')) {
    // Postgres warns, and grants nothing.
    await refused.catch(() => undefined);
    const rights = await system.rows(
      "SELECT 1 FROM information_schema.role_table_grants WHERE grantee = 'PUBLIC' AND table_name = 'bookings'",
    );
    expect(rights).toEqual([]);
  } else await expect(refused).rejects.toThrow(/permission denied|must be owner|denied to/);
});

test('S22 · another role cannot connect, and so not publish on the channel of the sockets', async () => {
  const user = await cast.user();
  const notify = (client: pg.Client) =>
    client.query('SELECT pg_notify($1, $2)', [
      'socket.io#/',
      JSON.stringify({
        ...{ uid: 'emitter', nsp: '/', type: 3 },
        data: {
          packet: { type: 2, data: ['booking:status', { forged: true }], nsp: '/' },
          opts: { rooms: [`user:${user.id}`], except: [], flags: {} },
        },
      }),
    ]);
  await expect(as(urlOf(STRANGER), notify)).rejects.toThrow(/permission denied for database/);
  // From another database of the same server it does not get there.
  await as(urlOf(STRANGER, 'postgres'), notify);
  await never('a forged event', () => user.socket.arrivals.length > 0, 500);
});

test("S22 · what clients say never reaches the channel's name", async () => {
  const user = await cast.user();
  const names = ['/admin', '/x"; NOTIFY y; --', "/'", `/${'n'.repeat(40)}`];
  await as(system.database.url, async (client) => {
    const heard: string[] = [];
    client.on('notification', ({ channel }) => heard.push(channel));
    // An adapter that is made for a namespace says so on the namespace's channel at once.
    for (const nsp of ['/', ...names])
      await client.query(`LISTEN ${client.escapeIdentifier(`socket.io#${nsp}`)}`);
    const wild = user.socket.socket as unknown as { packet: (packet: object) => void };
    for (const nsp of names) wild.packet({ type: 0, nsp, data: { token: user.token } });
    // A message to a namespace that one did not join ends the connection.
    for (const nsp of names) wild.packet({ type: 2, nsp, data: ['booking:sync', {}] });
    await eventually('the connection to be closed', () => !user.socket.connected);
    await user.book(freshPlace());
    await eventually('an event on the channel', () => heard.length > 0);
    expect(new Set(heard)).toEqual(new Set(['socket.io#/']));
  });
});

test('DATABASE_APP_ROLE that is unknown, or may do anything, is refused with what to do', async () => {
  await expect(migrate(system.database.url, 'nobody_of_this_name')).rejects.toThrow(
    /DATABASE_APP_ROLE: there is no role/,
  );
  const owner = new URL(system.database.url).username;
  await expect(migrate(system.database.url, owner)).rejects.toThrow(/DATABASE_APP_ROLE: .* may do anything/);
});
