/** Recorded histories: reading them, replaying them, and falsifying them for the controls. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { workflowIdOf } from '../../contract/workflow.js';
import type { HistoryEvent, RecordedHistory } from '../../tools/history/recorded.js';
import { bundlePath, converterPath, installQuietRuntime } from './stage-ground.js';
import type { System } from './system.js';

export type { HistoryEvent, RecordedHistory };
type Bundle = { codePath: string } | WorkflowBundleWithSourceMap;

const FOLDER = process.env['REPLAY_HISTORIES'] ?? join(process.cwd(), 'test/replay/histories');

/** Names of all recorded histories, without `.json`. */
export function historyNames(): string[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();
}

/** A fresh copy of one. */
export function readHistory(name: string): RecordedHistory {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as RecordedHistory;
}

/** The name of a scene's history, of whatever set. */
export function historyOf(scene: string): string {
  const name = historyNames().find((one) => one.startsWith(`${scene}.`));
  if (name === undefined) throw new Error(`no history of ${scene} in ${FOLDER}`);
  return name;
}

/** Replays histories, by name; answers what came of each: null, or the error. */
export async function replay(
  histories: Record<string, RecordedHistory>,
  workflowBundle: Bundle = { codePath: bundlePath() },
): Promise<Record<string, Error | null>> {
  installQuietRuntime();
  const named = Object.entries(histories).map(([workflowId, history]) => ({ workflowId, history }));
  const results: Record<string, Error | null> = {};
  const options = { workflowBundle, dataConverter: { payloadConverterPath: converterPath() } };
  for await (const result of Worker.runReplayHistories(options, named))
    results[result.workflowId] = result.error ?? null;
  return results;
}

/** All texts of a history, also those inside of payloads. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value, Buffer.from(value, 'base64').toString('utf8')];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [key, ...textsOf(one)]);
}

/** All texts of what Temporal's client answered, in one: its messages hold payloads as bytes. */
export function textIn(message: unknown): string {
  return textsOf(JSON.parse(JSON.stringify(message))).join('\n');
}

/** Every text that the history of its workflow holds, decoded. */
export async function historyTexts(system: System, bookingId: string): Promise<string> {
  return textIn(await system.temporal.client.workflow.getHandle(workflowIdOf(bookingId)).fetchHistory());
}

/** The first event of a type; throws when there is none. */
export function eventOf(history: RecordedHistory, type: string): HistoryEvent {
  const found = history.events.find((one) => one.eventType === `EVENT_TYPE_${type}`);
  if (found === undefined) throw new Error(`no ${type} in this history`);
  return found;
}

interface Payloads {
  payloads: { data: string }[];
}

/** Changes the JSON in a payload of a marker of a local activity. */
export function rewriteMarker(
  event: HistoryEvent,
  part: 'data' | 'result',
  change: (value: never) => void,
): void {
  const { details } = event['markerRecordedEventAttributes'] as { details: Record<string, Payloads> };
  const payload = details[part]?.payloads[0];
  if (payload === undefined) throw new Error(`no ${part} in this marker`);
  const value = JSON.parse(Buffer.from(payload.data, 'base64').toString()) as never;
  change(value);
  payload.data = Buffer.from(JSON.stringify(value)).toString('base64');
}

/** Takes an event out; the numbers of those behind it move up, as if it had never been. */
export function removeEvent(history: RecordedHistory, event: HistoryEvent): void {
  const at = history.events.indexOf(event);
  const moved = (id: string): string => (Number(id) > at + 1 ? String(Number(id) - 1) : id);
  history.events = history.events
    .filter((one) => one !== event)
    .map((one) => renumber(one, moved) as HistoryEvent);
}

/** Fields that name another event by its number. */
const EVENT_NUMBER = /^(eventId|.*EventId)$/;

function renumber(value: unknown, moved: (id: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => renumber(one, moved));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      EVENT_NUMBER.test(key) && typeof one === 'string' ? moved(one) : renumber(one, moved),
    ]),
  );
}
