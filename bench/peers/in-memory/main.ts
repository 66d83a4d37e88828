/**
 * The naive dispatcher: one process, a Map and setTimeout. Bookings and offers are rows, as everybody would have it;
 * who is asked next and until when lives in this process alone, and dies with it.
 */
import { DEFAULT_LIMITS } from '../../../contract/limits.js';
import { pilotRoom, userRoom } from '../../../contract/rooms.js';
import type { BookingRow } from '../../../database/rows.js';
import { openDoors } from '../doors.js';
import { PeerRows } from '../rows.js';

interface Search {
  booking: BookingRow;
  asked: number;
  timer?: NodeJS.Timeout;
}

const rows = await PeerRows.open(process.env['DATABASE_URL'] ?? '');
const searches = new Map<string, Search>();

async function askNext(search: Search): Promise<void> {
  const { booking } = search;
  search.asked += 1;
  const offer = search.asked > DEFAULT_LIMITS.maxPilots ? null : await rows.claim(booking, search.asked);
  if (offer === null) {
    searches.delete(booking.id);
    io.to(userRoom(booking.user_id)).emit('booking:no_pilots', { bookingId: booking.id });
    return;
  }
  io.to(pilotRoom(offer.pilot_id)).emit('booking:offer', { offerId: offer.id, bookingId: booking.id });
  io.to(userRoom(booking.user_id)).emit('booking:offer_sent', { bookingId: booking.id });
  search.timer = setTimeout(() => void passOn(search, offer.id), DEFAULT_LIMITS.offerTimeoutMs);
}

async function passOn(search: Search, offerId: string): Promise<void> {
  if ((await rows.expire(offerId)) !== null) await askNext(search);
}

const io = await openDoors(Number(process.env['PORT']), process.env['JWT_SECRET'] ?? '', {
  async book(userId, body) {
    const booking = await rows.take(userId, body);
    const search = { booking, asked: 0 };
    searches.set(booking.id, search);
    io.to(userRoom(userId)).emit('booking:created', { bookingId: booking.id });
    void askNext(search);
    return { id: booking.id };
  },
  async accept(offerId, pilotId) {
    const bookingId = await rows.accept(offerId, pilotId);
    const search = bookingId === null ? undefined : searches.get(bookingId);
    if (bookingId === null || search === undefined) return false;
    clearTimeout(search.timer);
    searches.delete(bookingId);
    io.to(userRoom(search.booking.user_id)).emit('booking:driver_assigned', { bookingId });
    return true;
  },
});

process.once('SIGTERM', () => process.exit(0));
process.stdout.write('peer listening\n');
