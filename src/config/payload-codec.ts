import type { Logger } from 'pino';
import { EncryptionCodec } from '../../payload-codec/encryption-codec.js';
import type { PayloadKey } from '../../payload-codec/keys.js';

/** The codec of this process. Without keys too: it then tells of what is encrypted and cannot be read. */
export function createPayloadCodec(keys: readonly PayloadKey[], logger: Logger): EncryptionCodec {
  return new EncryptionCodec(keys, (what) =>
    logger.warn(what, 'a payload cannot be decrypted: does PAYLOAD_KEYS lack its key?'),
  );
}
