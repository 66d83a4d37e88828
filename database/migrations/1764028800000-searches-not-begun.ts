import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every API process asks a few times a second how many searches have not begun. */
export class SearchesNotBegun1764028800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE INDEX ix_searches_not_begun ON searches (created_at) WHERE started_at IS NULL AND outcome IS NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_searches_not_begun');
  }
}
