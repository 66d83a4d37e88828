import type { BookingRow, PilotWithPositionRow } from '../database/rows.js';
import type { BookingViewRow, OfferViewRow } from '../database/statements/lists.js';
import type { JobWatchRow } from '../database/statements/pilots.js';
import type { SearchProgressRow } from '../database/statements/searches.js';
import type { Assignment, Booking, Offer, Pilot, UserLiveEvents } from '../contract/shapes.js';
import { CANCELLABLE_STATUSES, isOneOf, type AssignmentStatus } from '../contract/words.js';
import { greatCircleKm, roundKm, type LatLng } from '../contract/geo.js';
import { ETA_SPEED_KPH } from '../contract/limits.js';

/** Who reads a booking: only its pilot and operators see the customer's name and phone. */
export type Reader = 'user' | 'pilot' | 'admin';

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

/** The booking's number as people read it. */
export function bookingNumber(booking: Pick<BookingRow, 'number'>): string {
  return `B-${booking.number}`;
}

type RouteRow = Pick<
  BookingRow,
  'pickup_lat' | 'pickup_lng' | 'pickup_address' | 'dropoff_lat' | 'dropoff_lng' | 'dropoff_address'
>;

/** From where to where, with the addresses. */
export function routeOf(booking: RouteRow): Pick<Booking, 'pickup' | 'dropoff'> {
  return {
    pickup: { lat: booking.pickup_lat, lng: booking.pickup_lng, address: booking.pickup_address },
    dropoff: { lat: booking.dropoff_lat, lng: booking.dropoff_lng, address: booking.dropoff_address },
  };
}

export function pickupOf(booking: BookingRow): LatLng {
  return { lat: booking.pickup_lat, lng: booking.pickup_lng };
}

export function dropoffOf(booking: Pick<BookingRow, 'dropoff_lat' | 'dropoff_lng'>): LatLng {
  return { lat: booking.dropoff_lat, lng: booking.dropoff_lng };
}

/** The booking as `reader` may see it. */
export function toBooking(booking: BookingViewRow, reader: Reader): Booking {
  return {
    id: booking.id,
    bookingNumber: bookingNumber(booking),
    status: booking.status,
    userId: booking.user_id,
    ...routeOf(booking),
    vehicleTypeId: booking.vehicle_type_id,
    package: booking.package,
    payment: booking.payment,
    note: booking.note,
    pilot:
      booking.pilot_id === null
        ? null
        : {
            id: booking.pilot_id,
            name: booking.pilot_name ?? '',
            phone: booking.pilot_phone,
            avatar: booking.pilot_avatar,
            rating: booking.pilot_rating,
          },
    ...(reader === 'user'
      ? {}
      : {
          user: {
            name: booking.user_name,
            ...(booking.user_phone === null ? {} : { phone: booking.user_phone }),
          },
        }),
    createdAt: booking.created_at.toISOString(),
    assignedAt: iso(booking.assigned_at),
    deliveredAt: iso(booking.delivered_at),
    cancelledAt: iso(booking.cancelled_at),
  };
}

/** A live offer as the pilot's pop-up shows it; the time left is by Postgres' clock. */
export function toOffer(offer: OfferViewRow): Offer {
  const now = offer.now.toISOString();
  return {
    offerId: offer.offer_id,
    bookingId: offer.id,
    bookingNumber: bookingNumber(offer),
    ...routeOf(offer),
    distanceKm: roundKm(offer.distance_km),
    tripKm: roundKm(greatCircleKm(pickupOf(offer), dropoffOf(offer))),
    vehicleTypeId: offer.vehicle_type_id,
    package: offer.package,
    payment: offer.payment,
    expiresAt: offer.expires_at.toISOString(),
    remainingSeconds: Math.max(0, Math.ceil(offer.left_ms / 1000)),
    totalSeconds: Math.max(1, Math.ceil(Math.round(offer.total_ms) / 1000)),
    serverTime: now,
    at: now,
  };
}

export function toPilot(pilot: PilotWithPositionRow): Pilot {
  return {
    id: pilot.id,
    name: pilot.name,
    phone: pilot.phone,
    vehicleTypeId: pilot.vehicle_type_id,
    avatar: pilot.avatar,
    rating: pilot.rating,
    online: pilot.online,
    position:
      pilot.lat === null || pilot.lng === null || pilot.received_at === null
        ? null
        : { lat: pilot.lat, lng: pilot.lng, at: pilot.received_at.toISOString() },
  };
}

/** Distance in kilometres (two decimals) and a plain estimate of the arrival in seconds. */
export function approach(from: LatLng, to: LatLng): { distanceKm: number; etaSeconds: number } {
  const km = greatCircleKm(from, to);
  return { distanceKm: roundKm(km), etaSeconds: Math.round((km / ETA_SPEED_KPH) * 3600) };
}

/** Where a pilot on a job is: before pickup the way is to the customer, after it to the drop-off. */
export function toLocation(
  job: JobWatchRow,
  position: LatLng & { heading: number | null },
  receivedAt: Date,
): UserLiveEvents['booking:pilot_location'] {
  const beforePickup = job.status === 'ASSIGNED' || job.status === 'ARRIVED';
  const to = beforePickup
    ? { lat: job.pickup_lat, lng: job.pickup_lng }
    : { lat: job.dropoff_lat, lng: job.dropoff_lng };
  return {
    bookingId: job.booking_id,
    lat: position.lat,
    lng: position.lng,
    heading: position.heading,
    ...approach(position, to),
    at: receivedAt.toISOString(),
  };
}

/** How the current or last search of a booking stands. */
export function toAssignment(progress: SearchProgressRow): Assignment {
  const running = progress.outcome === null && progress.status === 'PENDING';
  return {
    bookingId: progress.booking_id,
    isSearching: running,
    triedPilots: progress.tried,
    status: assignmentStatus(progress, running),
    elapsedMs: Math.round(progress.elapsed_ms),
    searchEndsAt: iso(progress.ends_at),
    canRetry: progress.status === 'PENDING' && !running,
    canCancel: isOneOf(CANCELLABLE_STATUSES, progress.status),
  };
}

function assignmentStatus(progress: SearchProgressRow, running: boolean): AssignmentStatus {
  switch (progress.status) {
    case 'PENDING':
      if (!running) return 'failed';
      return progress.live_offer === null ? 'searching' : 'offered';
    case 'CANCELLED':
      return 'cancelled';
    case 'EXPIRED':
      return 'failed';
    case 'ASSIGNED':
    case 'ARRIVED':
    case 'PICKED_UP':
    case 'IN_TRANSIT':
    case 'DELIVERED':
      return 'assigned';
  }
}
