import { type Kysely, sql } from 'kysely'

/**
 * The first schema. PostgreSQL is the truth: all that is acknowledged is here. What rows are found by is compared byte
 * by byte (`COLLATE "C"`): lists then have the same order on every server, and an index costs half to search.
 *
 * `umpire_app` is the role that every connection of the service takes on. It reads and adds audit entries and
 * can neither change nor delete one; erasing a payload is left to the owner of the database.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // Roles belong to the whole server, so another database of it may have made this one, even at this moment.
  `DO $$ BEGIN
     CREATE ROLE umpire_app NOLOGIN;
   EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
   END $$`,
  `DO $$ BEGIN
     IF NOT pg_has_role(current_user, 'umpire_app', 'MEMBER') THEN
       EXECUTE format('GRANT umpire_app TO %I', current_user);
     END IF;
   END $$`,

  `CREATE TABLE audit_entries (
     stream text COLLATE "C" NOT NULL,
     sequence bigint NOT NULL,
     kind text NOT NULL,
     at timestamptz NOT NULL,
     digest bytea NOT NULL,
     hash bytea NOT NULL,
     PRIMARY KEY (stream, sequence)
   )`,
  `CREATE TABLE audit_payloads (
     stream text COLLATE "C" NOT NULL,
     sequence bigint NOT NULL,
     salt text NOT NULL,
     payload text NOT NULL,
     PRIMARY KEY (stream, sequence)
   )`,

  `CREATE TABLE aliases (
     alias text COLLATE "C" PRIMARY KEY,
     account_id text COLLATE "C" NOT NULL
   )`,
  `CREATE INDEX aliases_account ON aliases (account_id)`,

  // One row per change, so that any moment of the past can be recomputed.
  `CREATE TABLE facts (
     account_id text COLLATE "C" NOT NULL,
     sequence bigint NOT NULL,
     facts text NOT NULL,
     PRIMARY KEY (account_id, sequence)
   )`,

  // Never changed after it is accepted, but for superseded: true once no moment to come can bring it back to life.
  `CREATE TABLE signals (
     account_id text COLLATE "C" NOT NULL,
     sequence bigint NOT NULL,
     agent text COLLATE "C" NOT NULL,
     id text COLLATE "C" NOT NULL,
     claim text NOT NULL,
     confidence double precision,
     score double precision,
     observed_at timestamptz NOT NULL,
     expires_at timestamptz,
     superseded boolean NOT NULL DEFAULT false,
     PRIMARY KEY (account_id, agent, id)
   )`,
  `CREATE INDEX signals_standing ON signals (account_id, agent) WHERE NOT superseded`,

  // The answer itself is its audit payload; these columns find it.
  `CREATE TABLE adjudications (
     account_id text COLLATE "C" NOT NULL,
     decision text COLLATE "C" NOT NULL,
     sequence bigint NOT NULL,
     id uuid NOT NULL,
     disposition text NOT NULL,
     PRIMARY KEY (account_id, decision, sequence)
   )`,
  `CREATE UNIQUE INDEX adjudications_id ON adjudications (id)`,

  `CREATE TABLE escalations (
     id uuid PRIMARY KEY,
     account_id text COLLATE "C" NOT NULL,
     decision text COLLATE "C" NOT NULL,
     adjudication_id uuid NOT NULL,
     kind text NOT NULL,
     queue text NOT NULL,
     status text NOT NULL DEFAULT 'open',
     priority integer NOT NULL,
     regret double precision NOT NULL,
     due_at timestamptz NOT NULL,
     claimed_by text,
     claimed_until timestamptz,
     resolution jsonb,
     created_at timestamptz NOT NULL
   )`,
  `CREATE INDEX escalations_account ON escalations (account_id, created_at)`,
  `CREATE INDEX escalations_order ON escalations (status, priority DESC, due_at, regret DESC, id)`,

  `CREATE TABLE outbox (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     account_id text COLLATE "C" NOT NULL,
     topic text NOT NULL,
     payload text NOT NULL,
     created_at timestamptz NOT NULL
   )`,

  `CREATE TABLE outcomes (
     account_id text COLLATE "C" NOT NULL,
     decision text COLLATE "C" NOT NULL,
     state text NOT NULL,
     observed_at timestamptz NOT NULL,
     source text COLLATE "C" NOT NULL,
     sequence bigint NOT NULL,
     PRIMARY KEY (account_id, decision, observed_at, source)
   )`,

  // What an admin said of an agent since the file did; sequence is that of its audit stream.
  `CREATE TABLE agents (
     name text COLLATE "C" PRIMARY KEY,
     sequence bigint NOT NULL,
     overrides jsonb NOT NULL,
     registered_at timestamptz NOT NULL
   )`,

  `CREATE TABLE rulesets (
     hash text COLLATE "C" PRIMARY KEY,
     content text NOT NULL,
     stored_at timestamptz NOT NULL
   )`,

  `CREATE TABLE api_keys (
     name text COLLATE "C" PRIMARY KEY,
     hash bytea NOT NULL UNIQUE,
     principal text NOT NULL,
     scopes text[] NOT NULL,
     agents text[],
     created_at timestamptz NOT NULL,
     revoked_at timestamptz
   )`,

  `CREATE TABLE idempotency_keys (
     owner text COLLATE "C" NOT NULL,
     key text COLLATE "C" NOT NULL,
     request bytea NOT NULL,
     status integer,
     headers jsonb,
     body text,
     locked_until timestamptz NOT NULL,
     created_at timestamptz NOT NULL,
     PRIMARY KEY (owner, key)
   )`,
  `CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at)`,

  `GRANT USAGE ON SCHEMA public TO umpire_app`,
  `GRANT SELECT, INSERT ON audit_entries, audit_payloads, facts, adjudications, rulesets, outcomes TO umpire_app`,
  `GRANT SELECT, INSERT ON signals TO umpire_app`,
  `GRANT UPDATE (superseded) ON signals TO umpire_app`,
  `GRANT SELECT, INSERT, UPDATE ON aliases, agents, api_keys, escalations TO umpire_app`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON outbox, idempotency_keys TO umpire_app`,
]
