import { type Kysely, sql } from 'kysely'

/**
 * What a shadow set would have answered, beside what was answered: one row for each adjudication that was made while it
 * ran. The trail holds all that recomputes them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // shadow is the entry of the stream `rulesets` that started it. Ids of adjudications grow with time, so rows are added
  // at one end of the key, and those of one shadow lie together. When it was asked is with the adjudication: to write it here
  // too, or its place in the trail, would double what a row costs.
  `CREATE TABLE shadow_answers (
     shadow bigint NOT NULL,
     adjudication_id uuid NOT NULL,
     account_id text COLLATE "C" NOT NULL,
     decision text COLLATE "C" NOT NULL,
     result text NOT NULL,
     action text,
     disposition text,
     verdict text,
     regret double precision,
     confidence double precision,
     errored boolean NOT NULL,
     active_action text,
     active_disposition text NOT NULL,
     active_verdict text,
     escalation_id uuid,
     PRIMARY KEY (shadow, adjudication_id, account_id)
   )`,
  `CREATE INDEX shadow_flips ON shadow_answers (shadow, decision, adjudication_id) WHERE result = 'flipped'`,
  `GRANT SELECT, INSERT, DELETE ON shadow_answers TO umpire_app`,
]
