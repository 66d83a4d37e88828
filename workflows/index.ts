/** What a worker of the task queue can run. */
export { bookingAssignment } from './booking-assignment.js';
