/** What Temporal's Web UI and CLI send to a codec endpoint, and get back: payloads as protobuf's JSON. */
import { z } from 'zod';

const MOST_PAYLOADS = 1_000;
const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'must be base64');
const fields = { metadata: z.record(z.string(), base64).optional(), data: base64.optional() };

/** Fields that a newer Temporal adds to a payload are none of ours. */
const givenPayload = z.object(fields).meta({ id: 'GivenPayload' });
export const givenPayloadsSchema = z
  .strictObject({ payloads: z.array(givenPayload).max(MOST_PAYLOADS) })
  .meta({ id: 'GivenPayloads', description: "Temporal's payloads; metadata and data in base64" });

const codedPayload = z.object(fields).meta({ id: 'CodedPayload' });
export const codedPayloadsShape = z
  .object({ payloads: z.array(codedPayload) })
  .meta({ id: 'CodedPayloads', description: 'As many as were given, in their order' });
export type JsonPayloads = z.infer<typeof codedPayloadsShape>;
