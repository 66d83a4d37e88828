import type { Payload } from '@temporalio/common';
import { isEncrypted, type EncryptionCodec } from './encryption-codec.js';

/**
 * Decrypts every encrypted payload of a fetched history, in place.
 *
 * @returns how many are encrypted still, since no key fits them
 */
export async function decodeHistory(history: object, codec: EncryptionCodec): Promise<number> {
  let left = 0;
  for (const [key, value] of Object.entries(history) as [string, unknown][]) {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) continue;
    // Nothing else of a history names an encoding in its metadata.
    if (!('metadata' in value) || !isEncrypted(value as Payload)) {
      left += await decodeHistory(value, codec);
      continue;
    }
    const [decoded = value] = await codec.decode([value as Payload]);
    if (isEncrypted(decoded as Payload)) left += 1;
    (history as Record<string, unknown>)[key] = decoded;
  }
  return left;
}
