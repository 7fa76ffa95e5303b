import { type Kysely, sql } from 'kysely'

/**
 * Back-tests that somebody asked for, and what they found. A row says what is to be done; whoever does it holds a lease,
 * and `runs`, which counts how often it was begun, tells the newest holder from those before.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `CREATE TABLE backtests (
     id uuid PRIMARY KEY,
     status text NOT NULL DEFAULT 'queued',
     requested_by text NOT NULL,
     candidate text COLLATE "C" NOT NULL,
     candidate_name text NOT NULL,
     baseline text COLLATE "C" NOT NULL,
     baseline_name text NOT NULL,
     since text NOT NULL,
     decision text COLLATE "C",
     minutes_per_review double precision NOT NULL,
     runs integer NOT NULL DEFAULT 0,
     broken_off integer NOT NULL DEFAULT 0,
     leased_until timestamptz,
     done integer NOT NULL DEFAULT 0,
     total integer,
     error text,
     report text,
     created_at timestamptz NOT NULL,
     started_at timestamptz,
     finished_at timestamptz
   )`,
  `CREATE INDEX backtests_unfinished ON backtests (id) WHERE finished_at IS NULL`,
  `CREATE INDEX backtests_finished ON backtests (finished_at) WHERE finished_at IS NOT NULL`,

  `GRANT SELECT, INSERT, UPDATE, DELETE ON backtests TO umpire_app`,
]
