import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Pilot } from './pilot.js';

/** When a pilot's socket or poll was last alive; written by every API process in batches. */
@Entity('pilot_presence')
export class PilotPresence {
  @PrimaryColumn('uuid', { name: 'pilot_id', primaryKeyConstraintName: 'pk_pilot_presence' })
  pilotId!: string;

  @OneToOne(() => Pilot)
  @JoinColumn({ name: 'pilot_id', foreignKeyConstraintName: 'fk_pilot_presence_pilot' })
  pilot!: Relation<Pilot>;

  @Column('timestamptz', { name: 'seen_at' })
  seenAt!: Date;
}
