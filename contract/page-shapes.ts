/** zod schemas of what the system answers to the calls that are made for the pages. */
import { z } from 'zod';
import { eventShape, placeShape } from './shapes.js';
import { ASSIGNMENT_STATUSES, BOOKING_STATUSES, PILOT_STATES, SEARCH_ORIGINS } from './words.js';

export const pagesConfigShape = z
  .object({
    /** Demo tokens are to be had. */
    demo: z.boolean(),
    /** With {z}, {x}, {y}, perhaps {s}; null: no tiles. */
    mapTilesUrl: z.string().nullable(),
    /** What must stand on a map with these tiles. */
    mapAttribution: z.string().nullable(),
  })
  .meta({ id: 'PagesConfig', description: 'What the pages need to know before anybody has a token' });
export type PagesConfig = z.infer<typeof pagesConfigShape>;

const id = z.guid();
const time = z.iso.datetime();

export const searchViewShape = z
  .object({
    bookingId: id,
    bookingNumber: z.string(),
    bookingStatus: z.enum(BOOKING_STATUSES),
    vehicleTypeId: z.string(),
    userName: z.string(),
    pickup: placeShape,
    dropoff: placeShape,
    /** From 1; a retry, and a job given back, begin another. */
    searchNo: z.number().int(),
    origin: z.enum(SEARCH_ORIGINS),
    /** `status`, `triedPilots` and `elapsedMs` as `GET /bookings/:id/assignment` says them. */
    status: z.enum(ASSIGNMENT_STATUSES),
    triedPilots: z.number().int(),
    /** The live offer. */
    offer: z
      .object({
        offerId: id,
        pilotId: id,
        pilotName: z.string(),
        /** Which pilot of the search, from 1. */
        pilotNumber: z.number().int(),
        expiresAt: time,
        /** His app said that it showed the offer. */
        received: z.boolean(),
      })
      .nullable(),
    /** Who has the job, or had it last. */
    pilot: z.object({ id, name: z.string() }).nullable(),
    /** When the search was wanted; its time starts when its workflow starts it. */
    createdAt: time,
    startedAt: time.nullable(),
    endsAt: time.nullable(),
    endedAt: time.nullable(),
    elapsedMs: z.number().int(),
    /** Why the search failed, as the customer was told. */
    reason: z.string().nullable(),
    /** Offers of this search that no app said to have shown within 2.5 s. */
    unreceivedOffers: z.number().int(),
    /** The booking's workflow in Temporal's Web UI, where one is known. */
    workflowUrl: z.string().nullable(),
  })
  .meta({ id: 'SearchView', description: 'The latest search of a booking, as operators see it' });
export type SearchView = z.infer<typeof searchViewShape>;

export const searchPageShape = z
  .object({ items: z.array(searchViewShape), nextCursor: z.string().nullable(), serverTime: time })
  .meta({ id: 'SearchPage' });
export type SearchPage = z.infer<typeof searchPageShape>;

export const pilotOnMapShape = z
  .object({
    id,
    name: z.string(),
    vehicleTypeId: z.string(),
    /** Degrees WGS 84, to the metre. */
    lat: z.number(),
    lng: z.number(),
    heading: z.number().nullable(),
    /** When the server received the position. */
    at: time,
    state: z.enum(PILOT_STATES),
  })
  .meta({ id: 'PilotOnMap' });
export type PilotOnMap = z.infer<typeof pilotOnMapShape>;

export const pilotMapShape = z
  .object({ items: z.array(pilotOnMapShape), serverTime: time })
  .meta({ id: 'PilotMap', description: 'Every pilot who is online and has a position; 10,000 at most' });
export type PilotMap = z.infer<typeof pilotMapShape>;

export const recentEventShape = eventShape
  .extend({ bookingId: id, bookingNumber: z.string() })
  .meta({ id: 'RecentEvent', description: 'An event as its user was or should have been sent it' });
export type RecentEvent = z.infer<typeof recentEventShape>;

export const demoPilotsAddedShape = z.object({ added: z.number().int() }).meta({ id: 'DemoPilotsAdded' });
export type DemoPilotsAdded = z.infer<typeof demoPilotsAddedShape>;
