/** Keys for the payload codec, and payloads as a test makes them by hand. */
import { randomBytes } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import { EncryptionCodec, type Unreadable } from '../../payload-codec/encryption-codec.js';
import { readPayloadKeys } from '../../payload-codec/keys.js';

/** One entry of PAYLOAD_KEYS. */
export function freshKey(id: string): string {
  return `${id}:${randomBytes(32).toString('base64')}`;
}

/** A codec of such entries, and what it could not read. */
export function codecOf(...entries: string[]): { codec: EncryptionCodec; unread: Unreadable[] } {
  const { keys, faults } = readPayloadKeys(entries.join(','));
  expect(faults).toEqual([]);
  const unread: Unreadable[] = [];
  return { codec: new EncryptionCodec(keys, (what) => unread.push(what)), unread };
}

export function jsonPayload(value: unknown): Payload {
  return { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(value)) };
}

/** What it is, without the classes of protobuf and Node. */
export function plainly({ metadata, data }: Payload): { metadata: Record<string, string>; data: string } {
  const entries = Object.entries<Uint8Array>(metadata ?? {});
  const texts = entries.map(([key, value]) => [key, Buffer.from(value).toString()]);
  return {
    metadata: Object.fromEntries(texts) as Record<string, string>,
    data: Buffer.from(data ?? []).toString('base64'),
  };
}

/** The same with one bit of its data turned. */
export function bent({ metadata, data }: Payload, at: number): Payload {
  const bytes = Buffer.from(data ?? []);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return { metadata, data: bytes };
}
