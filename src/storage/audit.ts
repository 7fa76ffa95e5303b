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
  return selectEntries(db)
    .where('e.stream', '=', stream)
    .where('e.sequence', '>', after)
    .orderBy('e.sequence')
    .limit(limit)
    .execute()
}

/** Where the trail is broken, in words for whoever must look. */
export interface Break extends Place {
  readonly reason: string
}

/** A place in the trail: an entry, or with sequence 0 the one before a stream's first. */
export interface Place {
  readonly stream: string
  readonly sequence: number
}

/** Entries of all streams, or of one, by stream and sequence: at most `limit` of those after `after`. */
export async function readTrail(
  db: Kysely<Database>,
  stream: string | undefined,
  after: Place,
  limit: number,
): Promise<readonly StoredEntry[]> {
  if (stream !== undefined) return readEntries(db, stream, after.sequence, limit)
  return selectEntries(db)
    .where(sql<boolean>`(e.stream, e.sequence) > (${after.stream}, ${after.sequence})`)
    .orderBy('e.stream')
    .orderBy('e.sequence')
    .limit(limit)
    .execute()
}

const selectEntries = (db: Kysely<Database>) =>
  db
    .selectFrom('audit_entries as e')
    .leftJoin('audit_payloads as p', (join) =>
      join.onRef('p.stream', '=', 'e.stream').onRef('p.sequence', '=', 'e.sequence'),
    )
    .select(['e.stream', 'e.sequence', 'e.kind', 'e.at', hex('digest'), hex('hash'), 'p.salt', 'p.payload'])

/** What is wrong with an entry that should follow `head`; null: nothing. */
export function flaw(head: Head, entry: StoredEntry): string | null {
  if (entry.sequence !== head.sequence + 1) return `entry ${head.sequence + 1} is missing`
  if (entryHash(head.hash, entry.sequence, entry.digest) !== entry.hash) {
    return 'the hash is not that of the entry and the one before it'
  }
  if (entry.payload === null || entry.salt === null) return null
  if (payloadDigest(entry.salt, entry.payload) !== entry.digest) return 'the payload is not the one that was recorded'
  const recorded = parsed(entry.payload)
  if (!recorded) return 'the payload is not JSON of what was recorded'
  if (recorded.kind !== entry.kind || recorded.at !== entry.at.toISOString()) {
    return 'kind or time is not the one that was recorded'
  }
  return null
}

/** A payload as an object with a body; null where it is none. */
export function parsed(
  payload: string,
): { readonly kind: unknown; readonly at: unknown; readonly body: object } | null {
  try {
    const value = JSON.parse(payload)
    return typeof value?.body === 'object' && value.body !== null ? value : null
  } catch {
    return null
  }
}
