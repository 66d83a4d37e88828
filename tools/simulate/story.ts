/** One booking as its user was told it: what the numbered events say, sorted, each once. */
import type { UserEvents } from '../../contract/shapes.js';

export type UserEventName = keyof UserEvents;

/** An event of a booking to its user, as a socket or `GET /bookings/:id/events` gives it. */
export interface ToldEvent {
  seq: number;
  event: UserEventName;
  payload: Record<string, unknown>;
  at: string;
}

/** What a story says so far. */
export interface StoryState {
  /** `failed` waits for the user; `ended` is delivered, cancelled or expired. */
  phase: 'searching' | 'failed' | 'assigned' | 'ended';
  offers: number;
  /** Searches that found nobody, in their order. */
  failures: ('no_pilots' | 'search_timeout')[];
  /** Pilots that it was given to, in their order. */
  pilotIds: string[];
  /** Given to a pilot while it was another's, or his already. */
  doubleAssignments: number;
  end: 'delivered' | 'cancelled' | 'expired' | null;
}

/** Retells the events in the order of their numbers. Pure. */
export function retell(events: readonly ToldEvent[]): StoryState {
  const state: StoryState = {
    phase: 'searching',
    offers: 0,
    failures: [],
    pilotIds: [],
    doubleAssignments: 0,
    end: null,
  };
  let hasPilot = false;
  for (const { event, payload } of [...events].sort((a, b) => a.seq - b.seq)) {
    switch (event) {
      case 'booking:search_started':
        state.phase = 'searching';
        break;
      case 'booking:offer_sent':
        state.offers += 1;
        break;
      case 'booking:no_pilots':
        state.phase = 'failed';
        state.failures.push('no_pilots');
        break;
      case 'booking:search_timeout':
        state.phase = 'failed';
        state.failures.push('search_timeout');
        break;
      case 'booking:driver_assigned':
        if (hasPilot) state.doubleAssignments += 1;
        hasPilot = true;
        state.phase = 'assigned';
        state.pilotIds.push(pilotIdOf(payload));
        break;
      case 'booking:driver_released':
        hasPilot = false;
        state.phase = 'searching';
        break;
      case 'booking:cancelled':
        state.phase = 'ended';
        state.end = 'cancelled';
        break;
      case 'booking:status':
        if (payload['status'] === 'DELIVERED') state.end = 'delivered';
        if (payload['status'] === 'EXPIRED') state.end = 'expired';
        if (state.end !== null) state.phase = 'ended';
        break;
      case 'booking:created':
      case 'booking:offer_expired':
      case 'booking:offer_declined':
      case 'booking:driver_unreachable':
        break;
    }
  }
  return state;
}

function pilotIdOf(payload: Record<string, unknown>): string {
  const pilot = payload['pilot'];
  const id = typeof pilot === 'object' && pilot !== null && 'id' in pilot ? pilot.id : null;
  return typeof id === 'string' ? id : '';
}

/** A booking's events as they come in; tells whoever waits that there is something new. */
export class Story {
  private readonly bySeq = new Map<number, ToldEvent>();
  private wakers: (() => void)[] = [];
  /** Own monotonic clock: when `POST /bookings` was answered; null until then. */
  bookedAtMs: number | null = null;
  /** Own monotonic clock: when the user first heard that a pilot has it. */
  assignedAtMs: number | null = null;

  constructor(readonly bookingId: string) {}

  get state(): StoryState {
    return retell(this.events);
  }

  /** The events so far, by their numbers. */
  get events(): ToldEvent[] {
    return [...this.bySeq.values()].sort((a, b) => a.seq - b.seq);
  }

  /** The number up to which nothing is missing: what comes after it may be asked for. */
  get completeTo(): number {
    let seq = 0;
    while (this.bySeq.has(seq + 1)) seq += 1;
    return seq;
  }

  /** True when a later event is here and an earlier one is not. */
  get hasGap(): boolean {
    return this.completeTo < this.bySeq.size;
  }

  /** Takes an event that came at `atMs` of our own clock; one that is here already changes nothing. */
  add(event: ToldEvent, atMs: number): boolean {
    if (this.bySeq.has(event.seq)) return false;
    this.bySeq.set(event.seq, event);
    if (event.event === 'booking:driver_assigned') this.assignedAtMs ??= atMs;
    const wakers = this.wakers;
    this.wakers = [];
    for (const wake of wakers) wake();
    return true;
  }

  /** Waits for the next new event, or until `wake` (an abort or a pause) settles. */
  async changed(wake: Promise<unknown>): Promise<void> {
    await Promise.race([new Promise<void>((resolve) => this.wakers.push(resolve)), wake]);
  }
}
