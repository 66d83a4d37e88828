/** The texts that customers read, word for word; one home so that no two places can differ. */
import type { BookingStatus } from './words.js';

export const MESSAGES = {
  created: 'Booking created! Finding a driver...',
  searchStarted: 'Finding a driver for you...',
  searchRestarted: 'Searching for drivers again...',
  offerSent: (pilotNumber: number): string => `Offer sent to driver ${pilotNumber}...`,
  offerExpired: 'Driver did not respond. Finding another driver...',
  offerDeclined: 'Driver declined. Finding another driver...',
  accepted: (pilotName: string): string => `${pilotName} has accepted your booking!`,
  assignedByHand: (pilotName: string): string => `${pilotName} is your driver.`,
  maxPilots: 'Maximum retry attempts reached',
  nobodyNear: 'No pilots available in your area',
  searchTimeout: 'No drivers available at the moment. Would you like to try again?',
  cancelled: 'Your booking was cancelled.',
  released: 'Driver had to give your booking back. Finding another driver...',
  unreachable: 'We cannot reach your driver.',
} as const;

/** Text of `booking:status` for the statuses that send it. */
export const STATUS_MESSAGES: Partial<Record<BookingStatus, string>> = {
  ARRIVED: 'Your driver has arrived.',
  PICKED_UP: 'Your package has been picked up.',
  IN_TRANSIT: 'Your package is on its way.',
  DELIVERED: 'Your package has been delivered.',
  EXPIRED: 'Your booking has expired.',
};
