// What operators look at and what they do is in the audit; what cannot be audited is neither shown nor done.
import { randomUUID } from 'node:crypto';
import { Cast, type Operator, type User } from '../support/actors.js';
import { call } from '../support/rest.js';
import { freshPlace } from '../support/places.js';
import { RecordedSocket } from '../support/sockets.js';
import { System } from '../support/system.js';
import { signToken } from '../support/tokens.js';

let system: System;
let cast: Cast;
let user: User;
let operator: Operator;
beforeAll(async () => {
  system = await System.prepare();
  await Promise.all([system.startApi(), system.startApi()]);
  cast = new Cast(system);
  [user, operator] = [await cast.user({ connected: false }), await cast.operator()];
});
afterAll(async () => {
  cast?.leave();
  await system?.stop();
});

describe('S18 · an operator who looks', () => {
  const lines = (actor = operator.id) =>
    system.rows<{ action: string; booking_id: string | null; details: object }>(
      'SELECT action, booking_id, details FROM audit_entries WHERE actor = $1 ORDER BY id',
      [actor],
    );

  test('at people and where they are is in the audit, once a minute for each screen, on all processes', async () => {
    const { id } = await user.book(freshPlace());
    const looks = [
      ...['/admin/pilots/positions', '/admin/pilots', '/admin/bookings', `/bookings/${id}`],
      ...[`/bookings/${id}/events`, '/bookings', '/admin/searches', '/admin/events'],
      `/admin/bookings/${id}/explain`,
    ];
    const token = await signToken({ type: 'admin', sub: 'abababab-0000-4000-8000-000000000001' });
    const sub = 'abababab-0000-4000-8000-000000000001';
    const startedIn = Math.floor(Date.now() / 60_000);
    for (let n = 0; n < 3; n += 1)
      for (const path of looks)
        expect((await call(system.url(n % 2), 'GET', path, { token })).status).toBe(200);
    const minutes = Math.floor(Date.now() / 60_000) - startedIn + 1;
    const found = await lines(sub);
    const by = (action: string) => found.filter((one) => one.action === action).length;
    for (const action of ['read_positions', 'read_pilots', 'read_bookings', 'read_booking']) {
      expect(by(action)).toBeGreaterThanOrEqual(1);
      expect(by(action)).toBeLessThanOrEqual(minutes);
    }
    expect(found.find((one) => one.action === 'read_booking')?.booking_id).toBe(id);
  });

  test("at one booking by its socket is, too; a user's look at his own is not", async () => {
    const { id } = await user.book(freshPlace());
    const watcher = await RecordedSocket.open(system.url(1), operator.token);
    expect(await watcher.ask('booking:sync', { bookingId: id, afterSeq: 0 })).toMatchObject({ ok: true });
    watcher.close();
    await user.booking(id);
    await user.events(id);
    const found = await system.rows('SELECT actor, action FROM audit_entries WHERE booking_id = $1', [id]);
    expect(found).toEqual([{ actor: operator.id, action: 'read_booking' }]);
  });

  test('for what is not there leaves nothing, and holds back nothing that it cannot audit', async () => {
    const sub = randomUUID();
    const token = await signToken({ type: 'admin', sub });
    expect((await call(system.url(1), 'GET', `/bookings/${randomUUID()}`, { token })).status).toBe(404);
    expect(await lines(sub)).toEqual([]);
    await system.rows('ALTER TABLE audit_entries RENAME TO audit_gone');
    try {
      // Asked again it is held back again.
      for (const door of [1, 1, 0])
        expect((await call(system.url(door), 'GET', '/admin/pilots/positions', { token })).status).toBe(500);
    } finally {
      await system.rows('ALTER TABLE audit_gone RENAME TO audit_entries');
    }
    expect((await call(system.url(1), 'GET', '/admin/pilots/positions', { token })).status).toBe(200);
    expect((await lines(sub)).map((one) => one.action)).toEqual(['read_positions']);
  });

  test('and acts: whom he adds, what he adds and whose tokens he revokes is in the audit', async () => {
    const sub = randomUUID();
    const token = await signToken({ type: 'admin', sub });
    const post = (path: string, body: object) =>
      call<{ id: string }>(system.url(), 'POST', path, { token, body });
    const vehicleType = { id: `hover-${randomUUID().slice(0, 8)}`, name: 'Hovercraft' };
    expect((await post('/admin/vehicle-types', vehicleType)).status).toBe(201);
    const pilot = { name: 'Ola', phone: '+4790000000', vehicleTypeId: vehicleType.id };
    const { id } = (await post('/admin/pilots', pilot)).body;
    expect((await post('/admin/tokens/revoke', { sub: id })).status).toBe(204);
    // What was refused was not done.
    expect((await post('/admin/vehicle-types', vehicleType)).status).toBe(409);
    expect((await post('/admin/pilots', { ...pilot, vehicleTypeId: 'sledge' })).status).toBe(400);
    const by = { actorType: 'admin' };
    expect((await lines(sub)).map(({ action, details }) => ({ action, details }))).toEqual([
      { action: 'add_vehicle_type', details: { vehicleTypeId: vehicleType.id, ...by } },
      { action: 'add_pilot', details: { pilotId: id, ...by } },
      { action: 'revoke_tokens', details: { sub: id, ...by } },
    ]);
  });

  test('cannot change or delete what the audit says', async () => {
    for (const sql of [
      "UPDATE audit_entries SET actor = 'x'",
      'DELETE FROM audit_entries',
      'TRUNCATE audit_entries',
    ])
      await expect(system.rows(sql)).rejects.toThrow(/cannot be changed or deleted/);
  });
});
