#!/bin/sh
# Makes Temporal's two databases and brings their tables up to date. Safe to run again, and the first
# step of an upgrade: run it with the newer admin-tools before the newer server starts.
# Reads SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD.
set -eu

prepare() { # database, folder of its tables
  temporal-sql-tool --db "$1" create-database
  temporal-sql-tool --db "$1" setup-schema --version 0.0
  temporal-sql-tool --db "$1" update-schema --schema-dir "${SCHEMA_ROOT:-/etc/temporal/schema}/postgresql/v12/$2/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility
echo 'The tables of Temporal are up to date.'
