/** Payloads as they lie on the wire, which a client of ours would not send. */

export const json = (text: string) => ({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from(text),
});
/** By name: what no converter can read. */
export const UNDECODABLE = [
  ['broken JSON', json('{"offerId": ')],
  ['no bytes at all', json('')],
  [
    'bytes that are no text',
    { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from([0xff, 0x00, 0xfe]) },
  ],
  [
    'an encoding that nobody knows',
    { metadata: { encoding: Buffer.from('binary/encrypted') }, data: Buffer.from('x') },
  ],
  ['no encoding', { data: Buffer.from('{}') }],
  [
    'protobuf that is none',
    {
      metadata: { encoding: Buffer.from('json/protobuf'), messageType: Buffer.from('a.B') },
      data: Buffer.from('{}'),
    },
  ],
  [
    // The SDK throws for it where no storage is configured, before anything of ours sees it.
    'a reference to a storage outside of the cluster',
    {
      metadata: {
        encoding: Buffer.from('json/protobuf'),
        messageType: Buffer.from('temporal.api.sdk.v1.ExternalStorageReference'),
      },
      data: Buffer.from('{}'),
    },
  ],
] as const;

/** Can be read, and is no object with fields. */
export const RAW_BYTES = { metadata: { encoding: Buffer.from('binary/plain') }, data: Buffer.from('{}') };
