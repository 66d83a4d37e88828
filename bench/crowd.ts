/** Customers who book and pilots who accept at once, all with open sockets; every moment is noted. */
import type { Socket } from 'socket.io-client';
import type { Booking, Offer } from '../contract/shapes.js';
import { somewhere, tokenOf } from './city.js';
import { call, connect } from './doors.js';

/** One booking's times, milliseconds. */
export interface Times {
  /** From the tap to the pop-up: POST /bookings sent → `booking:offer` at the pilot. */
  tapMs: number;
  /** From the accept to the customer: POST accept sent → `booking:driver_assigned`. */
  acceptMs: number;
}

export interface CrowdOptions {
  url: string;
  secret: string;
  pilotIds: string[];
  users: number;
  sideKm: number;
}

/** Without an end by then the contender has lost the booking. */
const LOST_AFTER_MS = 60_000;

interface Heard {
  offer?: { at: number; offerId: string; token: string };
  assignedAt?: number;
  wake?: () => void;
}

export class Crowd {
  private readonly sockets: Socket[] = [];
  private readonly heard = new Map<string, Heard>();
  private readonly users: string[] = [];
  private next = 0;

  private constructor(private readonly options: CrowdOptions) {}

  /** Opens all sockets. */
  static async gather(options: CrowdOptions): Promise<Crowd> {
    const crowd = new Crowd(options);
    for (const id of options.pilotIds) {
      const token = await tokenOf(options.secret, 'pilot', id);
      const socket = await connect(options.url, token);
      socket.on('booking:offer', (offer: Offer) => {
        const heard = crowd.of(offer.bookingId);
        heard.offer ??= { at: performance.now(), offerId: offer.offerId, token };
        heard.wake?.();
      });
      crowd.sockets.push(socket);
    }
    for (let index = 0; index < options.users; index += 1) await crowd.addUser();
    return crowd;
  }

  /** Books, has the pilot accept at once, and waits until the customer knows. Throws when that never comes. */
  async bookOnce(): Promise<Times> {
    const { url, sideKm } = this.options;
    const token = this.users[(this.next += 1) % this.users.length] as string;
    const body = {
      pickup: { ...somewhere(sideKm), address: 'A' },
      dropoff: { ...somewhere(sideKm), address: 'B' },
      vehicleTypeId: 'bike',
    };
    const tappedAt = performance.now();
    const { status, body: booking } = await call('POST', `${url}/bookings`, token, body);
    if (status !== 201) throw new Error(`POST /bookings answered ${status}: ${JSON.stringify(booking)}`);
    const { id } = booking as Booking;
    const heard = this.of(id);
    await until(heard, () => heard.offer !== undefined, 'no offer came');
    const offer = heard.offer as NonNullable<Heard['offer']>;
    const acceptedAt = performance.now();
    const answer = await call('POST', `${url}/offers/${offer.offerId}/accept`, offer.token, {});
    if (answer.status !== 200) throw new Error(`accept answered ${answer.status}`);
    await until(heard, () => heard.assignedAt !== undefined, 'the customer heard nothing of the accept');
    this.heard.delete(id);
    return { tapMs: offer.at - tappedAt, acceptMs: (heard.assignedAt as number) - acceptedAt };
  }

  /** Closes all sockets. */
  close(): void {
    for (const socket of this.sockets) socket.close();
  }

  private async addUser(): Promise<void> {
    const token = await tokenOf(this.options.secret, 'user');
    const socket = await connect(this.options.url, token);
    socket.on('booking:driver_assigned', ({ bookingId }: { bookingId: string }) => {
      const heard = this.of(bookingId);
      heard.assignedAt ??= performance.now();
      heard.wake?.();
    });
    this.sockets.push(socket);
    this.users.push(token);
  }

  /** What was heard of a booking; an event may come before the answer to the POST. */
  private of(bookingId: string): Heard {
    const known = this.heard.get(bookingId);
    if (known !== undefined) return known;
    const heard: Heard = {};
    this.heard.set(bookingId, heard);
    return heard;
  }
}

function until(heard: Heard, isSo: () => boolean, otherwise: string): Promise<void> {
  if (isSo()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${otherwise} in ${LOST_AFTER_MS} ms`)), LOST_AFTER_MS);
    heard.wake = () => {
      if (!isSo()) return;
      clearTimeout(timer);
      resolve();
    };
  });
}
