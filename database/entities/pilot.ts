import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { VehicleType } from './vehicle-type.js';

/** A pilot. Nothing frequent writes this row: the claim locks it. */
@Entity('pilots')
export class Pilot {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_pilots' })
  id!: string;

  @Column('text')
  name!: string;

  @Column('text', { nullable: true })
  phone!: string | null;

  @ManyToOne(() => VehicleType, { nullable: false })
  @JoinColumn({ name: 'vehicle_type_id', foreignKeyConstraintName: 'fk_pilots_vehicle_type' })
  vehicleType!: Relation<VehicleType>;

  @Column('text', { name: 'vehicle_type_id' })
  vehicleTypeId!: string;

  @Column('text', { nullable: true })
  avatar!: string | null;

  @Column('double precision', { nullable: true })
  rating!: number | null;

  @Column('boolean', { default: false })
  online!: boolean;

  @Column('timestamptz', { name: 'last_offer_at', nullable: true })
  lastOfferAt!: Date | null;

  /** Until then no offers: he gave too many jobs back. */
  @Column('timestamptz', { name: 'cooldown_until', nullable: true })
  cooldownUntil!: Date | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'clock_timestamp()' })
  createdAt!: Date;
}
