/** Rooms are the server's choice: room = identity. */
export const ADMIN_ROOM = 'admin:assignments';

/** Room of all devices of one user (uuid). */
export function userRoom(userId: string): string {
  return `user:${userId}`;
}

/** Room of all devices of one pilot (uuid). */
export function pilotRoom(pilotId: string): string {
  return `pilot:${pilotId}`;
}
