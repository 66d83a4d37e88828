/**
 * A signal whose payload cannot be decoded would wedge its workflow before any handler sees it. This
 * converter hands such a payload on as a marker, which every handler refuses as it refuses bad input.
 */
import { DefaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

export const UNDECODABLE = { undecodable: true } as const;

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
