import { type Kysely, sql } from 'kysely'

/**
 * What happened and who else is told of it: events, in the order in which they were committed, and subscriptions.
 *
 * Numbers that are drawn are no such order: whoever drew the smaller one may commit later, and a reader that has gone
 * past it misses it. So a row knows its transaction, and is read once all that began before and write events are over.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // sequence is that of the entry in the trail that says the same; agent is whom it concerns, if any; body is the
  // part of what is told that no other column has.
  `CREATE TABLE events (
     xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
     id bigint GENERATED ALWAYS AS IDENTITY,
     account_id text COLLATE "C" NOT NULL,
     type text NOT NULL,
     at timestamptz NOT NULL,
     sequence bigint NOT NULL,
     adjudication_id uuid NOT NULL,
     escalation_id uuid,
     agent text COLLATE "C",
     body text NOT NULL,
     PRIMARY KEY (xid, id)
   )`,

  // How far those are who go through them: `subscriptions`, what has become deliveries; `swept`, what has been deleted.
  `CREATE TABLE event_cursors (
     name text PRIMARY KEY,
     xid xid8 NOT NULL,
     id bigint NOT NULL
   )`,
  `INSERT INTO event_cursors VALUES ('subscriptions', '0', 0), ('swept', '0', 0)`,

  // since is the first transaction of which it hears. The secret signs, so it is needed as it is; the last one signs as
  // well for a while.
  `CREATE TABLE subscriptions (
     id uuid PRIMARY KEY,
     url text NOT NULL,
     events text[] NOT NULL,
     decision text COLLATE "C",
     disposition text,
     account text COLLATE "C",
     agent text COLLATE "C",
     secret text NOT NULL,
     last_secret text,
     last_secret_until timestamptz,
     paused boolean NOT NULL DEFAULT false,
     since xid8 NOT NULL DEFAULT pg_snapshot_xmax(pg_current_snapshot()),
     created_by text NOT NULL,
     created_at timestamptz NOT NULL
   )`,

  // Null: it is for a target of queues.yaml.
  `ALTER TABLE deliveries ADD COLUMN subscription_id uuid`,
  `CREATE INDEX deliveries_subscription ON deliveries (subscription_id, id) WHERE subscription_id IS NOT NULL`,

  `GRANT SELECT, INSERT, DELETE, UPDATE (xid) ON events TO umpire_app`,
  `GRANT SELECT, UPDATE ON event_cursors TO umpire_app`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON subscriptions TO umpire_app`,
]
