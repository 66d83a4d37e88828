import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { JobEndReason, OfferEndReason, OfferStatus } from '../../contract/words.js';
import { Booking } from './booking.js';
import { Pilot } from './pilot.js';

/** The condition under which an offer row holds its pilot and its booking: a live offer or a job. */
export const LIVE = `(status = 'OFFERED' OR (status = 'ACCEPTED' AND ended_at IS NULL))`;

/** One pilot being asked; accepted, it is his job until `endedAt`. */
@Entity('offers')
@Index('ux_offers_live_pilot', ['pilotId'], { unique: true, where: LIVE })
@Index('ux_offers_live_booking', ['bookingId'], { unique: true, where: LIVE })
@Index('ix_offers_search', ['bookingId', 'searchNo'])
@Index('ix_offers_pilot', ['pilotId', 'endedAt'])
@Index('ix_offers_overdue', ['expiresAt'], { where: `status = 'OFFERED'` })
export class Offer {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_offers' })
  id!: string;

  @ManyToOne(() => Booking)
  @JoinColumn({ name: 'booking_id', foreignKeyConstraintName: 'fk_offers_booking' })
  booking!: Relation<Booking>;

  @Column('uuid', { name: 'booking_id' })
  bookingId!: string;

  @Column('integer', { name: 'search_no' })
  searchNo!: number;

  @ManyToOne(() => Pilot)
  @JoinColumn({ name: 'pilot_id', foreignKeyConstraintName: 'fk_offers_pilot' })
  pilot!: Relation<Pilot>;

  @Column('uuid', { name: 'pilot_id' })
  pilotId!: string;

  /** Which pilot of the search, from 1; 0 for an assignment by hand, which is no try. */
  @Column('integer')
  number!: number;

  @Column('text')
  status!: OfferStatus;

  @Column('double precision', { name: 'distance_km' })
  distanceKm!: number;

  @Column('timestamptz', { name: 'offered_at', default: () => 'clock_timestamp()' })
  offeredAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  /** When it was accepted. */
  @Column('timestamptz', { name: 'accepted_at', nullable: true })
  acceptedAt!: Date | null;

  /** When the offer, or the job that it became, ended. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column('text', { name: 'end_reason', nullable: true })
  endReason!: OfferEndReason | JobEndReason | 'declined' | null;

  /** When the pilot's app said that it showed the offer. */
  @Column('timestamptz', { name: 'received_at', nullable: true })
  receivedAt!: Date | null;
}
