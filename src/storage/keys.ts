import type { Kysely, Selectable, Transaction } from 'kysely'
import type { Database } from './database.ts'

/** An API key as it is kept: only the SHA-256 of its token. */
export interface StoredKey {
  readonly name: string
  readonly hash: Buffer
  readonly principal: 'person' | 'service' | 'agent'
  readonly scopes: readonly string[]
  /** Null: any agent. */
  readonly agents: readonly string[] | null
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly revokedAt: number | null
}

/** @returns false where the name is taken, by a revoked key too: the audit trail knows keys by their names */
export async function insertKey(trx: Transaction<Database>, key: StoredKey): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('api_keys')
    .values({
      name: key.name,
      hash: key.hash,
      principal: key.principal,
      scopes: [...key.scopes],
      agents: key.agents && [...key.agents],
      created_at: new Date(key.createdAt),
      revoked_at: null,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** Gives a key another token, and brings it back if it was revoked. */
export async function replaceToken(trx: Transaction<Database>, name: string, hash: Buffer): Promise<void> {
  await trx.updateTable('api_keys').set({ hash, revoked_at: null }).where('name', '=', name).execute()
}

/** @returns the key as it was, undefined where there is none of that name that is not revoked */
export async function revoke(trx: Transaction<Database>, name: string, at: number): Promise<StoredKey | undefined> {
  const row = await trx
    .updateTable('api_keys')
    .set({ revoked_at: new Date(at) })
    .where('name', '=', name)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  return row && toKey(row)
}

export async function findKey(db: Kysely<Database>, name: string): Promise<StoredKey | undefined> {
  const row = await db.selectFrom('api_keys').selectAll().where('name', '=', name).executeTakeFirst()
  return row && toKey(row)
}

/** The key with that token, unless it has been revoked. */
export async function findKeyByHash(db: Kysely<Database>, hash: Buffer): Promise<StoredKey | undefined> {
  const row = await db
    .selectFrom('api_keys')
    .selectAll()
    .where('hash', '=', hash)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return row && toKey(row)
}

/** The name of the key that has or, revoked since, had that token. */
export async function findNameByHash(db: Kysely<Database>, hash: Buffer): Promise<string | undefined> {
  const row = await db.selectFrom('api_keys').select('name').where('hash', '=', hash).executeTakeFirst()
  return row?.name
}

/** All keys, the revoked ones too, in order of their names. */
export async function selectKeys(db: Kysely<Database>): Promise<readonly StoredKey[]> {
  const rows = await db.selectFrom('api_keys').selectAll().orderBy('name').execute()
  return rows.map(toKey)
}

function toKey(row: Selectable<Database['api_keys']>): StoredKey {
  return {
    name: row.name,
    hash: row.hash,
    principal: row.principal,
    scopes: row.scopes,
    agents: row.agents,
    createdAt: row.created_at.getTime(),
    revokedAt: row.revoked_at?.getTime() ?? null,
  }
}
