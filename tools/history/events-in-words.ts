/** One event of a history in words that people of dispatch use. */
import { localActivityOf, patchOf, type LocalActivity } from './markers.js';
import { textOf, valueOf, valuesOf, type JsonPayload } from './payloads.js';
import type { HistoryEvent } from './recorded.js';

export type EntryKind = 'life' | 'activity' | 'timer' | 'signal' | 'shown' | 'patch' | 'trouble' | 'task';

/** An event in words. */
export interface Words {
  kind: EntryKind;
  title: string;
  /** More of it: answers, inputs, who. */
  detail: string;
}

/** `EVENT_TYPE_TIMER_STARTED` → `TIMER_STARTED`. */
export function shortType(event: HistoryEvent): string {
  return event.eventType.replace(/^EVENT_TYPE_/, '');
}

/** The attributes of an event, whatever its type. */
export function attributesOf(event: HistoryEvent): Record<string, unknown> {
  const key = Object.keys(event).find((name) => name.endsWith('EventAttributes'));
  return (key === undefined ? {} : event[key]) as Record<string, unknown>;
}

/** What happened, in words. Texts of strangers (signal names, payloads) hold no control characters any more. */
export function inWords(event: HistoryEvent): Words {
  const activity = localActivityOf(event);
  if (activity !== null) return ofActivity(activity);
  const patch = patchOf(event);
  if (patch !== null) return { kind: 'patch', title: `patched: ${textOf(patch)}`, detail: '' };
  const attributes = attributesOf(event);
  return ofTimer(event, attributes) ?? ofLife(event, attributes) ?? ofTask(event, attributes);
}

/** Where a booking stands by an activity's answer, in a few words. */
export function standingInWords(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null || !('kind' in answer))
    return textOf(answer ?? 'nothing');
  const told = answer as Record<string, unknown> & { kind: string };
  const search = told['search'] as { searchNo?: number; triedPilotIds?: unknown[] } | undefined;
  const asked = `search ${search?.searchNo ?? '?'}, ${search?.triedPilotIds?.length ?? 0} asked`;
  const of = (field: string): string => textOf(told[field]);
  switch (told.kind) {
    case 'offered': {
      const offer = (told['offer'] ?? {}) as { number?: number; pilotId?: string; remainingMs?: number };
      return textOf(
        `offered: offer ${offer.number} to ${offer.pilotId}, ${duration(offer.remainingMs)} left`,
      );
    }
    case 'failed':
      return `failed: ${of('reason')} (${asked})`;
    case 'assigned':
      return `assigned to ${of('pilotId')}, ${of('status')} (${asked})`;
    case 'waiting':
      return `waiting ${duration(told['waitMs'])} for ${of('until')} (${asked})`;
    case 'closed':
      return `closed: ${of('status')}`;
    default:
      return textOf(`${told.kind} (${asked})`);
  }
}

/** Milliseconds as people say them: `850 ms`, `29.9 s`, `12 min 5 s`. */
export function duration(ms: unknown): string {
  const value = Number(ms);
  if (!Number.isFinite(value)) return '?';
  if (value < 1_000) return `${Math.round(value)} ms`;
  if (value < 120_000) return `${(value / 1_000).toFixed(1)} s`;
  return `${Math.floor(value / 60_000)} min ${Math.round((value % 60_000) / 1_000)} s`;
}

function ofActivity({ type, attempt, askedAt, answeredAt, answer, failure }: LocalActivity): Words {
  // Two clocks of the SDK's core may disagree by a few milliseconds.
  const took =
    askedAt === null || answeredAt === null ? '' : `, ${duration(Math.max(0, answeredAt - askedAt))}`;
  const tries = attempt > 1 ? `, attempt ${attempt}` : '';
  const title = `${textOf(type)}${failure === null ? '' : ' failed'}${tries}${took}`;
  if (failure !== null) return { kind: 'trouble', title, detail: textOf(failure) };
  return { kind: 'activity', title, detail: standingInWords(answer) };
}

/** The summary that the workflow gave a timer. */
export function summaryOf(event: HistoryEvent): string {
  const { summary } = (event['userMetadata'] ?? {}) as { summary?: JsonPayload };
  return summary === undefined ? '' : textOf(valueOf(summary));
}

function ofTimer(event: HistoryEvent, attributes: Record<string, unknown>): Words | null {
  const summary = summaryOf(event);
  const id = `timer ${textOf(attributes['timerId'])}`;
  switch (shortType(event)) {
    case 'TIMER_STARTED':
      return {
        kind: 'timer',
        title: `${id} of ${textOf(attributes['startToFireTimeout'])}`,
        detail: summary,
      };
    case 'TIMER_FIRED':
      return { kind: 'timer', title: `${id} fired`, detail: summary };
    case 'TIMER_CANCELED':
      return { kind: 'timer', title: `${id} not needed any more`, detail: summary };
    default:
      return null;
  }
}

function ofLife(event: HistoryEvent, attributes: Record<string, unknown>): Words | null {
  const type = shortType(event);
  const input = valuesOf(attributes['input'] as never);
  if (type === 'WORKFLOW_EXECUTION_STARTED') {
    const again = attributes['continuedExecutionRunId'] ? ', going on from an earlier run' : '';
    return { kind: 'life', title: `begins${again}`, detail: textOf(input[0]) };
  }
  if (type === 'WORKFLOW_EXECUTION_SIGNALED') {
    const detail = input.map(textOf).join(' ');
    return { kind: 'signal', title: `signal ${textOf(attributes['signalName'])}`, detail };
  }
  if (type === 'WORKFLOW_EXECUTION_COMPLETED')
    return { kind: 'life', title: 'completed', detail: textOf(valuesOf(attributes['result'] as never)[0]) };
  if (type === 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES') {
    const { indexedFields = {} } = attributes['searchAttributes'] as {
      indexedFields?: Record<string, JsonPayload>;
    };
    const fields = Object.entries(indexedFields).map(
      ([name, payload]) => `${name}=${textOf(valueOf(payload))}`,
    );
    return { kind: 'shown', title: 'shown in lists', detail: textOf(fields.join(' ')) };
  }
  if (!type.startsWith('WORKFLOW_EXECUTION_')) return null;
  const title = type.slice('WORKFLOW_EXECUTION_'.length).toLowerCase().replaceAll('_', ' ');
  const { reason, failure } = attributes as { reason?: string; failure?: { message?: string } };
  return { kind: 'life', title, detail: textOf(reason ?? failure?.message ?? '') };
}

function ofTask(event: HistoryEvent, attributes: Record<string, unknown>): Words {
  const type = shortType(event);
  const title = type.toLowerCase().replaceAll('_', ' ');
  const { failure, cause } = attributes as { failure?: { message?: string }; cause?: string };
  const trouble = /FAILED|TIMED_OUT/.test(type);
  const isTask = type.startsWith('WORKFLOW_TASK');
  const detail = textOf([cause, failure?.message].filter(Boolean).join(': '));
  return { kind: trouble ? 'trouble' : isTask ? 'task' : 'life', title, detail };
}
