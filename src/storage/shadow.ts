import { type Kysely, sql, type Transaction } from 'kysely'
import { STREAM } from './activations.ts'
import { appendEntry } from './audit.ts'
import { bodyOf } from './chain.ts'
import type { Database } from './database.ts'

/** A set that began to be compared with the active one, as the trail keeps it. */
export interface ShadowStart {
  /** Of the entry in the stream `rulesets`: what the comparison is known by. */
  readonly sequence: number
  /** Hash of the ruleset. */
  readonly ruleset: string
  /** Hash of the one that was active then. */
  readonly against: string
  /** What is otherwise than in that, in words. */
  readonly changes: readonly string[]
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly by: string
  /** Where it came from, `api`. */
  readonly source: string
}

export interface ShadowEnd {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly by: string
  /** Whether somebody stopped it, or the set itself became the active one. */
  readonly reason: 'stopped' | 'activated'
}

/** The comparison that was started last, running or ended. */
export interface StoredShadow extends ShadowStart {
  /** Null: it runs. */
  readonly end: ShadowEnd | null
  /** How often other rules became active meanwhile. */
  readonly activations: number
}

type StartBody = Omit<ShadowStart, 'sequence' | 'at'>
type EndBody = Omit<ShadowEnd, 'at'>

/** Undefined where none was ever started, or what the entry says has been erased. */
export async function newestShadow(db: Kysely<Database>): Promise<StoredShadow | undefined> {
  const { rows } = await sql<{
    sequence: number
    at: Date
    payload: string
    end_at: Date | null
    end_payload: string | null
    activations: number
  }>`
    WITH entries AS NOT MATERIALIZED (
      SELECT sequence, e.kind, e.at, p.payload
      FROM audit_entries e LEFT JOIN audit_payloads p USING (stream, sequence) WHERE e.stream = ${STREAM}
    ), start AS (
      SELECT * FROM entries WHERE kind = 'shadow.started' ORDER BY sequence DESC LIMIT 1
    )
    SELECT start.sequence, start.at, start.payload, ended.at AS end_at, ended.payload AS end_payload,
      (SELECT count(*)::int FROM entries WHERE kind = 'ruleset.activated' AND entries.sequence > start.sequence
         AND entries.sequence < coalesce(ended.sequence, entries.sequence + 1)) AS activations
    FROM start
    LEFT JOIN LATERAL (
      SELECT * FROM entries WHERE kind = 'shadow.stopped' AND entries.sequence > start.sequence LIMIT 1
    ) ended ON true
    WHERE start.payload IS NOT NULL`.execute(db)
  const [row] = rows
  if (!row) return undefined
  const { ruleset, against, changes = [], by, source } = bodyOf<StartBody>(row.payload)
  const start = { sequence: row.sequence, at: row.at.getTime(), ruleset, against, changes, by, source }
  return { ...start, end: endOf(row.end_at, row.end_payload), activations: row.activations }
}

function endOf(at: Date | null, payload: string | null): ShadowEnd | null {
  if (at === null) return null
  const { by, reason }: EndBody = payload === null ? { by: '', reason: 'stopped' } : bodyOf<EndBody>(payload)
  return { at: at.getTime(), by, reason }
}

/** Needs `lockActivations`: one runs at a time. */
export async function appendShadowStart(
  trx: Transaction<Database>,
  { at, ...body }: Omit<ShadowStart, 'sequence'>,
): Promise<void> {
  await appendEntry(trx, { stream: STREAM, kind: 'shadow.started', at, body })
}

/** Needs `lockActivations`. */
export async function appendShadowStop(
  trx: Transaction<Database>,
  { sequence, ruleset }: ShadowStart,
  { at, ...body }: ShadowEnd,
): Promise<void> {
  await appendEntry(trx, {
    stream: STREAM,
    kind: 'shadow.stopped',
    at,
    body: { ...body, ruleset, startedAtSequence: sequence },
  })
}
