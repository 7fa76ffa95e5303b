import { type Kysely, type Selectable, sql } from 'kysely'
import type { Lease } from '../core/lease.ts'
import type { Sha256 } from './chain.ts'
import type { Database } from './database.ts'

/** A lease, and what its token is known by. */
export interface KeptLease {
  readonly lease: Lease
  /** SHA-256 of the token. */
  readonly tokenHash: Buffer
}

export async function findLease(db: Kysely<Database>, id: string): Promise<KeptLease | undefined> {
  const row = await db.selectFrom('leases').selectAll().where('id', '=', id).executeTakeFirst()
  return row && { lease: leaseOf(row), tokenHash: row.token_hash }
}

/**
 * The first of those that may still be redeemed at `now` (milliseconds since the epoch), of the ids of one account, in the
 * order of their ids, those after `after`.
 */
export async function findOpenLeases(
  db: Kysely<Database>,
  { accounts, now, after, limit }: OpenLeases,
): Promise<readonly Lease[]> {
  const rows = await db
    .selectFrom('leases')
    .selectAll()
    .where('account_id', 'in', accounts)
    .where('status', '=', 'open')
    .where('expires_at', '>', new Date(now))
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(leaseOf)
}
interface OpenLeases {
  readonly accounts: readonly string[]
  readonly now: number
  readonly after: string
  readonly limit: number
}

/** Ids of accounts with leases that may still be redeemed at `now` (milliseconds since the epoch), in order, those after `after`. */
export async function accountsWithLeases(
  db: Kysely<Database>,
  now: number,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('leases')
    .select('account_id')
    .distinct()
    .where('status', '=', 'open')
    .where('expires_at', '>', new Date(now))
    .where('account_id', '>', after)
    .orderBy('account_id')
    .limit(limit)
    .execute()
  return rows.map(({ account_id }) => account_id)
}

/** Marks those that nobody redeemed in time. @returns how many there were */
export async function expireLeases(db: Kysely<Database>, now: number): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('leases')
    .set({ status: 'expired' })
    .where('status', '=', 'open')
    .where('expires_at', '<=', new Date(now))
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** Deletes those that came to nothing, issued before `before` (milliseconds since the epoch). */
export async function deleteUnused(db: Kysely<Database>, before: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('leases')
    .where('status', 'in', ['expired', 'revoked'])
    .where('issued_at', '<', new Date(before))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/**
 * Deletes what only served for a time before `before` (milliseconds since the epoch): what people were shown of what was to
 * be sent, of items that were closed by then, and answers that were valid until then.
 */
export async function deleteShown(db: Kysely<Database>, before: number): Promise<void> {
  const then = new Date(before)
  await sql`
    DELETE FROM escalation_payloads p USING escalations e WHERE e.id = p.escalation_id AND e.closed_at < ${then}`.execute(
    db,
  )
  await db.deleteFrom('standing_verdicts').where('valid_until', '<', then).execute()
}

/** How far an agent followed what it was told, under one decision. */
export interface UptakeRow {
  readonly decision: string
  readonly redeemed: number
  readonly revoked: number
  readonly expired: number
  readonly open: number
  readonly followed: number
  readonly unasked: number
}

/**
 * What became of an agent's leases and what it says it did, by decision, from `since` on. What lies behind `now` and
 * was not redeemed has expired, whether or not it is marked yet. What was reported before its lease was redeemed is one
 * act with leave, not two. Milliseconds since the epoch.
 */
export async function readUptake(
  db: Kysely<Database>,
  agent: string,
  { decision, since, now }: { readonly decision?: string | undefined; readonly since: number; readonly now: number },
): Promise<readonly UptakeRow[]> {
  const ofDecision = decision === undefined ? sql`` : sql`AND decision = ${decision}`
  const { rows } = await sql<UptakeRow>`
    WITH issued AS (
      SELECT decision,
        count(*) FILTER (WHERE status = 'redeemed') AS redeemed,
        count(*) FILTER (WHERE status = 'revoked') AS revoked,
        count(*) FILTER (WHERE status = 'expired' OR (status = 'open' AND expires_at <= ${new Date(now)})) AS expired,
        count(*) FILTER (WHERE status = 'open' AND expires_at > ${new Date(now)}) AS open
      FROM leases WHERE agent = ${agent} AND issued_at >= ${new Date(since)} ${ofDecision} GROUP BY decision
    ), acted AS (
      SELECT decision, count(*) FILTER (WHERE with_leave) AS followed, count(*) FILTER (WHERE NOT with_leave) AS unasked
      FROM agent_actions, LATERAL (
        SELECT followed OR EXISTS (SELECT FROM leases WHERE id = lease_id AND status = 'redeemed') AS with_leave
      ) reported
      WHERE agent = ${agent} AND at >= ${new Date(since)} ${ofDecision} GROUP BY decision
    )
    SELECT decision, coalesce(redeemed, 0) AS redeemed, coalesce(revoked, 0) AS revoked, coalesce(expired, 0) AS expired,
      coalesce(open, 0) AS open, coalesce(followed, 0) AS followed, coalesce(unasked, 0) AS unasked
    FROM issued FULL JOIN acted USING (decision) ORDER BY decision`.execute(db)
  return rows
}

/** A row as a query reads it, or as PostgreSQL writes it in JSON, where times are text. */
export type LeaseRow = {
  readonly [C in keyof Omit<Selectable<Database['leases']>, 'token_hash' | 'sequence'>]:
    | Selectable<Database['leases']>[C]
    | (Selectable<Database['leases']>[C] extends Date | null ? string : never)
}

export function leaseOf(row: LeaseRow): Lease {
  return {
    id: row.id,
    account: row.account_id,
    decision: row.decision,
    action: row.action,
    tags: JSON.parse(row.tags),
    agent: row.agent,
    payloadHash: row.payload_hash,
    owner: row.owner,
    adjudication: row.adjudication_id,
    ruleset: row.ruleset,
    version: row.state_version,
    freshUntil: time(row.fresh_until),
    issuedAt: time(row.issued_at),
    expiresAt: time(row.expires_at),
    status: row.status,
    settledAt: row.settled_at === null ? null : time(row.settled_at),
    reason: row.reason,
  }
}

const time = (value: Date | string): number => new Date(value).getTime()
const iso = (value: number): string => new Date(value).toISOString()

/** The row of a new lease, as `Writes.insert` takes it. */
export function leaseRow(lease: Lease, tokenHash: Sha256) {
  return {
    id: lease.id,
    token_hash: tokenHash,
    account_id: lease.account,
    decision: lease.decision,
    action: lease.action,
    tags: JSON.stringify(lease.tags),
    agent: lease.agent,
    payload_hash: lease.payloadHash,
    owner: lease.owner,
    adjudication_id: lease.adjudication,
    ruleset: lease.ruleset,
    state_version: lease.version,
    fresh_until: iso(lease.freshUntil),
    issued_at: iso(lease.issuedAt),
    expires_at: iso(lease.expiresAt),
  }
}

/** What people who decide are shown of what an agent is going to send. */
export interface ShownPayload {
  readonly agent: string
  readonly action: string
  /** Null: the agent showed nothing. */
  readonly hash: string | null
  /** JSON, as the agent sent it: nobody's word. */
  readonly payload: string | null
  /** The answer that asked them. */
  readonly adjudication: string
}

export async function findShownPayload(db: Kysely<Database>, escalation: string): Promise<ShownPayload | undefined> {
  return db
    .selectFrom('escalation_payloads')
    .select(['agent', 'action', 'payload_hash as hash', 'payload', 'adjudication_id as adjudication'])
    .where('escalation_id', '=', escalation)
    .executeTakeFirst()
}
