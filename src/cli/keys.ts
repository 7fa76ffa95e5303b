import { type ApiKey, createKey, listKeys, revokeKey } from '../app/keys.ts'
import type { PrincipalKind, Scope } from '../app/principal.ts'
import { SCOPES } from '../app/principal.ts'
import { didYouMeanOr } from '../core/rules/suggest.ts'
import { UsageError } from './failure.ts'
import { withStore } from './store.ts'
import { paints, table, terminalOf } from './terminal.ts'

export interface KeyOptions {
  readonly name: string
  readonly principal: PrincipalKind
  readonly scope: readonly string[]
  readonly agent?: readonly string[]
}

/** Prints the token alone to stdout, so that a script can catch it, and what it is to stderr. */
export async function createApiKey({ name, principal, scope, agent }: KeyOptions): Promise<void> {
  const wanted = { name, principal, scopes: scope.map(asScope), agents: agent ?? null }
  const { key, token } = await withStore({ created: true }, ({ db }) => createKey({ db, now: Date.now }, wanted))
  console.error(`key \`${key.name}\` is made; its token is shown this once:`)
  console.log(token)
}

export async function listApiKeys({ json }: { readonly json: boolean }): Promise<void> {
  const keys = await withStore({}, ({ db }) => listKeys({ db, now: Date.now }))
  if (json) console.log(JSON.stringify(keys, null, 2))
  else if (keys.length === 0) console.log('no keys; make one with `umpire keys create`')
  else console.log(keyTable(keys))
}

export async function revokeApiKey(name: string): Promise<void> {
  const { key, others } = await withStore({}, async ({ db }) => {
    const store = { db, now: Date.now }
    return { key: await revokeKey(store, name), others: await listKeys(store) }
  })
  console.log(`key \`${key.name}\` is revoked; running services refuse it within two seconds`)
  if (isAdmin(key) && !others.some((other) => isAdmin(other) && other.revokedAt === null)) {
    console.error('no admin key is left; make one with `umpire keys create --name <name> --scope admin`')
  }
}

function isAdmin({ scopes }: ApiKey): boolean {
  return scopes.includes('admin')
}

function asScope(text: string): Scope {
  const scope = SCOPES.find((known) => known === text)
  if (scope === undefined) throw new UsageError(`unknown scope \`${text}\`${didYouMeanOr(text, SCOPES)}`)
  return scope
}

function keyTable(keys: readonly ApiKey[]): string {
  const terminal = terminalOf(process.stdout, process.env)
  const { dim } = paints(terminal)
  const rows = keys.map(({ name, principal, scopes, agents, createdAt, revokedAt }) => {
    const state = revokedAt === null ? `since ${createdAt.slice(0, 10)}` : `revoked ${revokedAt.slice(0, 10)}`
    const cells = [name, principal, state, agents?.join(', ') ?? 'any', scopes.join(', ')]
    return revokedAt === null ? cells : cells.map(dim)
  })
  const columns = ['name', 'held by', 'in use', 'agents', 'scopes'].map((head) => ({
    head,
    flexible: head === 'scopes',
  }))
  return table(columns, rows, terminal)
}
