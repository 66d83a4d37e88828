/** What will be booked in a run, drawn before it begins, so that the same seed books the same. */
import { greatCircleKm } from '../../contract/geo.js';
import type { CreateBooking } from '../../contract/schemas.js';
import { drawPlace, spotNear, type Place } from './demand.js';
import { between, nextGapMs, stream, type Random } from './random.js';

export interface PlannedBooking {
  index: number;
  /** When it is booked, milliseconds after the run's first moment. */
  atMs: number;
  /** The hour of the simulated day, 0 to 24. */
  hour: number;
  body: CreateBooking;
}

export interface PlanOptions {
  seed: number;
  bookings: number;
  /** Bookings a second, on average. */
  rate: number;
  /** One hour for the whole run; null sweeps through a day. */
  hour: number | null;
  vehicleTypeId: string;
}

const SHORTEST_TRIP_KM = 0.5;
const LONGEST_TRIP_KM = 10;
const DRAWS = 50;
const GOODS = ['Documents', 'Groceries', 'Warm meal', 'Medicine', 'Spare part', 'Flowers'];

/** Draws a run's bookings: Poisson arrivals, pickups by demand and hour, drop-offs by demand. */
export function planBookings(places: readonly Place[], options: PlanOptions): PlannedBooking[] {
  const arrivals = stream(options.seed, 'arrivals');
  let atMs = 0;
  return Array.from({ length: options.bookings }, (_, index) => {
    atMs += nextGapMs(arrivals, options.rate);
    const hour = options.hour ?? (24 * index) / options.bookings;
    const random = stream(options.seed, `booking/${index}`);
    return { index, atMs, hour, body: drawBody(random, places, hour, options.vehicleTypeId) };
  });
}

function drawBody(
  random: Random,
  places: readonly Place[],
  hour: number,
  vehicleTypeId: string,
): CreateBooking {
  const from = drawPlace(random, places, hour);
  const to = drawDropoff(random, places, from);
  return {
    pickup: { ...spotNear(random, from), address: addressOf(places, from) },
    dropoff: { ...spotNear(random, to), address: addressOf(places, to) },
    vehicleTypeId,
    package: {
      description: GOODS[Math.floor(random() * GOODS.length)] ?? 'Parcel',
      weightKg: Math.round(between(random, 1, 80)) / 10,
    },
    payment:
      random() < 0.2
        ? { method: 'COD', amount: Math.round(between(random, 500, 9_000)) / 100, currency: 'CAD' }
        : { method: 'PREPAID' },
  };
}

/** Somewhere worth a ride; in a city without such a place, anywhere. */
function drawDropoff(random: Random, places: readonly Place[], from: Place): Place {
  let to = from;
  for (let draw = 0; draw < DRAWS; draw += 1) {
    to = drawPlace(random, places, null);
    const km = greatCircleKm(from, to);
    if (km >= SHORTEST_TRIP_KM && km <= LONGEST_TRIP_KM) break;
  }
  return to;
}

/** The data names no streets. */
function addressOf(places: readonly Place[], place: Place): string {
  return `Car-share place ${places.indexOf(place) + 1}, Montréal`;
}
