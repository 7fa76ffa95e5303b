import { hash, randomBytes } from 'node:crypto'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Transaction } from 'kysely'
import { UMPIRE } from '../core/escalation/escalation.ts'
import { isName, NAME_MAX } from '../core/names.ts'
import { appendEntry } from '../storage/audit.ts'
import type { Database } from '../storage/database.ts'
import {
  findKey,
  findKeyByHash,
  findNameByHash,
  insertKey,
  replaceToken,
  revoke,
  type StoredKey,
  selectKeys,
} from '../storage/keys.ts'
import type { App } from './app.ts'
import { type Principal, type PrincipalKind, REFUSED_TO_AGENTS, type Scope } from './principal.ts'
import { Problem } from './problem.ts'

/** What may be told of a key. Its token is told once, to whoever has it made. */
export interface ApiKey {
  readonly name: string
  readonly principal: PrincipalKind
  readonly scopes: readonly Scope[]
  /** The agents it speaks for; null: any. */
  readonly agents: readonly string[] | null
  /** RFC 3339. */
  readonly createdAt: string
  readonly revokedAt: string | null
}

export interface NewKey {
  readonly name: string
  readonly principal: PrincipalKind
  readonly scopes: readonly Scope[]
  readonly agents: readonly string[] | null
}

/** What keys are kept with: less than the whole app, so that a command can do it without one. */
type KeyStore = Pick<App, 'db' | 'now'>

/** The admin key's name, the one that `UMPIRE_ADMIN_KEY` sets. */
const ADMIN = 'admin'
const STREAM = 'keys'

/**
 * Makes a key.
 * @returns the key and its token, which is kept nowhere but with whoever asked
 * @throws Problem `invalid_request` for a combination that means nothing, `key_conflict` where the name is taken
 */
export async function createKey(app: KeyStore, key: NewKey): Promise<{ key: ApiKey; token: string }> {
  check(key)
  const token = newToken()
  const made = await app.db.transaction().execute((trx) => insert(trx, key, token, app.now()))
  if (!made) {
    throw new Problem(
      'key_conflict',
      `there is or was a key \`${key.name}\`; names are not used twice, so choose another`,
    )
  }
  return { key: made, token }
}

/** All keys, the revoked ones too, in order of their names. */
export async function listKeys(app: KeyStore): Promise<readonly ApiKey[]> {
  return (await selectKeys(app.db)).map(toApiKey)
}

/**
 * Revokes a key: this process refuses it at once, others within two seconds.
 * @throws Problem `not_found` where no such key is in use
 */
export async function revokeKey(app: KeyStore, name: string): Promise<ApiKey> {
  const at = app.now()
  const key = await app.db.transaction().execute(async (trx) => {
    const revoked = await revoke(trx, name, at)
    if (!revoked) throw new Problem('not_found', `there is no key \`${name}\` in use; list them to see their names`)
    await appendEntry(trx, { stream: STREAM, kind: 'key.revoked', at, body: { name } })
    return revoked
  })
  forgetKeys(app)
  return toApiKey(key)
}

/**
 * Who holds the token. Known keys are remembered for a moment, since this is asked for every request: what another
 * process revokes is refused here within two seconds.
 *
 * A token is looked up by its SHA-256, so that how long that takes says nothing about any other token.
 *
 * @throws Problem `unauthorized`
 */
export async function authenticate(app: App, token: string): Promise<Principal> {
  return recall(app, token) ?? read(app, token)
}

/** Who holds the token, if that is remembered; undefined: `authenticate` finds out. */
export function recall(app: App, token: string): Principal | undefined {
  const known = cacheOf(app).get(hash('sha256', token))
  if (!known) return undefined
  const age = app.now() - known.readAt
  return age >= 0 && age < REMEMBERED ? known.principal : undefined
}
const REMEMBERED = 2_000

/** Whether this process has seen the token in use, however long ago: then it is no guess. */
export function hasSeen(app: App, token: string): boolean {
  return cacheOf(app).has(hash('sha256', token))
}

type KeyCache = Map<string, { readonly principal: Principal; readonly readAt: number }>
const caches = new WeakMap<KeyStore, KeyCache>()

function cacheOf(app: KeyStore): KeyCache {
  const existing = caches.get(app)
  if (existing) return existing
  const made: KeyCache = new Map()
  caches.set(app, made)
  return made
}

/** All of them: a lookup that is under way then keeps its result in a cache that nobody reads any more. */
function forgetKeys(app: KeyStore): void {
  caches.delete(app)
}

async function read(app: App, token: string): Promise<Principal> {
  const cache = cacheOf(app)
  const digest = hash('sha256', token)
  const readAt = app.now()
  const key = await findKeyByHash(app.db, Buffer.from(digest, 'hex'))
  if (!key) {
    cache.delete(digest)
    throw new Problem(
      'unauthorized',
      'the API key is unknown or has been revoked; ask whoever runs this service for one',
    )
  }
  const principal = toPrincipal(key)
  cache.set(digest, { principal, readAt })
  return principal
}

export interface AdminKeyOptions {
  /** The token that the operator chose; null: none. */
  readonly configured: string | null
  readonly dataDir: string
  /** Tells the operator, in the one line that ever holds a token. */
  readonly log: (message: string) => void
  /** False: the line only says where the token is. */
  readonly showsAdminKey?: boolean
}

/**
 * Sees to it that there is a key to begin with: `configured` becomes the token of the key `admin`. Where nothing is
 * configured and there are no keys at all, a token is made, told once and written to `<data dir>/admin.key`.
 * Several processes may start at once on an empty database: one of them makes the key.
 */
export async function ensureAdminKey(
  app: App,
  { configured, dataDir, log, showsAdminKey = true }: AdminKeyOptions,
): Promise<void> {
  if (configured !== null) return setAdminToken(app, configured)
  if ((await selectKeys(app.db)).length > 0) return

  const token = newToken()
  const file = path.join(dataDir, 'admin.key')
  const made = await app.db.transaction().execute(async (trx) => {
    if (!(await insert(trx, ADMIN_KEY, token, app.now()))) return false
    // Before the commit: a key that nobody has been told of would lock everybody out.
    await writeSecret(file, `${token}\n`)
    return true
  })
  if (!made) return
  log(
    showsAdminKey
      ? `first start: the admin key is ${token} (also in ${file}); it will not be shown again`
      : `first start: the admin key is in ${file}`,
  )
}

const ADMIN_KEY: NewKey = { name: ADMIN, principal: 'service', scopes: ['admin'], agents: null }

async function setAdminToken(app: App, token: string): Promise<void> {
  const digest = sha256(token)
  const at = app.now()
  const replaced = await app.db.transaction().execute(async (trx) => {
    const holder = await findNameByHash(trx, digest)
    if (holder !== undefined && holder !== ADMIN) {
      throw new Problem('key_conflict', `UMPIRE_ADMIN_KEY is the token of the key \`${holder}\`; choose another`)
    }
    if (await insert(trx, ADMIN_KEY, token, at)) return false
    const existing = await findKey(trx, ADMIN)
    if (existing?.hash.equals(digest) && existing.revokedAt === null) return false
    await replaceToken(trx, ADMIN, digest)
    await appendEntry(trx, { stream: STREAM, kind: 'key.replaced', at, body: { name: ADMIN } })
    return true
  })
  if (replaced) forgetKeys(app)
}

async function writeSecret(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text, { mode: 0o600 })
  // A file that was there before keeps its mode when it is written.
  await chmod(file, 0o600)
}

/** @returns undefined where the name is taken */
async function insert(trx: Transaction<Database>, key: NewKey, token: string, at: number): Promise<ApiKey | undefined> {
  const { name, principal, agents } = key
  const scopes = [...new Set(key.scopes)]
  const stored: StoredKey = { name, hash: sha256(token), principal, scopes, agents, createdAt: at, revokedAt: null }
  if (!(await insertKey(trx, stored))) return undefined
  await appendEntry(trx, { stream: STREAM, kind: 'key.created', at, body: { name, principal, scopes, agents } })
  return toApiKey(stored)
}

function check({ name, principal, scopes, agents }: NewKey): void {
  if (name === UMPIRE) {
    throw new Problem(
      'invalid_request',
      `\`${UMPIRE}\` is who makes the steps that no person makes; choose another name`,
    )
  }
  if (!NAME.test(name)) {
    throw new Problem('invalid_request', 'a key name has 1 to 100 letters, digits, `.`, `_`, `@` or `-`')
  }
  if (scopes.length === 0) throw new Problem('invalid_request', `key \`${name}\` needs at least one scope`)
  if (principal === 'agent' && agents?.length !== 1) {
    throw new Problem('invalid_request', `key \`${name}\` is an agent's, so it must name exactly one agent`)
  }
  if (principal === 'person' && agents !== null) {
    throw new Problem('invalid_request', `key \`${name}\` is a person's, so it can't name agents`)
  }
  const odd = agents?.find((agent) => !isName(agent))
  if (odd !== undefined) {
    throw new Problem(
      'invalid_request',
      `\`${odd}\` is no agent's name: at most ${NAME_MAX} characters, no control ones`,
    )
  }
  if (agents?.length === 0) {
    throw new Problem('invalid_request', `key \`${name}\` lists no agent; name some, or leave the list out for any`)
  }
  // Who has reviewed must be somebody. An admin key names the person.
  if (principal === 'service' && scopes.includes('escalations:review') && !scopes.includes('admin')) {
    throw new Problem(
      'invalid_request',
      `key \`${name}\` is a service's, which can't have the scope \`escalations:review\`: only persons review, each with a key of their own`,
    )
  }
  const refused = principal === 'agent' ? scopes.find((scope) => REFUSED_TO_AGENTS.has(scope)) : undefined
  if (refused) {
    throw new Problem('invalid_request', `key \`${name}\` is an agent's, which can't have the scope \`${refused}\``)
  }
}
const NAME = /^[\p{L}\p{N}._@-]{1,100}$/u

function newToken(): string {
  return `ump_${randomBytes(32).toString('base64url')}`
}

function sha256(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

function toPrincipal({ name, principal, scopes, agents }: StoredKey): Principal {
  return { name, kind: principal, scopes: new Set(scopes as Scope[]), agents: agents && new Set(agents) }
}

function toApiKey({ name, principal, scopes, agents, createdAt, revokedAt }: StoredKey): ApiKey {
  return {
    name,
    principal,
    scopes: scopes as Scope[],
    agents,
    createdAt: new Date(createdAt).toISOString(),
    revokedAt: revokedAt === null ? null : new Date(revokedAt).toISOString(),
  }
}
