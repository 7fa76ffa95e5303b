import { type Kysely, type Selectable, sql } from 'kysely'
import type { Stance } from '../core/comparison.ts'
import type { Disposition, Verdict } from '../core/model.ts'
import type { Database, ShadowResult } from './database.ts'

/** What a shadow set would have answered to one question, beside what was answered. */
export interface ShadowAnswer {
  readonly adjudication: string
  readonly account: string
  readonly decision: string
  readonly at: Date
  readonly result: ShadowResult
  readonly active: Answered
  /** Null: it has no such decision, or failed. */
  readonly candidate:
    | (Answered & {
        readonly regret: number
        readonly confidence: number
        /** Whether an expression failed, so that a person is asked. */
        readonly errored: boolean
      })
    | null
  /** The item that people got; null: none. */
  readonly escalation: string | null
}

interface Answered extends Stance {
  /** On the proposal; null: there was none, or the set does not have the action. */
  readonly verdict: Verdict | null
}

export interface ShadowFilter {
  readonly decision?: string | undefined
  /** Whether the answers differ; undefined: all. */
  readonly flipped?: boolean | undefined
  /** Whether an expression failed; undefined: all. */
  readonly errored?: boolean | undefined
}

/** Answers of one shadow, newest first. */
export async function listShadowAnswers(
  db: Kysely<Database>,
  shadow: number,
  { decision, flipped, errored }: ShadowFilter,
  before: string | undefined,
  limit: number,
): Promise<readonly ShadowAnswer[]> {
  let query = db
    .selectFrom('shadow_answers as s')
    .innerJoin('adjudications as a', 'a.id', 's.adjudication_id')
    .innerJoin('audit_entries as e', (join) =>
      join.on('e.stream', '=', sql<string>`'account:' || a.account_id`).onRef('e.sequence', '=', 'a.sequence'),
    )
    .selectAll('s')
    .select('e.at')
    .where('s.shadow', '=', shadow)
    .orderBy('s.adjudication_id', 'desc')
    .limit(limit)
  if (decision !== undefined) query = query.where('s.decision', '=', decision)
  // Written out, so that the indexes of flips and of errors serve.
  if (flipped !== undefined) query = query.where(sql<boolean>`s.result ${sql.raw(flipped ? '=' : '<>')} 'flipped'`)
  if (errored !== undefined) query = query.where(sql<boolean>`${sql.raw(errored ? '' : 'NOT ')}s.errored`)
  if (before !== undefined) query = query.where('s.adjudication_id', '<', before)
  return (await query.execute()).map(shadowAnswerOf)
}

function shadowAnswerOf(row: Selectable<Database['shadow_answers']> & { readonly at: Date }): ShadowAnswer {
  const { action, disposition, verdict, regret, confidence, errored } = row
  return {
    adjudication: row.adjudication_id,
    account: row.account_id,
    decision: row.decision,
    at: row.at,
    result: row.result,
    active: { action: row.active_action, disposition: row.active_disposition, verdict: row.active_verdict },
    candidate:
      disposition === null || regret === null || confidence === null
        ? null
        : { action, disposition, verdict, regret, confidence, errored },
    escalation: row.escalation_id,
  }
}

/** How many answers of a shadow are alike. */
export interface ShadowCount {
  readonly decision: string
  readonly result: ShadowResult
  readonly errored: boolean
  readonly active: Answered
  /** Null: it has no such decision, or failed. */
  readonly candidate: Answered | null
  readonly questions: number
}

/** Counts all answers of one shadow, in no order: a million take 0.4 s, and with an order, for which all are sorted, 0.7 s. */
export async function countShadowAnswers(db: Kysely<Database>, shadow: number): Promise<readonly ShadowCount[]> {
  const { rows } = await sql<{
    decision: string
    result: ShadowResult
    errored: boolean
    active_action: string | null
    active_disposition: Disposition
    active_verdict: Verdict | null
    action: string | null
    disposition: Disposition | null
    verdict: Verdict | null
    questions: number
  }>`
    SELECT decision, result, errored, active_action, active_disposition, active_verdict, action, disposition, verdict,
      count(*) AS questions
    FROM shadow_answers WHERE shadow = ${shadow}
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9`.execute(db)
  return rows.map(({ decision, result, errored, questions, action, disposition, verdict, ...row }) => ({
    decision,
    result,
    errored,
    active: { action: row.active_action, disposition: row.active_disposition, verdict: row.active_verdict },
    candidate: disposition === null ? null : { action, disposition, verdict },
    questions,
  }))
}

/** Deletes answers of shadows before one, at most `limit`. @returns how many */
export async function deleteShadowAnswersBefore(db: Kysely<Database>, shadow: number, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    DELETE FROM shadow_answers WHERE (shadow, adjudication_id, account_id) IN (
      SELECT shadow, adjudication_id, account_id FROM shadow_answers WHERE shadow < ${shadow} LIMIT ${limit}
    )`.execute(db)
  return Number(numAffectedRows)
}
