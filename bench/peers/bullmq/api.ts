/** The API of the BullMQ peer: a booking becomes a job of the queue; sockets through Redis. */
import { createAdapter } from '@socket.io/redis-adapter';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { userRoom } from '../../../contract/rooms.js';
import { openDoors } from '../doors.js';
import { PeerRows } from '../rows.js';
import { QUEUE, type SearchJob } from './names.js';

const redisUrl = process.env['REDIS_URL'] ?? '';
const rows = await PeerRows.open(process.env['DATABASE_URL'] ?? '');
const queue = new Queue<SearchJob>(QUEUE, {
  connection: new Redis(redisUrl, { maxRetriesPerRequest: null }),
  defaultJobOptions: { removeOnComplete: true, attempts: 5 },
});

const io = await openDoors(Number(process.env['PORT']), process.env['JWT_SECRET'] ?? '', {
  async book(userId, body) {
    const booking = await rows.take(userId, body);
    await queue.add(
      'ask',
      { kind: 'ask', bookingId: booking.id, number: 1 },
      { jobId: `ask-${booking.id}-1` },
    );
    io.to(userRoom(userId)).emit('booking:created', { bookingId: booking.id });
    return { id: booking.id };
  },
  async accept(offerId, pilotId) {
    const bookingId = await rows.accept(offerId, pilotId);
    const booking = bookingId === null ? null : await rows.booking(bookingId);
    if (booking === null) return false;
    io.to(userRoom(booking.user_id)).emit('booking:driver_assigned', { bookingId: booking.id });
    await queue.remove(`expire-${offerId}`);
    return true;
  },
});
const publish = new Redis(redisUrl);
io.adapter(createAdapter(publish, publish.duplicate()));

process.once('SIGTERM', () => process.exit(0));
process.stdout.write('peer listening\n');
