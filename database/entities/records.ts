import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** What a booking's user was or should have been sent, numbered from 1 without gaps. */
@Entity('booking_events')
export class BookingEventRow {
  @PrimaryColumn('uuid', { name: 'booking_id', primaryKeyConstraintName: 'pk_booking_events' })
  bookingId!: string;

  @PrimaryColumn('integer', { primaryKeyConstraintName: 'pk_booking_events' })
  seq!: number;

  @Column('text')
  event!: string;

  @Column('jsonb')
  payload!: Record<string, unknown>;

  @Index('ix_booking_events_at')
  @Column('timestamptz')
  at!: Date;
}

/** What Temporal must still be told; a line goes when it has been. */
@Entity('outbox')
@Index('ix_outbox_due', ['dueAt'])
@Index('ix_outbox_booking', ['bookingId'])
export class OutboxLine {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'pk_outbox',
  })
  id!: string;

  @Column('uuid', { name: 'booking_id' })
  bookingId!: string;

  /** `start`, or the signal's name. */
  @Column('text')
  kind!: string;

  @Column('jsonb')
  payload!: Record<string, unknown>;

  @Column('integer', { default: 0 })
  attempts!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'clock_timestamp()' })
  createdAt!: Date;

  /** Leased or backing off until then. */
  @Column('timestamptz', { name: 'due_at' })
  dueAt!: Date;
}

@Entity('idempotency_keys')
export class IdempotencyKey {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'pk_idempotency_keys' })
  userId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'pk_idempotency_keys' })
  key!: string;

  @Column('text', { name: 'body_hash' })
  bodyHash!: string;

  @Column('uuid', { name: 'booking_id' })
  bookingId!: string;

  @Index('ix_idempotency_keys_created')
  @Column('timestamptz', { name: 'created_at', default: () => 'clock_timestamp()' })
  createdAt!: Date;
}

@Entity('revoked_tokens')
export class RevokedToken {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'pk_revoked_tokens' })
  kind!: 'sub' | 'jti';

  @PrimaryColumn('text', { primaryKeyConstraintName: 'pk_revoked_tokens' })
  value!: string;

  @Column('timestamptz', { name: 'revoked_at', default: () => 'clock_timestamp()' })
  revokedAt!: Date;
}

/** Who did what by hand, and why. A trigger refuses changes and deletions. */
@Entity('audit_entries')
@Index('ix_audit_entries_booking', ['bookingId'])
@Index('ix_audit_entries_actor', ['actor', 'id'])
export class AuditEntry {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'pk_audit_entries',
  })
  id!: string;

  @Column('uuid', { name: 'booking_id', nullable: true })
  bookingId!: string | null;

  @Column('text')
  actor!: string;

  @Column('text')
  action!: string;

  @Column('jsonb')
  details!: Record<string, unknown>;

  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  at!: Date;
}

/** Requests of one token or address in one minute, shared by all API processes. */
@Entity('rate_counters')
export class RateCounter {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'pk_rate_counters' })
  key!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'pk_rate_counters' })
  minute!: string;

  @Column('integer')
  used!: number;
}

/** Work that one process does at a time, such as the reconciler's: who has it, and until when. */
@Entity('leases')
export class Lease {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'pk_leases' })
  name!: string;

  @Column('text')
  holder!: string;

  @Column('timestamptz')
  until!: Date;

  /** When it was begun anew after a time in which nobody renewed it; null when that never was. */
  @Column('timestamptz', { name: 'begun_anew_at', nullable: true })
  begunAnewAt!: Date | null;
}

/** Payloads too long for a notification; the sockets' adapter reads and cleans it. */
@Entity('socket_io_attachments')
export class SocketAttachment {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_socket_io_attachments',
  })
  id!: string;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()', nullable: true })
  createdAt!: Date | null;

  @Column('bytea', { nullable: true })
  payload!: Buffer | null;
}
