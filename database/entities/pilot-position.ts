import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Pilot } from './pilot.js';

/** The last position of a pilot, in a table of its own: it is written all the time. */
@Entity('pilot_positions')
export class PilotPosition {
  @PrimaryColumn('uuid', { name: 'pilot_id', primaryKeyConstraintName: 'pk_pilot_positions' })
  pilotId!: string;

  @OneToOne(() => Pilot)
  @JoinColumn({ name: 'pilot_id', foreignKeyConstraintName: 'fk_pilot_positions_pilot' })
  pilot!: Relation<Pilot>;

  @Column('double precision')
  lat!: number;

  @Column('double precision')
  lng!: number;

  /** Point on a sphere of the Earth's mean radius, kilometres: `dispatch_place(lat, lng)`. */
  @Column('cube')
  place!: number[];

  @Column('double precision', { nullable: true })
  heading!: number | null;

  @Column('double precision', { name: 'speed_kph', nullable: true })
  speedKph!: number | null;

  /** When the server received it, by Postgres' clock. */
  @Column('timestamptz', { name: 'received_at' })
  receivedAt!: Date;

  /** Until then no offers: the last move was not believable. */
  @Column('timestamptz', { name: 'implausible_until', nullable: true })
  implausibleUntil!: Date | null;

  /**
   * Whether claims look at it: true of everybody who is online, and of some who are not. A trigger on `pilots.online`
   * keeps it; nothing else writes it.
   */
  @Column('boolean', { default: true })
  listed!: boolean;
}
