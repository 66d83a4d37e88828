import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('vehicle_types')
export class VehicleType {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'pk_vehicle_types' })
  id!: string;

  @Column('text')
  name!: string;
}
