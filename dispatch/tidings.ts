import type { EntityManager } from 'typeorm';
import { appendEvents } from '../database/statements/events.js';
import { row } from '../database/query.js';
import type { Emission } from '../events/emitter.js';
import { ADMIN_ROOM, pilotRoom, userRoom } from '../contract/rooms.js';
import type { AdminEvents, PilotEvents, UserEvents } from '../contract/shapes.js';

interface UserEvent {
  bookingId: string;
  userId: string;
  event: string;
  payload: object;
}

type Unstamped<T> = Omit<T, 'seq' | 'at' | 'bookingId'>;

/**
 * What a transaction tells whom. Events to the user are numbered rows first; all that is told carries the
 * time at which Postgres wrote it.
 */
export class Tidings {
  readonly emissions: Emission[] = [];
  private toUsers: UserEvent[] = [];
  private toOthers: Emission[] = [];

  /** Tells the booking's user; the event is numbered, stored and replayed. */
  user<E extends keyof UserEvents>(
    booking: { id: string; user_id: string },
    event: E,
    payload: Unstamped<UserEvents[E]>,
  ): void {
    this.toUsers.push({ bookingId: booking.id, userId: booking.user_id, event, payload });
  }

  /** Tells a pilot, on all his devices. */
  pilot<E extends keyof PilotEvents>(pilotId: string, event: E, payload: Omit<PilotEvents[E], 'at'>): void {
    this.toOthers.push({ room: pilotRoom(pilotId), event, payload: { ...payload } });
  }

  /** Tells the operators who watch. */
  admin<E extends keyof AdminEvents>(event: E, payload: Omit<AdminEvents[E], 'at'>): void {
    this.toOthers.push({ room: ADMIN_ROOM, event, payload: { ...payload } });
  }

  /** Writes the events as rows and makes the emissions, of all that was told since it was called last. */
  async write(manager: EntityManager): Promise<void> {
    const { toUsers, toOthers } = this;
    if (toUsers.length + toOthers.length === 0) return;
    [this.toUsers, this.toOthers] = [[], []];
    const at = (await this.writeUserEvents(manager, toUsers)) ?? (await now(manager));
    for (const { room, event, payload } of toOthers) {
      const emission = { room, event, payload: { ...payload, at } };
      // Whose seconds count is told before those who only look on.
      if (event === 'booking:offer') this.emissions.unshift(emission);
      else this.emissions.push(emission);
    }
  }

  private async writeUserEvents(manager: EntityManager, toUsers: UserEvent[]): Promise<string | undefined> {
    const [first] = toUsers;
    if (first === undefined) return undefined;
    if (toUsers.some((one) => one.bookingId !== first.bookingId))
      throw new Error('one transaction tells of one booking: it holds that booking only');
    const written = await appendEvents(
      manager,
      first.bookingId,
      toUsers.map(({ event, payload }) => ({
        event,
        payload: { bookingId: first.bookingId, ...payload },
      })),
    );
    for (const event of written)
      this.emissions.push({ room: userRoom(first.userId), event: event.event, payload: wirePayload(event) });
    return written[0]?.at.toISOString();
  }
}

/** A stored event as its user receives it: its number and time go with the payload. */
export function wirePayload(event: {
  seq: number;
  payload: Record<string, unknown>;
  at: Date;
}): Record<string, unknown> {
  return { ...event.payload, seq: event.seq, at: event.at.toISOString() };
}

async function now(manager: EntityManager): Promise<string> {
  const found = await row<{ now: Date }>(manager, 'SELECT clock_timestamp() AS now');
  return (found?.now ?? new Date()).toISOString();
}
