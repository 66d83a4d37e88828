/** The words of a booking's story, where the server brings none. */
import type { UserEvents } from '../../contract/shapes.js';
import type { BookingStatus } from '../../contract/words.js';

/** What is said where an event brings no message of its own. */
export const WORDS: Record<keyof UserEvents, string> = {
  'booking:created': 'Booking created! Finding a driver...',
  'booking:search_started': 'Finding a driver for you...',
  'booking:offer_sent': 'Offer sent to a driver...',
  'booking:offer_expired': 'Driver did not respond. Finding another driver...',
  'booking:offer_declined': 'Driver declined. Finding another driver...',
  'booking:driver_assigned': 'A driver has accepted your booking!',
  'booking:no_pilots': 'No drivers available',
  'booking:search_timeout': 'Search timed out',
  'booking:cancelled': 'Your booking was cancelled.',
  'booking:driver_released': 'Driver had to give your booking back. Finding another driver...',
  'booking:driver_unreachable': 'We cannot reach your driver.',
  'booking:status': '',
};
export const USER_EVENTS = Object.keys(WORDS) as (keyof UserEvents)[];

/** What a status says by itself. */
export const STATUS_WORDS: Record<BookingStatus, string> = {
  PENDING: 'Finding a driver for you...',
  ASSIGNED: 'Your driver is on the way to the pickup.',
  ARRIVED: 'Your driver is at the pickup.',
  PICKED_UP: 'Your package was picked up.',
  IN_TRANSIT: 'Your package is on its way.',
  DELIVERED: 'Your package was delivered.',
  CANCELLED: 'Your booking was cancelled.',
  EXPIRED: 'Your booking has expired.',
};
/** Shown at the tap on Try Again, before anything is heard. */
export const RETRYING = 'Searching again...';
