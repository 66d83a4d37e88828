// Histories are unreadable in Temporal, and readable for operators: by the codec endpoint, Temporal's CLI and the recorder.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Payload } from '@temporalio/common';
import { workflowIdOf } from '../../contract/workflow.js';
import { ENCRYPTED, isEncrypted, KEY_ID } from '../../payload-codec/encryption-codec.js';
import { expectProblem } from '../support/conform.js';
import { replay, textsOf, type RecordedHistory } from '../support/histories.js';
import { codecOf, freshKey, jsonPayload, plainly } from '../support/payload-keys.js';
import { call } from '../support/rest.js';
import { payloadsIn, SealedSystem, toJson, type Stand } from '../support/sealed-system.js';

const [ONE, TWO] = [freshKey('one'), freshKey('two')];
const UI = 'http://ui.example:8233';

let sealed: SealedSystem;
beforeAll(async () => {
  sealed = await SealedSystem.start({ PAYLOAD_KEYS: ONE, TEMPORAL_UI_URL: `${UI}/temporal` });
});
afterAll(() => sealed?.stop());

describe('a booking from the tap to the door', () => {
  let stand: Stand;
  let payloads: [string, Payload][];
  beforeAll(async () => {
    stand = await sealed.offered();
    expect((await stand.pilot.accept(stand.offer.offerId)).status).toBe(200);
    await sealed.delivered(stand);
    payloads = [...payloadsIn(await sealed.history(stand.booking))];
  });

  test('its history holds nothing readable but search attributes and the notes of the SDK', () => {
    const plain = payloads.filter(([, payload]) => !isEncrypted(payload)).map(([way]) => way);
    // The SDK's core writes of each local activity: its number, name and times.
    const known = /indexedFields|markerRecordedEventAttributes\/details\/data\/payloads/;
    expect(plain.filter((way) => !known.test(way))).toEqual([]);
    const coded = payloads.filter(([, payload]) => isEncrypted(payload));
    expect(coded.length).toBeGreaterThan(5);
    for (const [, one] of coded)
      expect(plainly(one).metadata).toEqual({ encoding: ENCRYPTED, [KEY_ID]: 'one' });
    const texts = payloads
      .filter(([way]) => !way.includes('indexedFields'))
      .map(([, { data }]) => Buffer.from(data ?? []).toString('latin1'));
    const { booking, offer, pilot } = stand;
    const secrets = [booking.id, offer.offerId, pilot.id, String(booking.pickup.lat), 'offerTimeoutMs'];
    for (const secret of [...secrets, 'remainingMs', 'standing'])
      expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  });

  test('an operator decodes it at the endpoint, nobody else does', async () => {
    const coded = payloads.map(([, payload]) => payload).filter(isEncrypted);
    const reply = await sealed.code('decode', sealed.admin, coded.map(toJson));
    expect(reply.status).toBe(200);
    expect(reply.body.payloads).toHaveLength(coded.length);
    const texts = reply.body.payloads.map(({ data }) => Buffer.from(data, 'base64').toString()).join('\n');
    for (const told of [stand.booking.id, stand.offer.offerId, stand.pilot.id, 'offerTimeoutMs'])
      expect(texts).toContain(told);
    for (const way of ['decode', 'encode'] as const) {
      for (const token of [sealed.user.token, stand.pilot.token])
        expectProblem(await sealed.code(way, token, coded.map(toJson)), 403);
      expectProblem(await sealed.code(way, undefined, coded.map(toJson)), 401);
    }
  });

  test("Temporal's CLI shows it with the endpoint, and without it does not", async () => {
    const show = ['workflow', 'show', '--workflow-id', workflowIdOf(stand.booking.id), '--output', 'json'];
    const shownTo = async (token?: string) => textsOf(JSON.parse(await sealed.cli(show, token))).join('\n');
    expect(await shownTo()).not.toContain('offerTimeoutMs');
    const shown = await shownTo(sealed.admin);
    for (const told of ['offerTimeoutMs', stand.offer.offerId]) expect(shown).toContain(told);
  });

  test('history:record saves it decrypted, and it replays; without the key it is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'recorded-'));
    const out = join(folder, 'history.json');
    const { address: TEMPORAL_ADDRESS, namespace: TEMPORAL_NAMESPACE } = sealed.system.temporal;
    const record = (PAYLOAD_KEYS: string) =>
      promisify(execFile)(
        process.execPath,
        ['dist/tools/history/record.js', stand.booking.id, '--out', out],
        { env: { ...process.env, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, PAYLOAD_KEYS } },
      );
    try {
      for (const keys of ['', TWO]) await expect(record(keys)).rejects.toThrow('PAYLOAD_KEYS lacks');
      await expect(record('CANARY')).rejects.toThrow('PAYLOAD_KEYS: entry 1');
      await record(`${TWO},${ONE}`);
      const text = readFileSync(out, 'utf8');
      expect(text).not.toContain(Buffer.from(ENCRYPTED).toString('base64'));
      expect(await replay({ recorded: JSON.parse(text) as RecordedHistory })).toEqual({ recorded: null });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('the endpoint: one payload that nobody can decrypt hides no other; encode and decode are inverse', async () => {
  const { codec } = codecOf(TWO);
  const [foreign] = (await codec.encode([jsonPayload(1)])).map(toJson);
  const mine = toJson(jsonPayload({ by: 'operator' }));
  const coded = await sealed.code('encode', sealed.admin, [mine, foreign as object]);
  expect(coded.body.payloads[0]?.metadata['encoding']).toBe(Buffer.from(ENCRYPTED).toString('base64'));
  expect(coded.body.payloads[1]).toEqual(foreign);
  const decoded = await sealed.code('decode', sealed.admin, [...coded.body.payloads, mine]);
  expect(decoded.body.payloads).toEqual([mine, foreign, mine]);
  expect((await sealed.code('decode', sealed.admin, [{}])).body.payloads).toEqual([
    { metadata: {}, data: '' },
  ]);
  for (const bad of [{ data: '!' }, { metadata: { encoding: 5 } }, { metadata: [] }, null])
    expectProblem(await sealed.code('decode', sealed.admin, [bad as object]), 400);
});

test("the Web UI's origin may call the endpoint, and nothing else", async () => {
  const ask = (origin: string, path: string) =>
    call(sealed.url, 'OPTIONS', path, {
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-namespace',
      },
    });
  for (const way of ['decode', 'encode']) {
    const { status, headers } = await ask(UI, `/admin/codec/${way}`);
    expect([status, headers['access-control-allow-origin']]).toEqual([204, UI]);
    expect(headers['access-control-allow-headers']).toBe('authorization,content-type,x-namespace');
    expect(headers['access-control-allow-methods']).toContain('POST');
    expect(headers['access-control-allow-credentials']).toBeUndefined();
    const evil = await ask('http://evil.example', `/admin/codec/${way}`);
    expect(evil.headers['access-control-allow-origin']).toBeUndefined();
  }
  for (const path of ['/admin/bookings', '/bookings', '/admin/codec'])
    expect((await ask(UI, path)).headers['access-control-allow-origin']).toBeUndefined();
  const options = { token: sealed.admin, body: { payloads: [] }, headers: { origin: UI } };
  const reply = await call(sealed.url, 'POST', '/admin/codec/decode', options);
  expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([200, UI]);
});
