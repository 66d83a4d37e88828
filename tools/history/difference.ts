/** Why a replay failed, in words: which event of the history, and what the code wanted instead. */
import { inWords, shortType } from './events-in-words.js';
import { localActivityOf, patchOf } from './markers.js';
import { textOf } from './payloads.js';
import type { HistoryEvent, RecordedHistory } from './recorded.js';

export interface Difference {
  /** `determinism`: other commands than recorded; `code`: the workflow threw; `history`: it is no history. */
  kind: 'determinism' | 'code' | 'history';
  /** The event that does not fit; null where the replay named none. */
  eventId: string | null;
  eventType: string | null;
  /** The event in words. */
  recorded: string;
  /** What the code did or wanted at this point instead. */
  wanted: string;
  /** As the SDK said it. */
  message: string;
}

/** The commands behind the SDK's state machines, as people say them. */
const COMMANDS: [RegExp, string][] = [
  [/^timer/i, 'to start (or cancel) a timer'],
  [/^local ?activity/i, 'to run a local activity'],
  [/^activity/i, 'to run an activity'],
  [/search ?attributes/i, 'to upsert search attributes'],
  [/^(patch|change)/i, 'a patched() call'],
  [/complete ?workflow/i, 'to complete'],
  [/fail ?workflow/i, 'to fail'],
  [/continue ?as ?new/i, 'to continue as new'],
  [/cancel ?workflow/i, 'to end as cancelled'],
  [/child/i, 'to start a child workflow'],
  [/modify|properties/i, 'to upsert its memo'],
];
const NAMED_EVENT = /HistoryEvent\(id: (\d+), (\w+)\)/;
const OTHER_ACTIVITY =
  /Activity type of recorded marker '(.*?)' does not match activity type of local activity command '(.*?)'/;
const PATCH_GONE = /patch marker encountered for change (.+?), but there is no corresponding change command/i;

/**
 * Reads what the SDK says of a failed replay.
 *
 * @param failsUntil says whether a replay of the events up to a place fails as well: with it, the one of
 *   several activities of the same name is found
 */
export async function explain(
  error: Error,
  history: RecordedHistory,
  failsUntil: (events: number) => Promise<boolean> = () => Promise.resolve(true),
): Promise<Difference> {
  const message = textOf(reasonOf(error.message));
  if (error.name === 'DeterminismViolationError') {
    const { event, wanted } = await determinism(message, history, failsUntil);
    return { ...named('determinism', event), wanted, message };
  }
  const code = /Replay failed due workflow task failure/.test(error.message);
  const wanted = code
    ? `the workflow's code threw${placeOf(error.message)}`
    : 'nothing: the history itself is not whole';
  return { ...named(code ? 'code' : 'history', undefined), wanted, message };
}

interface Clash {
  event: HistoryEvent | undefined;
  wanted: string;
}

async function determinism(
  message: string,
  { events }: RecordedHistory,
  failsUntil: (events: number) => Promise<boolean>,
): Promise<Clash> {
  const other = OTHER_ACTIVITY.exec(message);
  if (other !== null) {
    const markers = events.filter((one) => localActivityOf(one)?.type === other[1]);
    const event = await firstFailing(events, markers, failsUntil);
    return { event, wanted: `to run the local activity ${other[2]}` };
  }
  const gone = PATCH_GONE.exec(message);
  if (gone !== null) {
    const event = events.find((one) => patchOf(one) === gone[1]);
    return { event, wanted: `no patched('${gone[1]}') call: it may only go when no such history is left` };
  }
  const [, id] = NAMED_EVENT.exec(message) ?? [];
  const event = events.find((one) => String(one.eventId) === id);
  const machine = /(?:error: )?([\w ]+?) ?machine does not handle/i.exec(message)?.[1]?.trim();
  if (machine !== undefined) {
    const command = COMMANDS.find(([pattern]) => pattern.test(machine))?.[1];
    return { event, wanted: command ?? `a command of '${machine}'` };
  }
  if (/No command scheduled/i.test(message))
    return { event, wanted: 'no command at all: it waited, or was done' };
  return { event, wanted: 'another order of commands' };
}

/** Of several events that look alike, the first with which a replay fails. */
async function firstFailing(
  events: HistoryEvent[],
  candidates: HistoryEvent[],
  failsUntil: (events: number) => Promise<boolean>,
): Promise<HistoryEvent | undefined> {
  for (const candidate of candidates.slice(0, -1))
    if (await failsUntil(events.indexOf(candidate) + 1)) return candidate;
  return candidates.at(-1);
}

function named(
  kind: Difference['kind'],
  event: HistoryEvent | undefined,
): Pick<Difference, 'kind' | 'eventId' | 'eventType' | 'recorded'> {
  if (event === undefined) return { kind, eventId: null, eventType: null, recorded: '' };
  const { title, detail } = inWords(event);
  const recorded = detail === '' ? title : `${title}: ${detail}`;
  return { kind, eventId: String(event.eventId), eventType: shortType(event), recorded };
}

/** The innermost message of what the SDK's core prints. */
function reasonOf(message: string): string {
  const inner = /message: "((?:[^"\\]|\\.)*)"/.exec(message)?.[1] ?? message;
  return inner.replace(/\\(["'\\])/g, '$1').replace(/^\[TMPRL1100\] Nondeterminism error: /, '');
}

/** Where in the workflows the code threw, by the first line of its stack that is ours. */
function placeOf(message: string): string {
  const [, place] = /\((?:[^()]*\/)?(workflows\/[\w.-]+:\d+)/.exec(message) ?? [];
  return place === undefined ? '' : ` at ${place}`;
}
