/**
 * What Temporal stores, encrypted: a whole payload (data and what it says of itself) by AES-256-GCM under
 * a random IV. The form is that of Temporal's samples, so that their tools in other languages read it:
 * IV, ciphertext, tag.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { PayloadKey } from './keys.js';

export const ENCRYPTED = 'binary/encrypted';
export const KEY_ID = 'encryption-key-id';
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const LONGEST_ID = 64;

/** Why a payload could not be decrypted. */
export interface Unreadable {
  keyId: string;
  reason: 'unknown_key' | 'not_authentic';
}

/** True for a payload that says of itself that it is encrypted. */
export function isEncrypted(payload: Payload): boolean {
  return textOf(payload.metadata?.['encoding']) === ENCRYPTED;
}

export class EncryptionCodec implements PayloadCodec {
  private readonly keys: ReadonlyMap<string, PayloadKey>;
  private readonly first: PayloadKey | undefined;

  /**
   * @param keys the first encrypts, all decrypt; without any, payloads are sent as they are
   * @param onUnreadable is told of each payload that could not be decrypted
   */
  constructor(
    keys: readonly PayloadKey[],
    private readonly onUnreadable: (what: Unreadable) => void = () => undefined,
  ) {
    this.keys = new Map(keys.map((key) => [key.id, key]));
    this.first = keys[0];
  }

  /** Encrypts what is not encrypted yet. */
  async encode(payloads: Payload[]): Promise<Payload[]> {
    const { first } = this;
    if (first === undefined) return payloads;
    return payloads.map((payload) => (isEncrypted(payload) ? payload : seal(payload, first)));
  }

  /**
   * Decrypts. What is plain stays as it is: bookings from before the keys, and signals sent by hand. What
   * cannot be decrypted stays as it is too: an error here would wedge the workflow, while the payload
   * converter makes its marker of an encoding that it does not know.
   */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => (isEncrypted(payload) ? this.open(payload) : payload));
  }

  private open(payload: Payload): Payload {
    const keyId = textOf(payload.metadata?.[KEY_ID]);
    const key = this.keys.get(keyId);
    try {
      if (key !== undefined) return unseal(payload.data ?? new Uint8Array(), key);
    } catch {
      // Told below.
    }
    const reason = key === undefined ? 'unknown_key' : 'not_authentic';
    this.onUnreadable({ keyId: keyId.slice(0, LONGEST_ID), reason });
    return payload;
  }
}

function seal(payload: Payload, { id, secret }: PayloadKey): Payload {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, secret, iv, { authTagLength: TAG_BYTES });
  const plain = proto.temporal.api.common.v1.Payload.encode(payload).finish();
  return {
    metadata: { encoding: Buffer.from(ENCRYPTED), [KEY_ID]: Buffer.from(id) },
    data: Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]),
  };
}

/** Throws for what this key did not encrypt, or was changed since. */
function unseal(data: Uint8Array, { secret }: PayloadKey): Payload {
  const tagAt = data.length - TAG_BYTES;
  if (tagAt < IV_BYTES) throw new Error('too short');
  const iv = data.subarray(0, IV_BYTES);
  const cipher = createDecipheriv(CIPHER, secret, iv, { authTagLength: TAG_BYTES });
  cipher.setAuthTag(data.subarray(tagAt));
  const plain = Buffer.concat([cipher.update(data.subarray(IV_BYTES, tagAt)), cipher.final()]);
  return proto.temporal.api.common.v1.Payload.decode(plain);
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}
