import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { SearchOrigin, SearchOutcome } from '../../contract/words.js';
import { Booking } from './booking.js';

/** One attempt to find a pilot for a booking. Its time starts when its workflow starts it. */
@Entity('searches')
@Index('ix_searches_running', ['endsAt'], { where: '"outcome" IS NULL' })
@Index('ix_searches_not_begun', ['createdAt'], { where: '"started_at" IS NULL AND "outcome" IS NULL' })
@Index('ix_searches_waiting', ['waitingUntil'], { where: '"waiting_until" IS NOT NULL' })
@Index('ix_searches_outcome', ['outcome'])
export class Search {
  @PrimaryColumn('uuid', { name: 'booking_id', primaryKeyConstraintName: 'pk_searches' })
  bookingId!: string;

  @PrimaryColumn('integer', { name: 'search_no', primaryKeyConstraintName: 'pk_searches' })
  searchNo!: number;

  @ManyToOne(() => Booking)
  @JoinColumn({ name: 'booking_id', foreignKeyConstraintName: 'fk_searches_booking' })
  booking!: Relation<Booking>;

  @Column('text')
  origin!: SearchOrigin;

  @Column('text', { nullable: true })
  outcome!: SearchOutcome | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'clock_timestamp()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'ends_at', nullable: true })
  endsAt!: Date | null;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  /** With nobody left to ask: wait until then for pilots to come free. */
  @Column('timestamptz', { name: 'waiting_until', nullable: true })
  waitingUntil!: Date | null;

  /** Since when it waits because its vehicle type is paused. */
  @Column('timestamptz', { name: 'held_at', nullable: true })
  heldAt!: Date | null;

  /** Pilots to whom an offer could not be made (rule 6): not asked again in this search, and no tries. */
  @Column('uuid', { name: 'passed_pilot_ids', array: true, default: () => "'{}'" })
  passedPilotIds!: string[];
}
