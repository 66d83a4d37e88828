import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a lease was begun anew after a time without a holder: nullable, so that the release before need not know it. */
export class LeasesBegunAnew1764115200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE leases ADD COLUMN IF NOT EXISTS begun_anew_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE leases DROP COLUMN IF EXISTS begun_anew_at');
  }
}
