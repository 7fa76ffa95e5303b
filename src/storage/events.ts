import { type Kysely, sql, type Transaction } from 'kysely'
import type { RecordedEvent } from '../core/events.ts'
import type { Disposition } from '../core/model.ts'
import type { Database } from './database.ts'

/**
 * A place in the order of events: by transaction, then by id within it. Ids alone are not in the order of commits, and
 * neither are transactions; but of those that write events, those that began before any that is under way are all over.
 */
export interface Position {
  readonly xid: number
  readonly id: number
}

export const BEGINNING: Position = { xid: 0, id: 0 }

export const isAfter = (one: Position, other: Position): boolean =>
  one.xid > other.xid || (one.xid === other.xid && one.id > other.id)

/** How far events can be read now. */
export interface Horizon {
  /** Of the last event that can be: all that comes before it has been committed, or never will be. */
  readonly position: Position
  /** Of the last event that has been committed. Where it lies beyond `position`, it can be read in a moment. */
  readonly newest: Position
}

/**
 * Whoever writes events holds a lock on their table, as every INSERT does, from before its transaction has a number until it
 * is over. So of those that are under way only these are waited for: not whoever has written something else and forgot to
 * end it, here or in another database of the server.
 *
 * Both are positions of events, and not of the server's counter of transactions: what it has given out may be given out
 * again after a crash, unless something was committed under it. Read what there is in a statement of its own, afterwards.
 */
export async function readHorizon(db: Kysely<Database>): Promise<Horizon> {
  const { rows } = await sql<{ xid: string; id: number; newestXid: string; newestId: number }>`
    WITH locks AS MATERIALIZED (
      SELECT virtualtransaction, transactionid, relation, mode FROM pg_locks
      WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock'
        OR relation = 'events'::regclass AND mode = 'RowExclusiveLock'
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ),
    writing AS (
      SELECT xid FROM pg_snapshot_xip(pg_current_snapshot()) AS xid
      JOIN locks own ON own.transactionid = xid::xid JOIN locks writer USING (virtualtransaction)
      WHERE writer.relation IS NOT NULL
      ORDER BY xid LIMIT 1
    ),
    readable AS MATERIALIZED (SELECT coalesce((SELECT xid FROM writing), pg_snapshot_xmax(pg_current_snapshot())) AS below),
    swept AS (SELECT xid, id FROM event_cursors WHERE name = 'swept'),
    known AS (
      (SELECT xid, id FROM events WHERE xid < (SELECT below FROM readable) ORDER BY xid DESC, id DESC LIMIT 1)
      UNION ALL SELECT xid, id FROM swept ORDER BY xid DESC, id DESC LIMIT 1
    ),
    newest AS (
      (SELECT xid, id FROM events ORDER BY xid DESC, id DESC LIMIT 1)
      UNION ALL SELECT xid, id FROM swept ORDER BY xid DESC, id DESC LIMIT 1
    )
    SELECT known.xid::text, known.id, newest.xid::text AS "newestXid", newest.id AS "newestId" FROM known, newest`.execute(
    db,
  )
  const { xid, id, newestXid, newestId } = rows[0]!
  return { position: positionOf({ xid, id }), newest: positionOf({ xid: newestXid, id: newestId }) }
}

/** Something that happened, with what is known of the adjudication that it is about. */
export interface StoredEvent {
  readonly position: Position
  readonly account: string
  /** All ids of the account, as it is known now. */
  readonly names: readonly string[]
  readonly type: RecordedEvent
  readonly at: Date
  /** Of the entry in the trail that says the same. */
  readonly sequence: number
  readonly adjudication: string
  readonly escalation: string | null
  /** Whom it concerns, if any. */
  readonly agent: string | null
  /** JSON. */
  readonly body: string
  readonly decision: string
  readonly disposition: Disposition
  /** The queue that its escalation waits in; of a lease, which has none, that of its question. */
  readonly waitsIn: string | null
  /** Of a new adjudication, the one before to the same question; null: there was none. */
  readonly before: StoredAdvice | null
}

/** An earlier answer. */
export interface StoredAdvice {
  readonly disposition: Disposition
  /** Of its entry in the trail, JSON; null where it has been erased. */
  readonly payload: string | null
}

/** Some of what happened, in its order. */
export interface EventPage {
  readonly events: readonly StoredEvent[]
  /** Where to go on. */
  readonly next: Position
  /** Whether that is all there was. */
  readonly isWhole: boolean
}

/** The first after `after` and up to `upTo`, which does not lie beyond the horizon: nothing where it lies before. */
export async function readEvents(
  db: Kysely<Database>,
  after: Position,
  upTo: Position,
  limit: number,
): Promise<EventPage> {
  if (!isAfter(upTo, after)) return { events: [], next: after, isWhole: true }
  const { rows } = await sql<EventRow>`
    WITH page AS MATERIALIZED (
      SELECT * FROM events
      WHERE (xid, id) > (${String(after.xid)}::xid8, ${after.id}) AND (xid, id) <= (${String(upTo.xid)}::xid8, ${upTo.id})
      ORDER BY xid, id LIMIT ${limit}
    )
    SELECT page.xid::text, page.id, page.account_id AS account, owner.id || ARRAY(
        SELECT alias FROM aliases WHERE account_id = owner.id
      ) AS names, page.type, page.at, page.sequence,
      page.adjudication_id AS adjudication, page.escalation_id AS escalation, page.agent, page.body,
      a.decision, a.disposition, coalesce(i.queue, question.queue) AS "waitsIn", before.disposition AS earlier, before.payload
    FROM page
    CROSS JOIN LATERAL (
      SELECT coalesce((SELECT account_id FROM aliases WHERE alias = page.account_id), page.account_id) AS id
    ) owner
    LEFT JOIN adjudications a ON a.id = page.adjudication_id
    LEFT JOIN escalations i ON i.id = page.escalation_id AND i.status IN ('open', 'claimed') AND i.rule IS NULL
    LEFT JOIN LATERAL (
      SELECT q.queue FROM escalations q
      WHERE page.type = 'lease.revoked' AND q.account_id = page.account_id AND q.decision = a.decision
        AND q.status IN ('open', 'claimed') AND q.rule IS NULL
      LIMIT 1
    ) question ON true
    LEFT JOIN LATERAL (
      SELECT b.disposition, p.payload
      FROM adjudications b
      LEFT JOIN audit_payloads p ON p.stream = 'account:' || b.account_id AND p.sequence = b.sequence
      WHERE page.type = 'adjudication.created'
        AND b.account_id = a.account_id AND b.decision = a.decision AND b.sequence < a.sequence
      ORDER BY b.sequence DESC LIMIT 1
    ) before ON true
    ORDER BY page.xid, page.id`.execute(db)
  const last = rows.at(-1)
  const isWhole = rows.length < limit
  return {
    // Who has deleted an adjudication has deleted what there is to tell of it.
    events: rows.filter(({ decision }) => decision !== null).map(eventOf),
    next: isWhole || last === undefined ? upTo : positionOf(last),
    isWhole,
  }
}

function eventOf({ xid, id, earlier, payload, ...event }: EventRow): StoredEvent {
  return { ...event, position: positionOf({ xid, id }), before: earlier && { disposition: earlier, payload } }
}

const positionOf = ({ xid, id }: { readonly xid: string; readonly id: number }): Position => ({ xid: Number(xid), id })

interface EventRow extends Omit<StoredEvent, 'position' | 'before'> {
  readonly xid: string
  readonly id: number
  readonly earlier: Disposition | null
  readonly payload: string | null
}

/** Those who go through events and remember how far they are. */
export type Cursor = 'subscriptions' | 'swept'

export async function readCursor(db: Kysely<Database>, name: Cursor): Promise<Position> {
  const row = await db
    .selectFrom('event_cursors')
    .select([sql<string>`xid::text`.as('xid'), 'id'])
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  return positionOf(row)
}

export async function moveCursor(db: Kysely<Database>, name: Cursor, { xid, id }: Position): Promise<void> {
  await db
    .updateTable('event_cursors')
    .set({ xid: String(xid), id })
    .where('name', '=', name)
    .execute()
}

/**
 * Lets one process at a time, over all of them, make deliveries of events, until its transaction ends.
 * @returns false where another is at it
 */
export async function lockFanOut(trx: Transaction<Database>): Promise<boolean> {
  // No row is locked for it: whoever is not let in does not wait.
  const { rows } = await sql<{ held: boolean }>`SELECT pg_try_advisory_xact_lock(${FAN_OUT_LOCK}) AS held`.execute(trx)
  return rows[0]!.held
}
/** "umpe" as an integer. */
const FAN_OUT_LOCK = 0x756d7065

/**
 * Deletes the oldest, so few at a time that nobody waits for it: those that are older than `by` (milliseconds since the
 * epoch) and that subscriptions, if there are any, are done with.
 *
 * @returns how many were deleted
 */
export async function deleteEvents(db: Kysely<Database>, by: number, limit: number): Promise<number> {
  const { rows } = await sql<{ deleted: number }>`
    WITH oldest AS MATERIALIZED (SELECT xid, id, at FROM events ORDER BY xid, id LIMIT ${limit}),
    old AS MATERIALIZED (
      SELECT oldest.xid, oldest.id FROM oldest, event_cursors done
      WHERE done.name = 'subscriptions' AND oldest.at <= ${new Date(by)}
        AND ((oldest.xid, oldest.id) <= (done.xid, done.id) OR NOT EXISTS (SELECT FROM subscriptions))
    ),
    gone AS (DELETE FROM events USING old WHERE events.xid = old.xid AND events.id = old.id),
    noted AS (
      UPDATE event_cursors swept SET xid = newest.xid, id = newest.id
      FROM (SELECT xid, id FROM old ORDER BY xid DESC, id DESC LIMIT 1) newest
      WHERE swept.name = 'swept'
    )
    SELECT count(*) AS deleted FROM old`.execute(db)
  return rows[0]!.deleted
}

/**
 * Puts right what a restored database says: transactions are counted anew on another server, so that positions may lie
 * in its future, where nobody would ever get to.
 */
export async function mendPositions(db: Kysely<Database>): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const future = sql<boolean>`xid >= pg_snapshot_xmax(pg_current_snapshot())`
    const moved = await trx
      .updateTable('events')
      .set({ xid: sql`pg_current_xact_id()` })
      .where(future)
      .executeTakeFirst()
    const cursors = await trx
      .updateTable('event_cursors')
      .set({ xid: sql`pg_current_xact_id()` })
      .where(future)
      .executeTakeFirst()
    if (moved.numUpdatedRows + cursors.numUpdatedRows === 0n) return
    await sql`UPDATE subscriptions SET since = '0' WHERE since >= pg_snapshot_xmax(pg_current_snapshot())`.execute(trx)
  })
}
