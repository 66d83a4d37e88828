// Rate counters, the audit and revocations.
import {
  insertAudit,
  insertRevocation,
  listRevocations,
  sweepRecords,
  takeFromMinute,
} from '../../database/statements/records.js';
import { inCrowd, upTo } from '../support/crowd.js';
import { customer, openDispatch, type Fixture } from '../support/dispatch-fixture.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openDispatch(30);
});
afterAll(() => fixture.close());

describe('takeFromMinute', () => {
  const take = (key: string, wanted: number, limit: number) =>
    takeFromMinute(fixture.source.manager, key, wanted, limit);
  /** What was granted in the minute that granted most: a test may run over the end of one. */
  const byMinute = (takes: Awaited<ReturnType<typeof take>>[]) => {
    const sums = new Map<number, number>();
    for (const one of takes) sums.set(one.minute, (sums.get(one.minute) ?? 0) + one.granted);
    return Math.max(...sums.values());
  };

  it.each([
    [1, 30],
    [7, 30],
    [20, 600],
    [50, 30],
  ])('S11 · takes of %i at once never grant more than %i together, and no less', async (wanted, limit) => {
    const takes = await inCrowd(30, upTo(120), () => take(`key-${wanted}`, wanted, limit));
    expect(byMinute(takes)).toBe(limit);
    for (const one of takes) expect(one.granted).toBeGreaterThanOrEqual(0);
    const after = await take(`key-${wanted}`, 1, limit);
    if (after.minute === takes.at(-1)?.minute) expect(after.granted).toBe(0);
  });

  it('tells the seconds to the next minute', async () => {
    for (const one of await inCrowd(5, upTo(5), () => take('seconds', 1, 1_000))) {
      expect(Number.isInteger(one.retryAfterSeconds)).toBe(true);
      expect(one.retryAfterSeconds).toBeGreaterThanOrEqual(1);
      expect(one.retryAfterSeconds).toBeLessThanOrEqual(60);
    }
  });

  it('keys and minutes are counted apart', async () => {
    const [one, other] = [await take('apart-1', 5, 5), await take('apart-2', 5, 5)];
    expect([one.granted, other.granted]).toEqual([5, 5]);
    await fixture.query(`UPDATE rate_counters SET minute = minute - 1 WHERE key = 'apart-1'`);
    expect(await take('apart-1', 5, 5)).toMatchObject({ granted: 5 });
  });

  it('minutes that are over are swept, the current one stays', async () => {
    await take('swept', 1, 10);
    await fixture.query(
      `INSERT INTO rate_counters SELECT 'old', minute - 5, 1 FROM rate_counters WHERE key = 'swept'`,
    );
    await sweepRecords(fixture.source.manager, 86_400_000);
    expect(await fixture.query(`SELECT key FROM rate_counters WHERE key IN ('old', 'swept')`)).toEqual([
      { key: 'swept' },
    ]);
  });
});

describe('the audit', () => {
  beforeAll(() =>
    insertAudit(fixture.source.manager, {
      bookingId: null,
      actor: 'olga',
      action: 'assign',
      details: { pilotId: 'x' },
    }),
  );

  it.each([
    ['changed', `UPDATE audit_entries SET actor = 'nobody'`],
    [
      'changed by an upsert',
      `INSERT INTO audit_entries (actor, action, details) OVERRIDING SYSTEM VALUE VALUES ('a', 'b', '{}') ON CONFLICT (id) DO UPDATE SET actor = 'nobody'`,
    ],
    ['deleted', 'DELETE FROM audit_entries'],
    ['deleted where there is nothing', 'DELETE FROM audit_entries WHERE false'],
    ['emptied', 'TRUNCATE audit_entries'],
    ['emptied with all else', 'TRUNCATE audit_entries, booking_events CASCADE'],
  ])('cannot be %s', async (_name, sql) => {
    const before = await fixture.query('SELECT * FROM audit_entries');
    await expect(fixture.query(sql)).rejects.toThrow('audit entries cannot be changed or deleted');
    expect(await fixture.query('SELECT * FROM audit_entries')).toEqual(before);
  });
});

it('revocations: a subject again moves its time on, a token by its id; all are listed', async () => {
  const { manager } = fixture.source;
  const sub = customer().id;
  await insertRevocation(manager, 'sub', sub);
  await insertRevocation(manager, 'jti', 'token-1');
  const first = (await listRevocations(manager)).find((one) => one.value === sub);
  await inCrowd(5, upTo(5), () => insertRevocation(manager, 'sub', sub));
  const all = await listRevocations(manager);
  expect(all.map((one) => [one.kind, one.value]).sort((a, b) => a.join().localeCompare(b.join()))).toEqual([
    ['jti', 'token-1'],
    ['sub', sub],
  ]);
  const again = all.find((one) => one.value === sub);
  expect(again?.revoked_at.getTime()).toBeGreaterThanOrEqual(first?.revoked_at.getTime() ?? Infinity);
});
