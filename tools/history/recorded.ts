/** Histories in the JSON form of `temporal workflow show -o json` and `history:record`: found, read, decrypted. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { temporal } from '@temporalio/proto';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { decodeHistory } from '../../payload-codec/decode-history.js';
import { EncryptionCodec } from '../../payload-codec/encryption-codec.js';
import { readPayloadKeys } from '../../payload-codec/keys.js';
import { HistoryError } from './command.js';

export interface HistoryEvent {
  eventId: string;
  eventTime: string;
  eventType: string;
  [attributes: string]: unknown;
}
export interface RecordedHistory {
  events: HistoryEvent[];
}
export type History = temporal.api.history.v1.IHistory;

/** A history and where it is from: a file's name, or a workflow's id and run. */
export interface NamedHistory {
  name: string;
  history: History;
}

/** The codec by PAYLOAD_KEYS; throws HistoryError for keys that are none. */
export function readCodec(exitCode: 1 | 2 = 2): EncryptionCodec {
  const text = process.env['PAYLOAD_KEYS'] ?? '';
  const { keys, faults } = text === '' ? { keys: [], faults: [] } : readPayloadKeys(text);
  if (faults.length > 0) throw new HistoryError(`PAYLOAD_KEYS: ${faults.join('; ')}`, exitCode);
  return new EncryptionCodec(keys);
}

/** The `.json` files that a path names: itself, or those in the folder. Throws HistoryError (2) for none. */
export function historyFiles(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new HistoryError(`${path}: there is no such file or folder.`, 2);
  if (stat.isFile()) return [path];
  const files = readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(path, name));
  if (files.length === 0) throw new HistoryError(`${path}: there is no .json file in this folder.`, 2);
  return files;
}

/**
 * One recorded history, decrypted where PAYLOAD_KEYS can.
 *
 * @returns `encrypted`: how many payloads no key fits
 * @throws HistoryError (2) for a file that holds no history
 */
export async function readHistoryFile(
  file: string,
  codec: EncryptionCodec,
): Promise<NamedHistory & { encrypted: number }> {
  const history = historyFromJSON(parse(file));
  const encrypted = await decodeHistory(history, codec);
  return { name: basename(file, '.json'), history, encrypted };
}

/** The form in which events are named by words; for reading, since it copies everything. */
export function toRecorded(history: History): RecordedHistory {
  return JSON.parse(historyToJSON(history)) as RecordedHistory;
}

function parse(file: string): RecordedHistory {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new HistoryError(`${file}: ${(error as Error).message}`, 2);
  }
  const events = (value as { events?: unknown } | null)?.events;
  if (!Array.isArray(events) || events.length === 0)
    throw new HistoryError(`${file}: holds no "events", so it is no history.`, 2);
  const [first] = events as Partial<HistoryEvent>[];
  if (first?.eventType !== 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED')
    throw new HistoryError(
      `${file}: event 1 must be EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, as \`temporal workflow show -o json\` has it, not ${JSON.stringify(first?.eventType ?? null)}.`,
      2,
    );
  return value as RecordedHistory;
}
