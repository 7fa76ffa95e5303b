import type { Kysely } from 'kysely'
import type { Break, StoredEntry } from './audit.ts'
import { canonicalJson } from './chain.ts'
import type { Database } from './database.ts'
import { selectKeys } from './keys.ts'
import { type Body, recordedBy } from './recorded.ts'

/** What the stream `keys` says of each key, entry by entry. */
export class KeyRing {
  readonly #keys = new Map<string, { made: Body; sequence: number; revokedAt: number | null }>()
  #last = 0
  /** An erased entry may have made or revoked any key. */
  #isWhole = true

  add(entry: StoredEntry): void {
    this.#last = entry.sequence
    if (entry.payload === null) {
      this.#isWhole = false
      return
    }
    const { body, sequence, at } = recordedBy(entry)
    const name = String(body.name)
    const known = this.#keys.get(name)
    const made = entry.kind === 'key.created' ? body : (known?.made ?? {})
    this.#keys.set(name, { made, sequence, revokedAt: entry.kind === 'key.revoked' ? at.getTime() : null })
  }

  /** The first key that is not as the entries have it. Tokens are in none. */
  async firstUnlike(db: Kysely<Database>): Promise<Break | null> {
    const stream = 'keys'
    const rows = new Map((await selectKeys(db)).map((row) => [row.name, row]))
    for (const [name, { made, sequence, revokedAt }] of this.#keys) {
      const row = rows.get(name)
      if (!row) return { stream, sequence, reason: `the row of entry ${sequence} is missing` }
      const { principal, scopes, agents } = row
      const isSame =
        made.name === undefined || canonicalJson({ name, principal, scopes, agents }) === canonicalJson(made)
      if (isSame && (!this.#isWhole || row.revokedAt === revokedAt)) continue
      return { stream, sequence, reason: `the key \`${name}\` is not the one that was recorded` }
    }
    const stray = this.#isWhole ? [...rows.keys()].find((name) => !this.#keys.has(name)) : undefined
    return stray === undefined
      ? null
      : { stream, sequence: this.#last + 1, reason: `no entry makes the key \`${stray}\`` }
  }
}
