/** The worker of the BullMQ peer: asks the best pilot, and the next when an offer's time is over. */
import { Emitter } from '@socket.io/redis-emitter';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { DEFAULT_LIMITS } from '../../../contract/limits.js';
import { pilotRoom, userRoom } from '../../../contract/rooms.js';
import { PeerRows } from '../rows.js';
import { QUEUE, type SearchJob } from './names.js';

const connection = new Redis(process.env['REDIS_URL'] ?? '', { maxRetriesPerRequest: null });
const rows = await PeerRows.open(process.env['DATABASE_URL'] ?? '');
const queue = new Queue<SearchJob>(QUEUE, { connection, defaultJobOptions: { removeOnComplete: true } });
const sockets = new Emitter(connection.duplicate());

async function ask(bookingId: string, number: number): Promise<void> {
  const booking = await rows.booking(bookingId);
  if (booking === null || booking.status !== 'PENDING') return;
  const offer = number > DEFAULT_LIMITS.maxPilots ? null : await rows.claim(booking, number);
  if (offer === null) {
    sockets.to(userRoom(booking.user_id)).emit('booking:no_pilots', { bookingId });
    return;
  }
  const job: SearchJob = { kind: 'expire', bookingId, offerId: offer.id, number };
  await queue.add('expire', job, { jobId: `expire-${offer.id}`, delay: DEFAULT_LIMITS.offerTimeoutMs });
  sockets.to(pilotRoom(offer.pilot_id)).emit('booking:offer', { offerId: offer.id, bookingId });
  sockets.to(userRoom(booking.user_id)).emit('booking:offer_sent', { bookingId });
}

const worker = new Worker<SearchJob>(
  QUEUE,
  async ({ data }) => {
    if (data.kind === 'ask') await ask(data.bookingId, data.number);
    else if ((await rows.expire(data.offerId)) !== null) await ask(data.bookingId, data.number + 1);
  },
  { connection: connection.duplicate(), concurrency: 50 },
);
await worker.waitUntilReady();

process.once('SIGTERM', () => process.exit(0));
process.stdout.write('peer listening\n');
