import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { NearPilotReason, SearchStepKind } from '../../contract/words.js';

/** One look of a search for a pilot: whom it asked, and why not the others near by. Swept after a time. */
@Entity('search_steps')
export class SearchStep {
  @PrimaryColumn('uuid', { name: 'booking_id', primaryKeyConstraintName: 'pk_search_steps' })
  bookingId!: string;

  @PrimaryColumn('integer', { name: 'search_no', primaryKeyConstraintName: 'pk_search_steps' })
  searchNo!: number;

  @PrimaryColumn('integer', { primaryKeyConstraintName: 'pk_search_steps' })
  step!: number;

  @Column('text')
  kind!: SearchStepKind;

  @Column('uuid', { name: 'offer_id', nullable: true })
  offerId!: string | null;

  @Column('uuid', { name: 'pilot_id', nullable: true })
  pilotId!: string | null;

  @Column('double precision', { name: 'distance_km', nullable: true })
  distanceKm!: number | null;

  /** Pilots near by that were looked at, of any state. */
  @Column('integer', { name: 'looked_at' })
  lookedAt!: number;

  /** Those of them who could have been asked. */
  @Column('integer')
  candidates!: number;

  /** The nearest, nearest first. */
  @Column('jsonb')
  reasons!: { pilotId: string; km: number; reason: NearPilotReason }[];

  /** How often in a row it came to the same without asking anybody. */
  @Column('integer', { default: 1 })
  times!: number;

  @Index('ix_search_steps_at')
  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  at!: Date;
}
