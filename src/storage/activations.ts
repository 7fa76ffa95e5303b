import { type Kysely, sql, type Transaction } from 'kysely'
import { appendEntry, lockStream } from './audit.ts'
import { bodyOf } from './chain.ts'
import type { Database } from './database.ts'

/** The stream that says which rules answered when. */
export const STREAM = 'rulesets'

/** What an entry of the stream says. */
export interface Activation {
  /** Of the entry; the newest one counts. */
  readonly sequence: number
  /** Hash of the ruleset. */
  readonly ruleset: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Where it came from, `directory rules` or `api`. */
  readonly source: string
  /** Who or what did it. */
  readonly by: string
  /** Whether it holds against the directory until somebody releases it. */
  readonly pinned: boolean
  /** What is otherwise than in the set before, in words. */
  readonly changes: readonly string[]
  /** Of a rollback, the sequence of the activation that it went back to. */
  readonly restores: number | null
}

type ActivationBody = Omit<Activation, 'sequence' | 'at' | 'by' | 'pinned' | 'changes' | 'restores'> &
  Partial<Activation>

/** The activation that counts now; undefined: there has been none. A release makes it one that is not pinned. */
export async function newestActivation(db: Kysely<Database>): Promise<Activation | undefined> {
  const [newest] = await listActivations(db, undefined, 1)
  if (!newest?.pinned) return newest
  const released = await db
    .selectFrom('audit_entries')
    .select('sequence')
    .where('stream', '=', STREAM)
    .where('kind', '=', 'ruleset.released')
    .where('sequence', '>', newest.sequence)
    .executeTakeFirst()
  return released ? { ...newest, pinned: false } : newest
}

/** Sequence of the newest entry of the stream, 0 where there is none: when it moves, another set may be active. */
export async function newestSequence(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ sequence: number | null }>`
    SELECT max(sequence) AS sequence FROM audit_entries WHERE stream = ${STREAM}`.execute(db)
  return rows[0]?.sequence ?? 0
}

/** Newest first. Those whose payload has been erased say nothing and are left out. */
export async function listActivations(
  db: Kysely<Database>,
  before: number | undefined,
  limit: number,
): Promise<readonly Activation[]> {
  let query = db
    .selectFrom('audit_entries as e')
    .innerJoin('audit_payloads as p', (join) =>
      join.onRef('p.stream', '=', 'e.stream').onRef('p.sequence', '=', 'e.sequence'),
    )
    .select(['e.sequence', 'e.at', 'p.payload'])
    .where('e.stream', '=', STREAM)
    .where('e.kind', '=', 'ruleset.activated')
    .orderBy('e.sequence', 'desc')
    .limit(limit)
  if (before !== undefined) query = query.where('e.sequence', '<', before)
  return (await query.execute()).map(({ sequence, at, payload }) => {
    const body = bodyOf<ActivationBody>(payload)
    const { ruleset, source, by = 'umpire', pinned = false, changes = [], restores = null } = body
    return { sequence, at: at.getTime(), ruleset, source, by, pinned, changes, restores }
  })
}

/** Whether a ruleset has ever been active. */
export async function hasBeenActive(db: Kysely<Database>, hash: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM audit_entries e JOIN audit_payloads p USING (stream, sequence)
    WHERE e.stream = ${STREAM} AND e.kind = 'ruleset.activated' AND p.payload::json -> 'body' ->> 'ruleset' = ${hash}
    LIMIT 1`.execute(db)
  return rows.length > 0
}

/** Until the transaction ends, nobody else activates or releases anything. */
export async function lockActivations(trx: Transaction<Database>): Promise<void> {
  await lockStream(trx, STREAM)
}

export async function appendActivation(
  trx: Transaction<Database>,
  { at, ...body }: Omit<Activation, 'sequence'>,
): Promise<Activation> {
  const { sequence } = await appendEntry(trx, { stream: STREAM, kind: 'ruleset.activated', at, body })
  return { ...body, at, sequence }
}

/** Lets the directory speak again. */
export async function appendRelease(trx: Transaction<Database>, by: string, at: number): Promise<void> {
  await appendEntry(trx, { stream: STREAM, kind: 'ruleset.released', at, body: { by } })
}

/** Keeps the content of a ruleset, unless it is kept already. */
export async function storeRuleset(db: Kysely<Database>, hash: string, content: string, at: number): Promise<void> {
  await db
    .insertInto('rulesets')
    .values({ hash, content, stored_at: new Date(at) })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function findContent(db: Kysely<Database>, hash: string): Promise<string | undefined> {
  const row = await db.selectFrom('rulesets').select('content').where('hash', '=', hash).executeTakeFirst()
  return row?.content
}
