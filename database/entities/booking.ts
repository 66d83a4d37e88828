import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import type { BookingStatus } from '../../contract/words.js';
import type { SearchLimits } from '../../contract/limits.js';
import { VehicleType } from './vehicle-type.js';
import { Pilot } from './pilot.js';

/** One request of a customer. `eventSeq` numbers its events without gaps under the row's lock. */
@Entity('bookings')
@Index('ix_bookings_user', ['userId', 'number'])
@Index('ix_bookings_pilot', ['pilotId', 'number'])
@Index('ix_bookings_status', ['status', 'number'])
export class Booking {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_bookings' })
  id!: string;

  /** `B-<number>` is the booking number that people read; also the order of lists. */
  @Column('bigint', { default: () => "nextval('booking_number')" })
  number!: string;

  @Column('text', { default: 'PENDING' })
  status!: BookingStatus;

  @Column('uuid', { name: 'user_id' })
  userId!: string;

  @Column('text', { name: 'user_name' })
  userName!: string;

  @Column('text', { name: 'user_phone', nullable: true })
  userPhone!: string | null;

  @Column('double precision', { name: 'pickup_lat' })
  pickupLat!: number;

  @Column('double precision', { name: 'pickup_lng' })
  pickupLng!: number;

  @Column('text', { name: 'pickup_address' })
  pickupAddress!: string;

  @Column('double precision', { name: 'dropoff_lat' })
  dropoffLat!: number;

  @Column('double precision', { name: 'dropoff_lng' })
  dropoffLng!: number;

  @Column('text', { name: 'dropoff_address' })
  dropoffAddress!: string;

  @ManyToOne(() => VehicleType, { nullable: false })
  @JoinColumn({ name: 'vehicle_type_id', foreignKeyConstraintName: 'fk_bookings_vehicle_type' })
  vehicleType!: Relation<VehicleType>;

  @Column('text', { name: 'vehicle_type_id' })
  vehicleTypeId!: string;

  @Column('jsonb', { nullable: true })
  package!: Record<string, unknown> | null;

  @Column('jsonb', { nullable: true })
  payment!: Record<string, unknown> | null;

  @Column('text', { nullable: true })
  note!: string | null;

  /** The pilot of the job; null while there is none. */
  @ManyToOne(() => Pilot, { nullable: true })
  @JoinColumn({ name: 'pilot_id', foreignKeyConstraintName: 'fk_bookings_pilot' })
  pilot!: Relation<Pilot> | null;

  @Column('uuid', { name: 'pilot_id', nullable: true })
  pilotId!: string | null;

  /** The rules of this booking's searches, as they were when it was made. */
  @Column('jsonb')
  limits!: SearchLimits;

  /** The current or last search. */
  @Column('integer', { name: 'search_no', default: 1 })
  searchNo!: number;

  @Column('integer', { name: 'event_seq', default: 0 })
  eventSeq!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'clock_timestamp()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'assigned_at', nullable: true })
  assignedAt!: Date | null;

  @Column('timestamptz', { name: 'delivered_at', nullable: true })
  deliveredAt!: Date | null;

  @Column('timestamptz', { name: 'cancelled_at', nullable: true })
  cancelledAt!: Date | null;

  /** Set once when the pilot of this job was reported unreachable (rule 12). */
  @Column('timestamptz', { name: 'unreachable_at', nullable: true })
  unreachableAt!: Date | null;
}
