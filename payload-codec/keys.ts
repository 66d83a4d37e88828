/** The keys of the payload codec as `PAYLOAD_KEYS` names them: `id:base64 of 32 bytes`, by commas. */
import { createSecretKey, type KeyObject } from 'node:crypto';

export interface PayloadKey {
  /** Stands in plain beside what the key encrypted. */
  id: string;
  /** Shows nothing of itself when it is logged or written as JSON. */
  secret: KeyObject;
}

export const KEY_BYTES = 32;
const ID = /^[A-Za-z0-9._-]{1,64}$/;
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

/**
 * Reads the list; the first key encrypts, all decrypt. Faults name the entry by its number and never what
 * stands in it: a key in the wrong place must not land in a log.
 */
export function readPayloadKeys(text: string): { keys: PayloadKey[]; faults: string[] } {
  const keys: PayloadKey[] = [];
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of text.split(',').entries()) {
    const fault = faultOf(entry.trim(), seen);
    if (fault !== null) {
      faults.push(`entry ${index + 1} ${fault}`);
      continue;
    }
    const [id, bytes] = partsOf(entry.trim());
    seen.add(id);
    keys.push({ id, secret: createSecretKey(Buffer.from(bytes, 'base64')) });
  }
  return { keys, faults };
}

function faultOf(entry: string, seen: Set<string>): string | null {
  if (entry === '') return 'is empty';
  if (!entry.includes(':')) return 'must be keyId:base64 of 32 bytes';
  const [id, bytes] = partsOf(entry);
  if (!ID.test(id)) return 'must have an id of 1 to 64 letters, digits, dots, _ and - before its colon';
  if (!BASE64.test(bytes) || Buffer.from(bytes, 'base64').toString('base64') !== bytes)
    return `must have base64 of ${KEY_BYTES} bytes after its colon (openssl rand -base64 ${KEY_BYTES})`;
  return seen.has(id) ? 'has the id of an earlier one' : null;
}

function partsOf(entry: string): [id: string, bytes: string] {
  const colon = entry.indexOf(':');
  return [entry.slice(0, colon), entry.slice(colon + 1)];
}
