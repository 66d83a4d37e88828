/** What must be so at every moment, whatever happened: looked at after each test of the database. */
import type { z } from 'zod';
import { adminEventShapes, pilotEventShapes, userEventShapes } from '../../contract/shapes.js';
import type { Emission } from '../../events/emitter.js';
import type { Fixture } from './dispatch-fixture.js';

/** Sentences about rows, each a query that finds what breaks it. */
const BROKEN: Record<string, string> = {
  'a pilot has at most one of a live offer and a job (rule 2)': `
    SELECT pilot_id FROM offers WHERE status = 'OFFERED' OR (status = 'ACCEPTED' AND ended_at IS NULL)
    GROUP BY pilot_id HAVING count(*) > 1`,
  'a booking has at most one live offer or job (rule 2)': `
    SELECT booking_id FROM offers WHERE status = 'OFFERED' OR (status = 'ACCEPTED' AND ended_at IS NULL)
    GROUP BY booking_id HAVING count(*) > 1`,
  'a live offer belongs to a PENDING booking whose search runs': `
    SELECT o.id, b.status, s.outcome FROM offers o JOIN bookings b ON b.id = o.booking_id
      JOIN searches s ON s.booking_id = b.id AND s.search_no = b.search_no
    WHERE o.status = 'OFFERED' AND (b.status <> 'PENDING' OR s.outcome IS NOT NULL OR o.search_no <> b.search_no)`,
  'a booking under way has its job, with the same pilot, and no other booking has one': `
    SELECT b.id, b.status, o.id AS job FROM bookings b
      FULL JOIN (SELECT * FROM offers WHERE status = 'ACCEPTED' AND ended_at IS NULL) o ON o.booking_id = b.id
    WHERE (b.status IN ('ASSIGNED', 'ARRIVED', 'PICKED_UP', 'IN_TRANSIT'))
      IS DISTINCT FROM (o.id IS NOT NULL AND o.pilot_id = b.pilot_id)`,
  'a PENDING booking has no pilot': `SELECT id FROM bookings WHERE status = 'PENDING' AND pilot_id IS NOT NULL`,
  'an ended offer says when and why, a live one does not': `
    SELECT id, status, end_reason FROM offers
    WHERE (status IN ('DECLINED', 'EXPIRED', 'WITHDRAWN')) AND (ended_at IS NULL OR end_reason IS NULL)
      OR status = 'OFFERED' AND (ended_at IS NOT NULL OR end_reason IS NOT NULL)`,
  'an offer was accepted before its end and never after (rule 8)': `
    SELECT id FROM offers WHERE number > 0 AND accepted_at >= expires_at`,
  'an offer never outlasts its search (rule 9)': `
    SELECT o.id FROM offers o JOIN searches s ON s.booking_id = o.booking_id AND s.search_no = o.search_no
    WHERE o.number > 0 AND o.expires_at > s.ends_at`,
  'offers of one search are numbered from 1 without gaps': `
    SELECT booking_id FROM offers WHERE number > 0 GROUP BY booking_id, search_no
    HAVING max(number) <> count(*) OR count(DISTINCT number) <> count(*)`,
  'events of a booking are numbered from 1 without gaps': `
    SELECT b.id FROM bookings b LEFT JOIN booking_events e ON e.booking_id = b.id
    GROUP BY b.id HAVING b.event_seq <> count(e.seq) OR coalesce(max(e.seq), 0) <> count(e.seq) OR min(e.seq) <> 1`,
  'every booking has the search that it names': `
    SELECT b.id FROM bookings b LEFT JOIN searches s ON s.booking_id = b.id AND s.search_no = b.search_no
    WHERE s.booking_id IS NULL`,
  'only the current search of a PENDING booking runs': `
    SELECT s.booking_id FROM searches s JOIN bookings b ON b.id = s.booking_id
    WHERE s.outcome IS NULL AND (b.status <> 'PENDING' OR s.search_no <> b.search_no)`,
};

/** Each rule that the rows break, with what breaks it; empty when all is well. */
export async function brokenRules({ query }: Fixture): Promise<string[]> {
  const broken: string[] = [];
  for (const [rule, sql] of Object.entries(BROKEN)) {
    const found = await query(sql);
    if (found.length > 0) broken.push(`${rule}: ${JSON.stringify(found.slice(0, 3))}`);
  }
  return broken;
}

/** Emissions that are not, field by field, what the contract says; empty when all are. */
export function badEmissions(emissions: Emission[]): string[] {
  return emissions.flatMap((emission) => {
    const shape = shapeOf(emission);
    if (shape === undefined) return [`unknown ${emission.event} to ${emission.room}`];
    const result = shape.strict().safeParse(emission.payload);
    return result.success ? [] : [`${emission.event} to ${emission.room}: ${result.error.message}`];
  });
}

function shapeOf({ room, event }: Emission): z.ZodObject | undefined {
  const shapes: Record<string, z.ZodObject> = room.startsWith('user:')
    ? userEventShapes
    : room.startsWith('pilot:')
      ? pilotEventShapes
      : adminEventShapes;
  return shapes[event];
}

/** Users' emissions and the rows of their events are the same, one for one. */
export async function eventsUntold(fixture: Fixture): Promise<string[]> {
  const stored = await fixture.query<{ room: string; event: string; payload: object; seq: number; at: Date }>(
    `SELECT 'user:' || b.user_id AS room, e.event, e.payload, e.seq, e.at
     FROM booking_events e JOIN bookings b ON b.id = e.booking_id`,
  );
  const line = (room: string, event: string, payload: object): string =>
    JSON.stringify([
      room,
      event,
      Object.entries(payload)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(stable),
    ]);
  const told = fixture.emitter.sent
    .filter((one) => one.room.startsWith('user:'))
    .map((one) => line(one.room, one.event, one.payload))
    .sort();
  const rows = stored
    .map((one) => line(one.room, one.event, { ...one.payload, seq: one.seq, at: one.at.toISOString() }))
    .sort();
  return [
    ...rows.filter((one) => !told.includes(one)).map((one) => `stored, not told: ${one}`),
    ...told.filter((one, index) => told.indexOf(one) !== index).map((one) => `told twice: ${one}`),
    ...told.filter((one) => !rows.includes(one)).map((one) => `told, not stored: ${one}`),
  ];
}

/** jsonb keeps no order of fields. */
function stable([key, value]: [string, unknown]): [string, unknown] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [key, value];
  return [key, Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))];
}

const reported = new WeakMap<Fixture, Set<string>>();

/**
 * To be called after each test: rows, events and emissions agree. A fault is reported once, by the test
 * that brought it.
 */
export async function expectAgreement(fixture: Fixture): Promise<void> {
  const faults = [
    ...(await brokenRules(fixture)),
    ...badEmissions(fixture.emitter.sent),
    ...(await eventsUntold(fixture)),
  ];
  const known = reported.get(fixture) ?? new Set();
  reported.set(fixture, new Set([...known, ...faults]));
  expect(faults.filter((fault) => !known.has(fault))).toEqual([]);
}
