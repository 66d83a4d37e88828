import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { givenPayloadsSchema, type JsonPayloads } from '../../contract/payload-shapes.js';
import type { EncryptionCodec } from '../../payload-codec/encryption-codec.js';
import { Who } from '../auth/access.guard.js';
import { PAYLOAD_CODEC } from '../config/providers.js';

type Payload = Parameters<EncryptionCodec['decode']>[0][number];
type JsonPayload = JsonPayloads['payloads'][number];

/**
 * The codec as Temporal's Web UI and CLI ask for it, for operators. Without PAYLOAD_KEYS it hands back
 * what it was given, so that a Web UI may be set up before the keys; one payload that cannot be decrypted
 * comes back as it is and hides none of the others.
 */
@Controller('admin/codec')
@Who('admin')
export class CodecController {
  constructor(@Inject(PAYLOAD_CODEC) private readonly codec: EncryptionCodec) {}

  @Post('decode')
  @HttpCode(200)
  async decode(@Body({ schema: givenPayloadsSchema }) body: JsonPayloads): Promise<JsonPayloads> {
    return { payloads: (await this.codec.decode(body.payloads.map(fromJson))).map(toJson) };
  }

  @Post('encode')
  @HttpCode(200)
  async encode(@Body({ schema: givenPayloadsSchema }) body: JsonPayloads): Promise<JsonPayloads> {
    return { payloads: (await this.codec.encode(body.payloads.map(fromJson))).map(toJson) };
  }
}

function fromJson({ metadata = {}, data = '' }: JsonPayload): Payload {
  const entries = Object.entries(metadata).map(([key, value]) => [key, Buffer.from(value, 'base64')]);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data, 'base64') };
}

function toJson({ metadata, data }: Payload): JsonPayload {
  const entries = Object.entries<Uint8Array>(metadata ?? {}).map(([key, value]) => [key, base64(value)]);
  return { metadata: Object.fromEntries(entries), data: base64(data ?? new Uint8Array()) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
