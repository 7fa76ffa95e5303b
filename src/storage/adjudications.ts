import { type Kysely, type Selectable, sql } from 'kysely'
import type { Facts, Signal } from '../core/model.ts'
import { hex } from './audit.ts'
import { bodyOf, type Sha256 } from './chain.ts'
import type { Database } from './database.ts'
import type { StoredAgent } from './load.ts'

/** An adjudication as the trail keeps it. */
export interface StoredAdjudication {
  readonly id: string
  readonly account: string
  readonly stream: string
  readonly sequence: number
  readonly at: Date
  readonly hash: Sha256
  /** The audit payload; null where it has been erased. */
  readonly payload: string | null
}

export interface AdjudicationFilter {
  /** Ids of one account. */
  readonly accounts?: readonly string[] | undefined
  readonly decision?: string | undefined
  readonly disposition?: string | undefined
}

const selectAdjudications = (db: Kysely<Database>) =>
  db
    .selectFrom('adjudications as a')
    .innerJoin('audit_entries as e', (join) =>
      join.on('e.stream', '=', sql<string>`'account:' || a.account_id`).onRef('e.sequence', '=', 'a.sequence'),
    )
    .leftJoin('audit_payloads as p', (join) =>
      join.onRef('p.stream', '=', 'e.stream').onRef('p.sequence', '=', 'e.sequence'),
    )
    .select(['a.id', 'a.account_id as account', 'e.stream', 'e.sequence', 'e.at', hex('hash'), 'p.payload'])

export async function findAdjudication(db: Kysely<Database>, id: string): Promise<StoredAdjudication | undefined> {
  return selectAdjudications(db).where('a.id', '=', id).executeTakeFirst()
}

export async function findAdjudications(
  db: Kysely<Database>,
  ids: readonly string[],
): Promise<readonly StoredAdjudication[]> {
  return ids.length === 0 ? [] : selectAdjudications(db).where('a.id', 'in', ids).execute()
}

/** Newest first; ids sort by time. */
export async function listAdjudications(
  db: Kysely<Database>,
  filter: AdjudicationFilter,
  before: string | undefined,
  limit: number,
): Promise<readonly StoredAdjudication[]> {
  let query = selectAdjudications(db).orderBy('a.id', 'desc').limit(limit)
  if (filter.accounts !== undefined) query = query.where('a.account_id', 'in', filter.accounts)
  if (filter.decision !== undefined) query = query.where('a.decision', '=', filter.decision)
  if (filter.disposition !== undefined) query = query.where('a.disposition', '=', filter.disposition)
  if (before !== undefined) query = query.where('a.id', '<', before)
  return query.execute()
}

/** The newest of each decision, of one account. */
export async function newestAdjudications(
  db: Kysely<Database>,
  account: string,
  decisions: readonly string[],
): Promise<readonly StoredAdjudication[]> {
  const found = await Promise.all(
    decisions.map((decision) =>
      selectAdjudications(db)
        .where('a.account_id', '=', account)
        .where('a.decision', '=', decision)
        .orderBy('a.sequence', 'desc')
        .limit(1)
        .executeTakeFirst(),
    ),
  )
  return found.filter((adjudication) => adjudication !== undefined)
}

/** What an adjudication of the past was made from. */
export interface Inputs {
  readonly facts: Facts
  readonly signals: readonly Signal[]
}

/** The facts and signals of an account that the given sequences of its stream brought. */
export async function readInputs(
  db: Kysely<Database>,
  account: string,
  factsSequence: number,
  signals: readonly number[],
): Promise<Inputs> {
  const [facts, rows] = await Promise.all([
    factsSequence === 0
      ? undefined
      : db
          .selectFrom('facts')
          .select('facts')
          .where('account_id', '=', account)
          .where('sequence', '=', factsSequence)
          .executeTakeFirst(),
    signals.length === 0
      ? []
      : db
          .selectFrom('signals')
          .selectAll()
          .where('account_id', '=', account)
          .where('sequence', 'in', signals)
          .orderBy('sequence')
          .execute(),
  ])
  return {
    facts: facts ? JSON.parse(facts.facts) : {},
    signals: rows.map(signalOf),
  }
}

/** A signal as it is stored. */
export type SignalRow = Omit<Selectable<Database['signals']>, 'superseded'>

export function signalOf(row: SignalRow): Signal {
  return {
    sequence: row.sequence,
    id: row.id,
    agent: row.agent,
    claim: row.claim,
    confidence: row.confidence,
    score: row.score,
    observedAt: row.observed_at.getTime(),
    expiresAt: row.expires_at?.getTime() ?? null,
  }
}

/** Agents as they stood at the given sequences of their streams. Those with sequence 0 were unknown then. */
export async function readAgentsAt(
  db: Kysely<Database>,
  agents: readonly (readonly [name: string, sequence: number])[],
): Promise<ReadonlyMap<string, StoredAgent>> {
  const known = agents.filter(([, sequence]) => sequence > 0)
  if (known.length === 0) return new Map()
  const { rows } = await sql<{ name: string; sequence: number; payload: string }>`
    SELECT a.name, a.sequence, p.payload
    FROM unnest(${known.map(([name]) => name)}::text[], ${known.map(([, sequence]) => sequence)}::bigint[]) AS a(name, sequence)
    JOIN audit_payloads p ON p.stream = 'agent:' || a.name AND p.sequence = a.sequence`.execute(db)
  return new Map(
    rows.map(({ name, sequence, payload }) => [
      name,
      { name, sequence, overrides: bodyOf<StoredAgent>(payload).overrides },
    ]),
  )
}

/** The payload of an entry; null where it has been erased or there is none. */
export async function readPayload(db: Kysely<Database>, stream: string, sequence: number): Promise<string | null> {
  const row = await db
    .selectFrom('audit_payloads')
    .select('payload')
    .where('stream', '=', stream)
    .where('sequence', '=', sequence)
    .executeTakeFirst()
  return row?.payload ?? null
}

/** The payloads of entries of one stream by their sequences; those that have been erased are left out. */
export async function readPayloads(
  db: Kysely<Database>,
  stream: string,
  sequences: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  if (sequences.length === 0) return new Map()
  const rows = await db
    .selectFrom('audit_payloads')
    .select(['sequence', 'payload'])
    .where('stream', '=', stream)
    .where('sequence', 'in', sequences)
    .execute()
  return new Map(rows.map(({ sequence, payload }) => [sequence, payload]))
}
