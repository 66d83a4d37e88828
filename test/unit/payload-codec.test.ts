// What Temporal stores is encrypted, and nothing that cannot be decrypted throws.
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { decodeHistory } from '../../payload-codec/decode-history.js';
import { ENCRYPTED, EncryptionCodec, KEY_ID } from '../../payload-codec/encryption-codec.js';
import { failureConverter } from '../../payload-codec/failure-converter.js';
import { readPayloadKeys } from '../../payload-codec/keys.js';
import { payloadConverter, readable, UNDECODABLE } from '../../workflows/tolerant-payload-converter.js';
import { bent, codecOf, freshKey, jsonPayload, plainly } from '../support/payload-keys.js';

const [ONE, TWO] = [freshKey('one'), freshKey('two')];
const SECRET = { bookingId: 'CANARY', lat: 45.5 };
const EMPTY: Payload = { metadata: { encoding: Buffer.from('binary/null') } };

async function sealed(entries: string[], payload = jsonPayload(SECRET)): Promise<Payload> {
  return (await codecOf(...entries).codec.encode([payload]))[0] as Payload;
}

describe('with a key', () => {
  it('encrypts the whole payload, and decrypts it', async () => {
    const { codec } = codecOf(ONE);
    const given = [jsonPayload(SECRET), EMPTY, { data: Buffer.alloc(5_000, 7) }, {}];
    const coded = await codec.encode(given);
    for (const one of coded) {
      expect(plainly(one).metadata).toEqual({ encoding: ENCRYPTED, [KEY_ID]: 'one' });
      expect(Buffer.from(one.data ?? []).toString('latin1')).not.toMatch(/CANARY|json|binary/);
    }
    expect((await codec.decode(coded)).map(plainly)).toEqual(given.map(plainly));
    expect(await codec.encode([])).toEqual([]);
  });

  it('never encrypts twice alike', async () => {
    const { codec } = codecOf(ONE);
    const same = Array.from({ length: 500 }, () => jsonPayload(SECRET));
    const ivs = (await codec.encode(same)).map(({ data }) => Buffer.from(data ?? []).toString('hex', 0, 12));
    expect(new Set(ivs).size).toBe(500);
  });

  it('leaves alone what is plain, and what is encrypted already', async () => {
    const { codec, unread } = codecOf(ONE);
    const plain = [jsonPayload(SECRET), EMPTY, {}];
    expect((await codec.decode(plain)).map(plainly)).toEqual(plain.map(plainly));
    const [once] = await codec.encode(plain);
    const [twice] = await codec.encode([once as Payload]);
    expect(twice).toBe(once);
    expect(unread).toEqual([]);
  });
});

it('the first key encrypts, all decrypt', async () => {
  const { codec, unread } = codecOf(TWO, ONE);
  const [old, fresh] = [await sealed([ONE]), await sealed([TWO, ONE])];
  expect(plainly(fresh).metadata[KEY_ID]).toBe('two');
  expect((await codec.decode([old, fresh])).map(plainly)).toEqual(
    [SECRET, SECRET].map((one) => plainly(jsonPayload(one))),
  );
  expect(unread).toEqual([]);
});

describe('what cannot be decrypted stays as it is and is told of', () => {
  const cases: [string, 'unknown_key' | 'not_authentic', () => Promise<Payload>][] = [
    ['an unknown key', 'unknown_key', () => sealed([TWO])],
    ['another key under the same id', 'not_authentic', () => sealed([freshKey('one')])],
    ['the IV changed', 'not_authentic', async () => bent(await sealed([ONE]), 0)],
    ['the text changed', 'not_authentic', async () => bent(await sealed([ONE]), 20)],
    ['the tag changed', 'not_authentic', async () => bent(await sealed([ONE]), -1)],
    ['cut off', 'not_authentic', async () => cut(await sealed([ONE]), 30)],
    ['shorter than a tag', 'not_authentic', async () => cut(await sealed([ONE]), 11)],
    ['no bytes at all', 'not_authentic', async () => ({ metadata: (await sealed([ONE])).metadata })],
    ['no key id', 'unknown_key', async () => ({ metadata: { encoding: Buffer.from(ENCRYPTED) } })],
    ['a key id of every object', 'unknown_key', () => renamed('__proto__')],
  ];

  it.each(cases)('%s', async (_name, reason, make) => {
    const { codec, unread } = codecOf(ONE);
    const given = await make();
    const beside = await sealed([ONE]);
    const [decoded, other] = await codec.decode([given, beside]);
    expect(decoded).toBe(given);
    expect(plainly(other as Payload)).toEqual(plainly(jsonPayload(SECRET)));
    expect(unread).toEqual([{ keyId: expect.any(String) as string, reason }]);
    // What a workflow is given is the marker, where the SDK's own converter would wedge it.
    expect(payloadConverter.fromPayload(decoded as Payload)).toBe(UNDECODABLE);
    expect(() => defaultPayloadConverter.fromPayload(decoded as Payload)).toThrow('Unknown encoding');
  });

  it('a long key id is cut in the log', async () => {
    const { codec, unread } = codecOf(ONE);
    await codec.decode([await renamed('x'.repeat(5_000))]);
    expect(unread[0]?.keyId).toHaveLength(64);
  });

  async function renamed(id: string): Promise<Payload> {
    const { metadata, data } = await sealed([ONE]);
    return { metadata: { ...metadata, [KEY_ID]: Buffer.from(id) }, data };
  }
});

function cut({ metadata, data }: Payload, bytes: number): Payload {
  return { metadata, data: Buffer.from(data ?? []).subarray(0, bytes) };
}

it('without keys payloads go as they are, and encrypted ones are told of', async () => {
  const unread: unknown[] = [];
  const codec = new EncryptionCodec([], (what) => unread.push(what));
  const given = [jsonPayload(SECRET), await sealed([ONE])];
  expect(await codec.encode(given)).toEqual(given);
  expect(await codec.decode(given)).toEqual(given);
  expect(unread).toEqual([{ keyId: 'one', reason: 'unknown_key' }]);
});

it('what a workflow cannot do without: the marker throws, all else passes', () => {
  for (const value of [null, undefined, 0, 'x', [], { undecided: true }]) expect(readable(value)).toBe(value);
  expect(() => readable(UNDECODABLE)).toThrow('PAYLOAD_KEYS');
});

it('failures hide their message and stack in a payload', () => {
  const failure = failureConverter.errorToFailure(new Error('CANARY'), defaultPayloadConverter);
  expect(failure.encodedAttributes).toBeDefined();
  expect(JSON.stringify({ ...failure, encodedAttributes: null })).not.toContain('CANARY');
  expect(failureConverter.failureToError(failure, defaultPayloadConverter).message).toBe('CANARY');
});

it('a history is decrypted wherever its payloads stand, and what is left is counted', async () => {
  const { codec } = codecOf(ONE);
  const [one, plain, foreign] = [await sealed([ONE]), jsonPayload(1), await sealed([TWO])];
  const history = {
    events: [
      { input: { payloads: [one, plain] }, eventId: 1, userMetadata: { summary: one } },
      { details: { result: { payloads: [foreign] }, type: null }, token: Buffer.from('x') },
    ],
  };
  expect(await decodeHistory(history, codec)).toBe(1);
  const [first, second] = history.events;
  expect(first?.input?.payloads.map(plainly)).toEqual([SECRET, 1].map((it) => plainly(jsonPayload(it))));
  expect(plainly(first?.userMetadata?.summary as Payload)).toEqual(plainly(jsonPayload(SECRET)));
  expect(second?.details?.result.payloads[0]).toBe(foreign);
});

it('keys show nothing of themselves when they are logged', () => {
  const { keys } = readPayloadKeys(ONE);
  const bytes = ONE.slice('one:'.length);
  expect(JSON.stringify(keys)).toBe('[{"id":"one","secret":{}}]');
  expect(keys[0]?.secret.export().toString('base64')).toBe(bytes);
});
