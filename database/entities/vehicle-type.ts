import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('vehicle_types')
export class VehicleType {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'pk_vehicle_types' })
  id!: string;

  @Column('text')
  name!: string;

  /** Since when no search for it makes offers; null while it is dispatched. */
  @Column('timestamptz', { name: 'paused_at', nullable: true })
  pausedAt!: Date | null;

  /** The operator who paused it. */
  @Column('text', { name: 'paused_by', nullable: true })
  pausedBy!: string | null;
}
