import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Why each search asked whom, and vehicle types whose dispatch is paused. Works beside the release before it. */
export class StepsAndPauses1764028805000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE search_steps (
      booking_id uuid NOT NULL, search_no integer NOT NULL, step integer NOT NULL, kind text NOT NULL,
      offer_id uuid, pilot_id uuid, distance_km double precision, looked_at integer NOT NULL,
      candidates integer NOT NULL, reasons jsonb NOT NULL, times integer NOT NULL DEFAULT 1,
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CONSTRAINT pk_search_steps PRIMARY KEY (booking_id, search_no, step))`);
    await runner.query('CREATE INDEX ix_search_steps_at ON search_steps (at)');
    await runner.query('ALTER TABLE vehicle_types ADD COLUMN paused_at timestamptz');
    await runner.query('ALTER TABLE vehicle_types ADD COLUMN paused_by text');
    await runner.query('ALTER TABLE searches ADD COLUMN held_at timestamptz');
    await runner.query('CREATE INDEX ix_audit_entries_actor ON audit_entries (actor, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_audit_entries_actor');
    await runner.query('ALTER TABLE searches DROP COLUMN held_at');
    await runner.query('ALTER TABLE vehicle_types DROP COLUMN paused_by');
    await runner.query('ALTER TABLE vehicle_types DROP COLUMN paused_at');
    await runner.query('DROP TABLE search_steps');
  }
}
