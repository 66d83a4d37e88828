/**
 * A signal whose payload cannot be decoded would wedge its workflow before any handler sees it. This
 * converter hands such a payload on as a marker, which every handler refuses as it refuses bad input.
 */
import { DefaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

export const UNDECODABLE = { undecodable: true } as const;

/**
 * The same value; throws for the marker. For what a workflow cannot go on without, its input and the answers
 * of its activities: the workflow task fails, and is tried again until a worker has the key.
 */
export function readable<T>(value: T): T {
  if (typeof value !== 'object' || value === null || !('undecodable' in value)) return value;
  throw new Error('a payload cannot be decoded: does the worker lack a key of PAYLOAD_KEYS?');
}

class TolerantPayloadConverter implements PayloadConverter {
  private readonly strict = new DefaultPayloadConverter();

  toPayload<T>(value: T): Payload {
    return this.strict.toPayload(value) as Payload;
  }

  fromPayload<T>(payload: Payload): T {
    try {
      return this.strict.fromPayload(payload);
    } catch {
      return UNDECODABLE as T;
    }
  }
}

export const payloadConverter = new TolerantPayloadConverter();
