import type { QueryRunner } from 'typeorm';

/** Read and written, never changed: the audit, and which migrations ran. */
const APPEND_ONLY = 'audit_entries';
const READ_ONLY = 'migrations';

/**
 * Gives the application's role what API and worker need of this database, and takes everything from everybody else:
 * rows may be read and written, tables cannot be made, changed or dropped, the audit can only grow, and no other role
 * may connect (who can connect to a database can notify on the sockets' channel). May run twice.
 *
 * @throws when there is no such role, or when nothing could be kept from it
 */
export async function grantTo(runner: QueryRunner, role: string): Promise<void> {
  const [found] = (await runner.query(
    'SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = $1',
    [role],
  )) as { rolsuper: boolean; rolcreatedb: boolean; rolcreaterole: boolean }[];
  if (found === undefined)
    throw new Error(
      `DATABASE_APP_ROLE: there is no role '${role}'; make it: CREATE ROLE … LOGIN PASSWORD '…'`,
    );
  if (found.rolsuper || found.rolcreatedb || found.rolcreaterole)
    throw new Error(
      `DATABASE_APP_ROLE: '${role}' may do anything; take a role without SUPERUSER, CREATEDB and CREATEROLE`,
    );
  const [here] = (await runner.query('SELECT current_database() AS name, current_user AS me')) as {
    name: string;
    me: string;
  }[];
  if (here?.me === role)
    throw new Error(`DATABASE_APP_ROLE: '${role}' is who migrates, so the tables are its own`);
  const [app, database] = [quoted(role), quoted(here?.name ?? '')];
  for (const statement of [
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `REVOKE ALL ON DATABASE ${database} FROM ${app}`,
    `GRANT CONNECT ON DATABASE ${database} TO ${app}`,
    'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
    `REVOKE ALL ON SCHEMA public FROM ${app}`,
    `GRANT USAGE ON SCHEMA public TO ${app}`,
    `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${app}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${app}`,
    `REVOKE UPDATE, DELETE ON ${APPEND_ONLY} FROM ${app}`,
    `REVOKE INSERT, UPDATE, DELETE ON ${READ_ONLY} FROM ${app}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${app}`,
  ])
    await runner.query(statement);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
