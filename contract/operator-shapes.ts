/** zod schemas of what operators are answered: the story of a booking, the audit, what is paused. */
import { z } from 'zod';
import { BOOKING_STATUSES, NEAR_PILOT_REASONS, OFFER_STATUSES, STORY_KINDS, TOKEN_TYPES } from './words.js';

const id = z.guid();
const time = z.iso.datetime();
const pilotName = z.object({ id, name: z.string() }).meta({ id: 'PilotName' });

export const operatedVehicleTypeShape = z
  .object({
    id: z.string(),
    name: z.string(),
    /** Its searches make no new offers. */
    paused: z.boolean(),
    pausedAt: time.nullable(),
    /** Id of the operator. */
    pausedBy: z.string().nullable(),
  })
  .meta({ id: 'OperatedVehicleType' });
export type OperatedVehicleType = z.infer<typeof operatedVehicleTypeShape>;
export const operatedVehicleTypePageShape = z
  .object({ items: z.array(operatedVehicleTypeShape), nextCursor: z.string().nullable() })
  .meta({ id: 'OperatedVehicleTypePage' });

export const auditEntryShape = z
  .object({
    id: z.string(),
    at: time,
    bookingId: id.nullable(),
    /** Who: an id, or the name that a signal sent by hand gave. */
    actor: z.string(),
    actorType: z.enum(TOKEN_TYPES).nullable(),
    /** `signal`: sent to the workflow by hand. */
    through: z.enum(['call', 'signal']),
    action: z.string(),
    /** Why, in the actor's words. */
    reason: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEntry', description: 'Who did what, and why; never changed or deleted' });
export type AuditEntry = z.infer<typeof auditEntryShape>;
export const auditPageShape = z
  .object({ items: z.array(auditEntryShape), nextCursor: z.string().nullable() })
  .meta({ id: 'AuditPage' });

export const nearPilotShape = z
  .object({ pilot: pilotName, distanceKm: z.number(), reason: z.enum(NEAR_PILOT_REASONS) })
  .meta({ id: 'NearPilot', description: 'A pilot near by, and why he was not asked' });
export type NearPilot = z.infer<typeof nearPilotShape>;

const offerAnswer = z.enum(OFFER_STATUSES).meta({ id: 'OfferStatus' });
export const storyStepShape = z
  .object({
    at: time,
    kind: z.enum(STORY_KINDS),
    /** Milliseconds since the booking was made. */
    afterMs: z.number().int(),
    /** How long it took: an offer to its end, a search to its end, a search to its begin; null while it runs. */
    tookMs: z.number().int().nullable(),
    searchNo: z.number().int().nullable(),
    pilot: pilotName.nullable(),
    /** Which pilot of the search, from 1. */
    pilotNumber: z.number().int().nullable(),
    distanceKm: z.number().nullable(),
    /** How the offer stands, or ended. */
    answer: offerAnswer.nullable(),
    /** A word that goes with the kind: why an offer ended, a search's outcome, a status, an action. */
    detail: z.string().nullable(),
    by: z.string().nullable(),
    reason: z.string().nullable(),
    /** How often in a row the search looked with this result. */
    times: z.number().int().nullable(),
    /** Pilots near by that were looked at, the nearest 50 at most, and those of them who could have been asked. */
    lookedAt: z.number().int().nullable(),
    candidates: z.number().int().nullable(),
    near: z.array(nearPilotShape),
  })
  .meta({ id: 'StoryStep' });
export type StoryStep = z.infer<typeof storyStepShape>;

export const explanationShape = z
  .object({
    bookingId: id,
    bookingNumber: z.string(),
    status: z.enum(BOOKING_STATUSES),
    vehicleTypeId: z.string(),
    /** Dispatch of its vehicle type is paused. */
    paused: z.boolean(),
    serverTime: time,
    workflowUrl: z.string().nullable(),
    /** Oldest first. */
    story: z.array(storyStepShape),
  })
  .meta({ id: 'Explanation', description: 'The whole story of a booking, as operators see it' });
export type Explanation = z.infer<typeof explanationShape>;
