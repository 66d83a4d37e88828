import type { MigrationInterface, QueryRunner } from 'typeorm';

const LIVE = `(status = 'OFFERED' OR (status = 'ACCEPTED' AND ended_at IS NULL))`;

const TABLES = [
  `CREATE TABLE vehicle_types (id text NOT NULL, name text NOT NULL, CONSTRAINT pk_vehicle_types PRIMARY KEY (id))`,
  `CREATE TABLE pilots (
     id uuid NOT NULL, name text NOT NULL, phone text, vehicle_type_id text NOT NULL, avatar text,
     rating double precision, online boolean NOT NULL DEFAULT false, last_offer_at timestamptz,
     cooldown_until timestamptz, created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     CONSTRAINT pk_pilots PRIMARY KEY (id),
     CONSTRAINT fk_pilots_vehicle_type FOREIGN KEY (vehicle_type_id) REFERENCES vehicle_types (id))`,
  `CREATE TABLE bookings (
     id uuid NOT NULL, number bigint NOT NULL DEFAULT nextval('booking_number'),
     status text NOT NULL DEFAULT 'PENDING', user_id uuid NOT NULL, user_name text NOT NULL, user_phone text,
     pickup_lat double precision NOT NULL, pickup_lng double precision NOT NULL, pickup_address text NOT NULL,
     dropoff_lat double precision NOT NULL, dropoff_lng double precision NOT NULL, dropoff_address text NOT NULL,
     vehicle_type_id text NOT NULL, package jsonb, payment jsonb, note text, pilot_id uuid,
     limits jsonb NOT NULL, search_no integer NOT NULL DEFAULT 1, event_seq integer NOT NULL DEFAULT 0,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(), assigned_at timestamptz,
     delivered_at timestamptz, cancelled_at timestamptz, unreachable_at timestamptz,
     CONSTRAINT pk_bookings PRIMARY KEY (id),
     CONSTRAINT fk_bookings_vehicle_type FOREIGN KEY (vehicle_type_id) REFERENCES vehicle_types (id),
     CONSTRAINT fk_bookings_pilot FOREIGN KEY (pilot_id) REFERENCES pilots (id))`,
  `CREATE TABLE pilot_positions (
     pilot_id uuid NOT NULL, lat double precision NOT NULL, lng double precision NOT NULL, place cube NOT NULL,
     heading double precision, speed_kph double precision, received_at timestamptz NOT NULL,
     implausible_until timestamptz,
     CONSTRAINT pk_pilot_positions PRIMARY KEY (pilot_id),
     CONSTRAINT fk_pilot_positions_pilot FOREIGN KEY (pilot_id) REFERENCES pilots (id))`,
  `CREATE TABLE pilot_presence (
     pilot_id uuid NOT NULL, seen_at timestamptz NOT NULL,
     CONSTRAINT pk_pilot_presence PRIMARY KEY (pilot_id),
     CONSTRAINT fk_pilot_presence_pilot FOREIGN KEY (pilot_id) REFERENCES pilots (id))`,
  `CREATE TABLE searches (
     booking_id uuid NOT NULL, search_no integer NOT NULL, origin text NOT NULL, outcome text,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(), started_at timestamptz, ends_at timestamptz,
     ended_at timestamptz, waiting_until timestamptz, passed_pilot_ids uuid[] NOT NULL DEFAULT '{}',
     CONSTRAINT pk_searches PRIMARY KEY (booking_id, search_no),
     CONSTRAINT fk_searches_booking FOREIGN KEY (booking_id) REFERENCES bookings (id))`,
  `CREATE TABLE offers (
     id uuid NOT NULL, booking_id uuid NOT NULL, search_no integer NOT NULL, pilot_id uuid NOT NULL,
     number integer NOT NULL, status text NOT NULL, distance_km double precision NOT NULL,
     offered_at timestamptz NOT NULL DEFAULT clock_timestamp(), expires_at timestamptz NOT NULL,
     accepted_at timestamptz, ended_at timestamptz, end_reason text, received_at timestamptz,
     CONSTRAINT pk_offers PRIMARY KEY (id),
     CONSTRAINT fk_offers_booking FOREIGN KEY (booking_id) REFERENCES bookings (id),
     CONSTRAINT fk_offers_pilot FOREIGN KEY (pilot_id) REFERENCES pilots (id))`,
  `CREATE TABLE booking_events (
     booking_id uuid NOT NULL, seq integer NOT NULL, event text NOT NULL, payload jsonb NOT NULL,
     at timestamptz NOT NULL, CONSTRAINT pk_booking_events PRIMARY KEY (booking_id, seq))`,
  `CREATE TABLE outbox (
     id bigint GENERATED ALWAYS AS IDENTITY NOT NULL, booking_id uuid NOT NULL, kind text NOT NULL,
     payload jsonb NOT NULL, attempts integer NOT NULL DEFAULT 0,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(), due_at timestamptz NOT NULL,
     CONSTRAINT pk_outbox PRIMARY KEY (id))`,
  `CREATE TABLE idempotency_keys (
     user_id uuid NOT NULL, key text NOT NULL, body_hash text NOT NULL, booking_id uuid NOT NULL,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     CONSTRAINT pk_idempotency_keys PRIMARY KEY (user_id, key))`,
  `CREATE TABLE revoked_tokens (
     kind text NOT NULL, value text NOT NULL, revoked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     CONSTRAINT pk_revoked_tokens PRIMARY KEY (kind, value))`,
  `CREATE TABLE audit_entries (
     id bigint GENERATED ALWAYS AS IDENTITY NOT NULL, booking_id uuid, actor text NOT NULL, action text NOT NULL,
     details jsonb NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
     CONSTRAINT pk_audit_entries PRIMARY KEY (id))`,
  // Counters of a minute need not survive a crash: unlogged, so that a request costs no flush.
  `CREATE UNLOGGED TABLE rate_counters (
     key text NOT NULL, minute bigint NOT NULL, used integer NOT NULL,
     CONSTRAINT pk_rate_counters PRIMARY KEY (key, minute))`,
  `CREATE TABLE leases (
     name text NOT NULL, holder text NOT NULL, until timestamptz NOT NULL,
     CONSTRAINT pk_leases PRIMARY KEY (name))`,
  `CREATE TABLE socket_io_attachments (
     id bigint GENERATED BY DEFAULT AS IDENTITY NOT NULL, created_at timestamptz DEFAULT now(), payload bytea,
     CONSTRAINT pk_socket_io_attachments PRIMARY KEY (id))`,
];

const INDEXES = [
  `CREATE INDEX ix_bookings_status ON bookings (status, number)`,
  `CREATE INDEX ix_bookings_pilot ON bookings (pilot_id, number)`,
  `CREATE INDEX ix_bookings_user ON bookings (user_id, number)`,
  `CREATE INDEX ix_searches_outcome ON searches (outcome)`,
  `CREATE INDEX ix_searches_waiting ON searches (waiting_until) WHERE waiting_until IS NOT NULL`,
  `CREATE INDEX ix_searches_running ON searches (ends_at) WHERE outcome IS NULL`,
  `CREATE INDEX ix_offers_overdue ON offers (expires_at) WHERE status = 'OFFERED'`,
  `CREATE INDEX ix_offers_pilot ON offers (pilot_id, ended_at)`,
  `CREATE INDEX ix_offers_search ON offers (booking_id, search_no)`,
  // Rule 2, as the database keeps it: one live offer or job for a pilot, and for a booking.
  `CREATE UNIQUE INDEX ux_offers_live_booking ON offers (booking_id) WHERE ${LIVE}`,
  `CREATE UNIQUE INDEX ux_offers_live_pilot ON offers (pilot_id) WHERE ${LIVE}`,
  `CREATE INDEX ix_outbox_booking ON outbox (booking_id)`,
  `CREATE INDEX ix_outbox_due ON outbox (due_at)`,
  `CREATE INDEX ix_idempotency_keys_created ON idempotency_keys (created_at)`,
  `CREATE INDEX ix_audit_entries_booking ON audit_entries (booking_id)`,
  // The nearest pilots come out of this index in order; the entity cannot declare a gist index.
  `CREATE INDEX ix_pilot_positions_place ON pilot_positions USING gist (place)`,
];

const CODE = [
  // A point on a sphere of the mean Earth radius 6371.0088 km (IUGG R1), so that chords order as arcs do.
  `CREATE FUNCTION dispatch_place(lat double precision, lng double precision) RETURNS cube
     LANGUAGE sql IMMUTABLE PARALLEL SAFE
     RETURN cube(ARRAY[6371.0088 * cos(radians(lat)) * cos(radians(lng)),
                       6371.0088 * cos(radians(lat)) * sin(radians(lng)),
                       6371.0088 * sin(radians(lat))])`,
  `CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'audit entries cannot be changed or deleted'; END $$`,
  `CREATE TRIGGER audit_entries_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
     FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
  `INSERT INTO vehicle_types (id, name) VALUES ('bike', 'Bike'), ('van', 'Van'), ('truck', 'Truck')`,
];

export class FirstTables1763856000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE EXTENSION IF NOT EXISTS cube');
    await runner.query('CREATE EXTENSION IF NOT EXISTS pgcrypto');
    await runner.query('CREATE SEQUENCE booking_number START 1001');
    for (const statement of [...TABLES, ...INDEXES, ...CODE]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = [
      'socket_io_attachments',
      'leases',
      'rate_counters',
      'audit_entries',
      'revoked_tokens',
      'idempotency_keys',
      'outbox',
      'booking_events',
      'offers',
      'searches',
      'pilot_presence',
      'pilot_positions',
      'bookings',
      'pilots',
      'vehicle_types',
    ];
    for (const table of tables) await runner.query(`DROP TABLE ${table}`);
    await runner.query('DROP FUNCTION refuse_change()');
    await runner.query('DROP FUNCTION dispatch_place(double precision, double precision)');
    await runner.query('DROP SEQUENCE booking_number');
  }
}
