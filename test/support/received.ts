/** What sockets received, held to the contract. */
import type { z } from 'zod';
import {
  adminEventShapes,
  pilotEventShapes,
  userEventShapes,
  userLiveShapes,
  type BookingEvent,
} from '../../contract/shapes.js';
import { conform } from './conform.js';
import type { RecordedSocket } from './sockets.js';

type Shapes = Record<string, z.ZodType>;
export const TO_USER: Shapes = { ...userEventShapes, ...userLiveShapes };
export const TO_PILOT: Shapes = pilotEventShapes;
export const TO_OPERATOR: Shapes = adminEventShapes;

/** Everything that came is in the contract for this kind of listener, and exactly so. */
export function conformAll(socket: RecordedSocket, shapes: Shapes): void {
  for (const { event, payload } of socket.arrivals) {
    const shape = shapes[event];
    if (shape === undefined) throw new Error(`nobody may be sent ${event}: ${JSON.stringify(payload)}`);
    conform(shape, payload);
    expect(payload).toHaveProperty('at');
    if (shapes !== TO_USER) expect(payload).not.toHaveProperty('seq');
  }
}

/** What a client shows of a booking: its numbered events, each once, in their order. */
export function inOrder(socket: RecordedSocket, bookingId: string): { seq: number; event: string }[] {
  const bySeq = new Map<number, { seq: number; event: string; payload: unknown }>();
  for (const { event, payload } of socket.arrivals)
    if (payload['bookingId'] === bookingId && typeof payload['seq'] === 'number')
      bySeq.set(payload['seq'], { seq: payload['seq'], event, payload });
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** The socket received each stored event, word for word. */
export function expectAllReceived(socket: RecordedSocket, bookingId: string, stored: BookingEvent[]): void {
  expect(inOrder(socket, bookingId)).toEqual(
    stored.map(({ seq, event, payload }) => ({ seq, event, payload })),
  );
}
