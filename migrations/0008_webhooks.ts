import { type Kysely, sql } from 'kysely'

/** What comes by webhook: what could not be taken in, what has come before, and how old facts are. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // The dead letters. What comes again is counted, not kept again: digest is the SHA-256 of event. Of a payload that is whole
  // it could not even be told what its events are. account_id is empty where it could not be told which account it is about.
  `CREATE TABLE webhook_rejections (
     id uuid PRIMARY KEY,
     account_id text COLLATE "C" NOT NULL,
     source text COLLATE "C" NOT NULL,
     digest bytea NOT NULL,
     whole boolean NOT NULL,
     event text NOT NULL,
     matcher text,
     reason text NOT NULL,
     times integer NOT NULL DEFAULT 1,
     first_at timestamptz NOT NULL,
     last_at timestamptz NOT NULL,
     UNIQUE (source, digest)
   )`,
  `CREATE INDEX webhook_rejections_source ON webhook_rejections (source, id)`,
  `CREATE INDEX webhook_rejections_age ON webhook_rejections (last_at)`,

  // By what a request is known when it is sent again.
  `CREATE TABLE webhook_requests (
     source text COLLATE "C" NOT NULL,
     key text COLLATE "C" NOT NULL,
     forget_at timestamptz NOT NULL,
     PRIMARY KEY (source, key)
   )`,
  `CREATE INDEX webhook_requests_age ON webhook_requests (forget_at)`,

  // The newest that a source has said of a fact, by its own clock: what it says out of order changes nothing. account_id is
  // the name that the source has for the account.
  `CREATE TABLE webhook_facts (
     account_id text COLLATE "C" NOT NULL,
     source text COLLATE "C" NOT NULL,
     fact text COLLATE "C" NOT NULL,
     at timestamptz NOT NULL,
     value text NOT NULL,
     PRIMARY KEY (account_id, source, fact)
   )`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_rejections, webhook_requests, webhook_facts TO umpire_app`,
]
