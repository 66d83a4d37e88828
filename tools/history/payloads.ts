/** What stands in the payloads of a recorded history, as values and as one line of text. */

export interface JsonPayload {
  metadata?: Record<string, string>;
  data?: string;
}

/** Stands for a payload that is no JSON. */
export const NOT_JSON = '(not readable)';
const ENCRYPTED = 'binary/encrypted';
const LONGEST_TEXT = 300;

/** The value in a payload; a text in brackets for what is no JSON or encrypted. */
export function valueOf(payload: JsonPayload | undefined): unknown {
  if (payload === undefined) return undefined;
  const encoding = Buffer.from(payload.metadata?.['encoding'] ?? '', 'base64').toString();
  if (encoding === ENCRYPTED) return '(encrypted: set PAYLOAD_KEYS)';
  if (encoding === 'binary/null') return null;
  try {
    return JSON.parse(Buffer.from(payload.data ?? '', 'base64').toString('utf8'));
  } catch {
    return NOT_JSON;
  }
}

/** The values of a list of payloads, such as a signal's input. */
export function valuesOf(payloads: { payloads?: JsonPayload[] } | undefined): unknown[] {
  return (payloads?.payloads ?? []).map(valueOf);
}

/** A value as one line that a terminal shows as it is: no control character of it is carried out. */
export function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�');
  return plain.length > LONGEST_TEXT ? `${plain.slice(0, LONGEST_TEXT)}…` : plain;
}
