import { type Kysely, sql } from 'kysely'

/**
 * Where BullMQ keeps its queues when there is no Redis. Its own migrations fill it; what they make, the service may use.
 * Functions are anybody's to call as it is.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `CREATE SCHEMA IF NOT EXISTS bullmq`,
  // Each queue gets a sequence when it is first used.
  `GRANT USAGE, CREATE ON SCHEMA bullmq TO umpire_app`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA bullmq GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO umpire_app`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA bullmq GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO umpire_app`,
]
