/** Readable names of the REST calls: the method names of generated clients. Renaming one breaks them. */
const OPERATION_IDS: Readonly<Record<string, string>> = {
  'post /bookings': 'createBooking',
  'get /bookings': 'listBookings',
  'get /bookings/:id': 'getBooking',
  'get /bookings/:id/assignment': 'getAssignment',
  'post /bookings/:id/retry-assignment': 'retryAssignment',
  'post /bookings/:id/cancel': 'cancelBooking',
  'get /bookings/:id/events': 'listBookingEvents',
  'get /vehicle-types': 'listBookableVehicleTypes',
  'put /pilots/me/availability': 'setAvailability',
  'put /pilots/me/location': 'reportLocation',
  'get /pilots/me': 'getOwnPilot',
  'get /pilots/me/offers': 'listOwnOffers',
  'get /pilots/me/job': 'getOwnJob',
  'post /offers/:id/accept': 'acceptOffer',
  'post /offers/:id/decline': 'declineOffer',
  'post /jobs/:bookingId/status': 'setJobStatus',
  'post /jobs/:bookingId/release': 'releaseJob',
  'post /admin/pilots': 'createPilot',
  'get /admin/pilots': 'listPilots',
  'post /admin/pilots/:id/offline': 'setPilotOffline',
  'post /admin/vehicle-types/:id/pause': 'pauseVehicleType',
  'post /admin/vehicle-types/:id/resume': 'resumeVehicleType',
  'get /admin/bookings/:id/explain': 'explainBooking',
  'get /admin/audit': 'listAudit',
  'get /admin/vehicle-types': 'listVehicleTypes',
  'post /admin/vehicle-types': 'createVehicleType',
  'get /admin/assignments/stats': 'getAssignmentStats',
  'get /admin/searches': 'listSearches',
  'get /admin/pilots/positions': 'getPilotMap',
  'get /admin/events': 'listRecentEvents',
  'get /admin/bookings': 'searchBookings',
  'post /admin/bookings/:id/assign': 'assignBookingByHand',
  'post /admin/bookings/:id/release': 'takeJobBack',
  'post /admin/codec/decode': 'decodePayloads',
  'post /admin/codec/encode': 'encodePayloads',
  'post /admin/tokens/revoke': 'revokeToken',
  'get /health/live': 'getLiveness',
  'get /health/ready': 'getReadiness',
  'get /metrics': 'getMetrics',
  'get /pages/config': 'getPagesConfig',
  'post /demo/token': 'createDemoToken',
  'post /demo/pilots': 'addDemoPilots',
};

/** The operation id of a call (path in Express style). Throws for a call that has none yet. */
export function operationIdOf(method: string, path: string): string {
  const id = OPERATION_IDS[`${method} ${path}`];
  if (id === undefined) throw new Error(`${method} ${path} has no name: add it to src/docs/operation-ids.ts`);
  return id;
}
