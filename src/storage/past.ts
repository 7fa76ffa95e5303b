import { type Kysely, sql, type Transaction } from 'kysely'
import type { Facts, Signal, Taken } from '../core/model.ts'
import { type SignalRow, signalOf } from './adjudications.ts'
import { bodyOf } from './chain.ts'
import type { Database } from './database.ts'
import type { StoredAgent } from './load.ts'

/**
 * Runs `work` on the database as it is at this moment, however long it takes and whatever others write. It looks much up
 * by key, page after page, so it is planned for that whatever statistics say.
 */
export async function withSnapshot<T>(
  db: Kysely<Database>,
  work: (snapshot: Transaction<Database>) => Promise<T>,
): Promise<T> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => {
      for (const plan of ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) {
        await sql`SET LOCAL ${sql.raw(plan)} = off`.execute(trx)
      }
      return work(trx)
    })
}

const selectTimes = (db: Kysely<Database>, decision: string | null) =>
  db
    .selectFrom('adjudications as a')
    .innerJoin('audit_entries as e', (join) =>
      join.on('e.stream', '=', sql<string>`'account:' || a.account_id`).onRef('e.sequence', '=', 'a.sequence'),
    )
    .$if(decision !== null, (query) => query.where('a.decision', '=', decision))

/** When the newest adjudication was made, of one decision or of all, in milliseconds since the epoch; null: there is none. */
export async function newestTime(db: Kysely<Database>, decision: string | null): Promise<number | null> {
  const row = await selectTimes(db, decision).select('e.at').orderBy('a.id', 'desc').limit(1).executeTakeFirst()
  return row?.at.getTime() ?? null
}

/** How many adjudications were made between two times, in milliseconds since the epoch, both inclusive. */
export async function countPast(
  db: Kysely<Database>,
  decision: string | null,
  from: number,
  until: number,
): Promise<number> {
  const { count } = await selectTimes(db, decision)
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('e.at', '>=', new Date(from))
    .where('e.at', '<=', new Date(until))
    .executeTakeFirstOrThrow()
  return count
}

/** A place in the stream of something: an account, an agent. */
export interface Place {
  readonly name: string
  readonly sequence: number
}

export const placeKey = ({ name, sequence }: Place): string => `${sequence} ${name}`

/** Facts by `placeKey` of account and sequence; those that are not there are left out. */
export async function readFactsAt(db: Kysely<Database>, places: readonly Place[]): Promise<ReadonlyMap<string, Facts>> {
  if (places.length === 0) return new Map()
  const { rows } = await sql<Place & { facts: string }>`
    SELECT f.account_id AS name, f.sequence, f.facts
    FROM ${unnested(places)} JOIN facts f ON f.account_id = at.name AND f.sequence = at.sequence`.execute(db)
  return new Map(rows.map((row) => [placeKey(row), JSON.parse(row.facts)]))
}

/** Signals by `placeKey` of account and sequence; those that are not there are left out. */
export async function readSignalsAt(
  db: Kysely<Database>,
  places: readonly Place[],
): Promise<ReadonlyMap<string, Signal>> {
  if (places.length === 0) return new Map()
  const accounts = [...new Set(places.map(({ name }) => name))]
  const sequences = [...new Set(places.map(({ sequence }) => sequence))]
  // There is no index by sequence: an account's signals are found together.
  const { rows } = await sql<SignalRow>`
    SELECT s.account_id, s.sequence, s.agent, s.id, s.claim, s.confidence, s.score, s.observed_at, s.expires_at
    FROM unnest(${accounts}::text[]) AS asked(account) JOIN signals s ON s.account_id = asked.account
    WHERE s.sequence = ANY(${sequences}::bigint[])`.execute(db)
  return new Map(rows.map((row) => [placeKey({ name: row.account_id, sequence: row.sequence }), signalOf(row)]))
}

/** What agents have done with accounts under leases that they redeemed, by account. */
export async function readTaken(
  db: Kysely<Database>,
  accounts: readonly string[],
): Promise<ReadonlyMap<string, readonly Taken[]>> {
  const { rows } = await sql<{ account: string; taken: readonly Taken[] }>`
    SELECT account_id AS account, json_agg(json_build_object('sequence', sequence, 'action', action, 'tags', tags::json,
      'at', (date_part('epoch', settled_at) * 1000)::bigint) ORDER BY sequence) AS taken
    FROM leases WHERE account_id = ANY(${accounts}::text[]) AND status = 'redeemed' GROUP BY account_id`.execute(db)
  return new Map(rows.map(({ account, taken }) => [account, taken]))
}

/** What admins had said of agents, by `placeKey` of agent and sequence; what has been erased is left out. */
export async function readOverridesAt(
  db: Kysely<Database>,
  places: readonly Place[],
): Promise<ReadonlyMap<string, StoredAgent['overrides']>> {
  if (places.length === 0) return new Map()
  const { rows } = await sql<Place & { payload: string }>`
    SELECT at.name, at.sequence, p.payload
    FROM ${unnested(places)} JOIN audit_payloads p ON p.stream = 'agent:' || at.name AND p.sequence = at.sequence`.execute(
    db,
  )
  return new Map(rows.map((row) => [placeKey(row), bodyOf<StoredAgent>(row.payload).overrides]))
}

/**
 * Of each question the first state that became known from its time on, under any id of its account; of several at the same
 * time the first by source, then by id. Null: none has.
 */
export async function readStatesAfter(
  db: Kysely<Database>,
  questions: readonly { readonly account: string; readonly decision: string; readonly at: Date }[],
): Promise<readonly (string | null)[]> {
  const { rows } = await sql<{ state: string | null }>`
    SELECT known.state
    FROM unnest(
      ${questions.map(({ account }) => account)}::text[], ${questions.map(({ decision }) => decision)}::text[],
      ${questions.map(({ at }) => at.toISOString())}::timestamptz[]
    ) WITH ORDINALITY AS asked(account, decision, at, n)
    LEFT JOIN aliases joined ON joined.alias = asked.account
    LEFT JOIN LATERAL (
      SELECT o.state
      FROM (
        SELECT coalesce(joined.account_id, asked.account) AS account_id
        UNION ALL SELECT alias FROM aliases WHERE aliases.account_id = coalesce(joined.account_id, asked.account)
      ) AS ids
      JOIN outcomes o ON o.account_id = ids.account_id AND o.decision = asked.decision AND o.observed_at >= asked.at
      ORDER BY o.observed_at, o.source, o.account_id LIMIT 1
    ) known ON true
    ORDER BY asked.n`.execute(db)
  return rows.map(({ state }) => state)
}

/** The actions that people decided on, by the id of the escalation; fallbacks and what was dismissed are left out. */
export async function readDecided(
  db: Kysely<Database>,
  escalations: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (escalations.length === 0) return new Map()
  const { rows } = await sql<{ id: string; action: string }>`
    SELECT id, resolution->>'action' AS action FROM escalations
    WHERE id = ANY(${escalations}::uuid[]) AND resolution->>'resolution' IN ('uphold', 'override')
      AND resolution->>'action' IS NOT NULL`.execute(db)
  return new Map(rows.map(({ id, action }) => [id, action]))
}

function unnested(places: readonly Place[]) {
  const names = places.map(({ name }) => name)
  const sequences = places.map(({ sequence }) => sequence)
  return sql`unnest(${names}::text[], ${sequences}::bigint[]) AS at(name, sequence)`
}
