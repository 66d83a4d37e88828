import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Pilots whose rows are locked at once: some tens of milliseconds, in which none of these can come online. */
const AT_ONCE = 2_000;

const INDEXES = [
  // A claim walks these alone: when nobody is free, what it walks is everybody near by.
  ['ix_pilot_positions_listed', 'listed'],
  // Who is offline is looked at only to tell why he was not asked.
  ['ix_pilot_positions_unlisted', 'NOT listed'],
] as const;

/**
 * Whoever is offline leaves the index that claims walk. `listed` is kept by a trigger on the pilot, at the commit of
 * whatever sets him online or offline, so that the release before, which does not know the column, keeps it too. It may
 * be true of a pilot who is offline, never false of one who is online: a first position is listed.
 *
 * Beside a running system: nothing is locked for longer than a moment, so it is no one transaction, and each step may
 * be run again. Claims of the release before it still read the old index until it is dropped, and then the table: right,
 * but slower (docs/deploying.md).
 */
export class ListedPositions1764028810000 implements MigrationInterface {
  /** No index can be built beside writers within a transaction. */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE pilot_positions ADD COLUMN IF NOT EXISTS listed boolean NOT NULL DEFAULT true',
    );
    await keepListed(runner);
    await unlistOffline(runner);
    for (const [name, condition] of INDEXES) {
      // What an interrupted build leaves is invalid, and there.
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
      await runner.query(
        `CREATE INDEX CONCURRENTLY ${name} ON pilot_positions USING gist (place) WHERE ${condition}`,
      );
    }
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS ix_pilot_positions_place');
  }

  /** Back within a transaction, as TypeORM takes a migration back: positions wait while the index is built. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER pilots_keep_listed ON pilots');
    await runner.query('DROP FUNCTION keep_listed()');
    for (const [name] of INDEXES) await runner.query(`DROP INDEX ${name}`);
    await runner.query('ALTER TABLE pilot_positions DROP COLUMN listed');
    await runner.query('CREATE INDEX ix_pilot_positions_place ON pilot_positions USING gist (place)');
  }
}

/** Several statements in one call are one transaction: the trigger is never away in between. */
async function keepListed(runner: QueryRunner): Promise<void> {
  await runner.query(
    // Deferred: the position is locked while its pilot's transaction commits, not while it runs. Batches of other
    // pilots' positions wait for that row.
    `CREATE OR REPLACE FUNCTION keep_listed() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN UPDATE pilot_positions SET listed = NEW.online WHERE pilot_id = NEW.id; RETURN NULL; END $$;
     DROP TRIGGER IF EXISTS pilots_keep_listed ON pilots;
     CREATE CONSTRAINT TRIGGER pilots_keep_listed AFTER UPDATE OF online ON pilots
       DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.online IS DISTINCT FROM NEW.online)
       EXECUTE FUNCTION keep_listed()`,
  );
}

/** Pilots who are offline by now. Locked first, so that none comes online unseen between the look and the write. */
async function unlistOffline(runner: QueryRunner): Promise<void> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const [found] = (await runner.query(
      `WITH next AS MATERIALIZED (
         SELECT id, online FROM pilots WHERE id > $1 ORDER BY id LIMIT ${AT_ONCE}
       ), offline AS MATERIALIZED (
         SELECT p.id FROM pilots p WHERE p.id IN (SELECT id FROM next WHERE NOT online) AND NOT p.online FOR SHARE
       ), held AS MATERIALIZED (
         SELECT pilot_id FROM pilot_positions WHERE pilot_id IN (SELECT id FROM offline) AND listed
         ORDER BY pilot_id FOR NO KEY UPDATE
       ), unlisted AS (
         UPDATE pilot_positions SET listed = false WHERE pilot_id IN (SELECT pilot_id FROM held)
       )
       SELECT (array_agg(id ORDER BY id DESC))[1] AS last FROM next`,
      [after],
    )) as { last: string | null }[];
    if (found?.last == null) return;
    after = found.last;
  }
}
