import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'

/** A question that something raised and nobody has answered yet. */
export interface PendingQuestion {
  readonly account: string
  readonly decision: string
  /** Of the newest entry in the account's stream that calls for an answer. */
  readonly sequence: number
}

export async function findQuestion(
  db: Kysely<Database>,
  account: string,
  decision: string,
): Promise<PendingQuestion | undefined> {
  return selectQuestions(db).where('account_id', '=', account).where('decision', '=', decision).executeTakeFirst()
}

/** By account and decision; those after `after`, where the page before ended. */
export async function pendingQuestions(
  db: Kysely<Database>,
  after: PendingQuestion | undefined,
  limit: number,
): Promise<readonly PendingQuestion[]> {
  let query = selectQuestions(db).orderBy('account_id').orderBy('decision').limit(limit)
  if (after) query = query.where(sql<boolean>`(account_id, decision) > (${after.account}, ${after.decision})`)
  return query.execute()
}

/** Forgets a question that has been answered, unless it was raised again by an entry after `answered`. */
export async function dropQuestion(
  db: Kysely<Database>,
  account: string,
  decision: string,
  answered: number,
): Promise<void> {
  await db
    .deleteFrom('pending_questions')
    .where('account_id', '=', account)
    .where('decision', '=', decision)
    .where('sequence', '<=', answered)
    .execute()
}

const selectQuestions = (db: Kysely<Database>) =>
  db.selectFrom('pending_questions').select(['account_id as account', 'decision', 'sequence'])
