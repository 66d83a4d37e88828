import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Operators read the latest events of all bookings: from the end of this index. */
export class EventsByTime1763942400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX ix_booking_events_at ON booking_events (at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_booking_events_at');
  }
}
