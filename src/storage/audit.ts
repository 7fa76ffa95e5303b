import { type Kysely, sql, type Transaction } from 'kysely'
import { entryHash, GENESIS, type Head, type Link, link, payloadDigest, type Sha256 } from './chain.ts'
import type { Database } from './database.ts'

export interface NewEntry {
  readonly stream: string
  readonly kind: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** A JSON object. */
  readonly body: object
}

/**
 * Appends to a stream that is written to now and then (keys, agents, rulesets). Two writers wait for one another.
 * Accounts' streams are written in batches: see `commit`.
 */
export async function appendEntry(trx: Transaction<Database>, entry: NewEntry): Promise<Link> {
  await lockStream(trx, entry.stream)
  const head = (await streamHead(trx, entry.stream)) ?? GENESIS
  const next = link(entry.stream, head, entry.kind, new Date(entry.at).toISOString(), entry.body)
  const { stream, sequence, kind, digest, hash, salt, payload } = next
  await trx
    .insertInto('audit_entries')
    .values({
      stream,
      sequence,
      kind,
      at: new Date(next.at),
      digest: Buffer.from(digest, 'hex'),
      hash: Buffer.from(hash, 'hex'),
    })
    .execute()
  await trx.insertInto('audit_payloads').values({ stream, sequence, salt, payload }).execute()
  return next
}

/** Until the transaction ends, nobody else appends an entry; batches do not wait, but conflict. */
export async function lockStream(trx: Transaction<Database>, stream: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${stream}, 0))`.execute(trx)
}

/** A hash as its 64 digits. */
export const hex = <C extends 'hash' | 'digest'>(column: C) => sql<Sha256>`encode(${sql.ref(column)}, 'hex')`.as(column)

async function streamHead(db: Kysely<Database>, stream: string): Promise<Head | undefined> {
  return db
    .selectFrom('audit_entries')
    .select(['sequence', hex('hash')])
    .where('stream', '=', stream)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
}

export interface StoredEntry {
  readonly stream: string
  readonly sequence: number
  readonly kind: string
  readonly at: Date
  readonly digest: Sha256
  readonly hash: Sha256
  /** Null where it has been erased. */
  readonly salt: string | null
  readonly payload: string | null
}

/** Entries of one stream in order, at most `limit` of those after `after`. */
export async function readEntries(
  db: Kysely<Database>,
  stream: string,
  after: number,
  limit: number,
): Promise<readonly StoredEntry[]> {
  return db
    .selectFrom('audit_entries as e')
    .leftJoin('audit_payloads as p', (join) =>
      join.onRef('p.stream', '=', 'e.stream').onRef('p.sequence', '=', 'e.sequence'),
    )
    .select(['e.stream', 'e.sequence', 'e.kind', 'e.at', hex('digest'), hex('hash'), 'p.salt', 'p.payload'])
    .where('e.stream', '=', stream)
    .where('e.sequence', '>', after)
    .orderBy('e.sequence')
    .limit(limit)
    .execute()
}

/** All streams after `after` in order of their names, at most `limit`. */
export async function readStreams(db: Kysely<Database>, after: string, limit: number): Promise<readonly string[]> {
  // Hops from one stream to the next along the primary key, so the cost is that of the streams, not of the entries.
  const { rows } = await sql<{ stream: string }>`
    WITH RECURSIVE hop(stream) AS (
      SELECT min(stream) FROM audit_entries WHERE stream > ${after}
      UNION ALL
      SELECT (SELECT min(e.stream) FROM audit_entries e WHERE e.stream > hop.stream) FROM hop WHERE hop.stream IS NOT NULL
    )
    SELECT stream FROM hop WHERE stream IS NOT NULL LIMIT ${limit}`.execute(db)
  return rows.map((row) => row.stream)
}

/** Where a chain is broken, in words for whoever must look. */
export interface Break {
  readonly stream: string
  readonly sequence: number
  readonly reason: string
}

export interface StreamCheck {
  readonly entries: number
  /** Entries whose payload has been erased; they still hold the chain together. */
  readonly redacted: number
  readonly broken: Break | null
}

/** Recomputes every hash of a stream from its first entry on, a page at a time. */
export async function verifyStream(db: Kysely<Database>, stream: string): Promise<StreamCheck> {
  let head: Head = GENESIS
  let redacted = 0
  for (;;) {
    const page = await readEntries(db, stream, head.sequence, PAGE)
    for (const entry of page) {
      const reason = flaw(head, entry)
      if (reason) {
        return { entries: head.sequence, redacted, broken: { stream, sequence: head.sequence + 1, reason } }
      }
      if (entry.payload === null) redacted++
      head = entry
    }
    if (page.length < PAGE) return { entries: head.sequence, redacted, broken: null }
  }
}
const PAGE = 1000

/** What is wrong with an entry that should follow `head`; null: nothing. */
function flaw(head: Head, entry: StoredEntry): string | null {
  if (entry.sequence !== head.sequence + 1) return `entry ${head.sequence + 1} is missing`
  if (entryHash(head.hash, entry.sequence, entry.digest) !== entry.hash) {
    return 'the hash is not that of the entry and the one before it'
  }
  if (entry.payload === null || entry.salt === null) return null
  if (payloadDigest(entry.salt, entry.payload) !== entry.digest) return 'the payload is not the one that was recorded'
  const { kind, at } = JSON.parse(entry.payload) as { kind: string; at: string }
  if (kind !== entry.kind || at !== entry.at.toISOString()) return 'kind or time is not the one that was recorded'
  return null
}
