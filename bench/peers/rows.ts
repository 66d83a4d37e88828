/**
 * What both peers write: the same rows by the same statements as this system, without its events and outbox, in TypeORM's
 * own transactions.
 */
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { DEFAULT_LIMITS } from '../../contract/limits.js';
import type { CreateBooking } from '../../contract/schemas.js';
import { createDataSource } from '../../database/data-source.js';
import type { BookingRow, OfferRow } from '../../database/rows.js';
import { assignBooking, findBooking, insertBooking } from '../../database/statements/bookings.js';
import { claimPilot } from '../../database/statements/claim.js';
import { acceptOffer, expireOffer } from '../../database/statements/offers.js';
import { startSearch } from '../../database/statements/searches.js';

export class PeerRows {
  private constructor(private readonly source: DataSource) {}

  static async open(url: string): Promise<PeerRows> {
    const source = createDataSource({
      url,
      poolSize: 20,
      applicationName: 'bench-peer',
      plannedOnce: true,
      onPoolError: () => undefined,
    });
    return new PeerRows(await source.initialize());
  }

  /** Takes a booking and starts its search: one transaction. */
  take(userId: string, body: CreateBooking): Promise<BookingRow> {
    return this.source.transaction(async (manager) => {
      const user = { id: userId, name: 'Bench', phone: null };
      const made = { id: randomUUID(), number: null, user, body, limits: DEFAULT_LIMITS };
      const booking = await insertBooking(manager, made);
      await startSearch(manager, booking.id, booking.search_no, DEFAULT_LIMITS.searchTimeoutMs);
      return booking;
    });
  }

  /** The best pilot, by the same claim as ours; null when there is nobody. A pilot just taken: the next. */
  async claim(booking: BookingRow, number: number): Promise<OfferRow | null> {
    for (;;) {
      const offer = { id: randomUUID(), number };
      const claim = await claimPilot(this.source.manager, booking, booking.limits, offer);
      if (claim === null) return null;
      if (claim.offer !== null) return claim.offer;
    }
  }

  /** An accept: one transaction. The booking's id, or null when the offer is not live. */
  accept(offerId: string, pilotId: string): Promise<string | null> {
    return this.source.transaction(async (manager) => {
      const offer = await acceptOffer(manager, offerId, pilotId);
      if (offer === null) return null;
      await assignBooking(manager, { id: offer.booking_id, search_no: offer.search_no }, offer.id);
      return offer.booking_id;
    });
  }

  async expire(offerId: string): Promise<OfferRow | null> {
    return expireOffer(this.source.manager, offerId);
  }

  booking(id: string): Promise<BookingRow | null> {
    return findBooking(this.source.manager, id);
  }

  close(): Promise<void> {
    return this.source.destroy();
  }
}
