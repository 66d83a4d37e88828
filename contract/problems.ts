/** `code` of a 409: which state forbids it. */
export const CONFLICT_CODES = [
  'offer_expired',
  'offer_withdrawn',
  'offer_declined',
  'offer_accepted',
  'booking_cancelled',
  'booking_expired',
  'booking_assigned',
  'booking_in_progress',
  'booking_delivered',
  'booking_not_pending',
  'job_step_invalid',
  'job_not_releasable',
  'job_ended',
  'pilot_busy',
  'pilot_offline',
  'pilot_wrong_vehicle',
  'pilot_on_job',
  'vehicle_type_exists',
  'demo_pilots_full',
] as const;
export type ConflictCode = (typeof CONFLICT_CODES)[number];

/** Short names of what went wrong with a socket message. */
export const SOCKET_ERRORS = ['invalid', 'forbidden', 'not_found', 'unknown_event', 'rate_limited'] as const;
export type SocketError = (typeof SOCKET_ERRORS)[number];

/** What `connect_error` says when the server refuses a socket. */
export const CONNECT_ERRORS = ['unauthorized', 'rate_limited', 'unavailable'] as const;
export type ConnectError = (typeof CONNECT_ERRORS)[number];
