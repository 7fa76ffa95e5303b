import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import path from 'node:path'
import type { PrincipalKind, Scope } from '../app/principal.ts'
import { readConfig } from '../config.ts'
import { type Client, createClient } from './client.ts'
import { CommandError, UsageError } from './failure.ts'

/** Options of every command that talks to a service. */
export interface ConnectionOptions {
  readonly url?: string | undefined
  /** The person for whom an admin key acts. */
  readonly as?: string | undefined
}

/** A key, and where it was found, for whoever has to look after it. */
interface FoundKey {
  readonly key: string
  readonly from: string
}

/**
 * A client of the service that options and environment name.
 * @param own where it must be no other key than this
 * @throws UsageError for a URL that is none, CommandError where there is no key
 */
export async function connect({ url }: ConnectionOptions, interrupted?: AbortSignal, own?: FoundKey): Promise<Client> {
  const env = process.env
  const { port, dataDir } = readConfig(env)
  const { key, from } = own ?? (await findKey(env, dataDir))
  const base = baseUrl(url ?? (env.UMPIRE_URL || `http://127.0.0.1:${port}`))
  return createClient({ url: base, key, keyFrom: from, ...(interrupted && { interrupted }) })
}

/** @throws UsageError */
export function baseUrl(text: string): string {
  const isHttp = /^https?:\/\//i.test(text) && URL.canParse(text)
  if (!isHttp) throw new UsageError(`the URL of a service starts with http:// or https://, unlike \`${text}\``)
  return text.replace(/\/+$/, '')
}

/**
 * The key of a copilot, which is its own: one that lies about may be an admin's, who may act as any agent.
 * @throws CommandError where there is none, or none that could be one
 */
export function copilotKey({ UMPIRE_API_KEY: key }: NodeJS.ProcessEnv): FoundKey {
  if (key) return sendable({ key, from: 'UMPIRE_API_KEY' })
  throw new CommandError(
    "no API key: set UMPIRE_API_KEY to the copilot's own, as `umpire keys create --name my-copilot --principal agent " +
      '--agent my-copilot --scope adjudications:write,signals:write,read` prints it',
  )
}

/** @throws CommandError where there is none, or none that could be one */
export async function findKey(env: NodeJS.ProcessEnv, dataDir: string): Promise<FoundKey> {
  for (const name of ['UMPIRE_API_KEY', 'UMPIRE_ADMIN_KEY']) {
    const key = env[name]
    if (key) return sendable({ key, from: name })
  }
  const file = path.join(dataDir, 'admin.key')
  try {
    return sendable({ key: (await readFile(file, 'utf8')).trim(), from: `\`${file}\`` })
  } catch (error) {
    if (error instanceof CommandError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new CommandError(
      `no API key: UMPIRE_API_KEY is not set, and \`${file}\` can't be read (${code}); set UMPIRE_API_KEY`,
    )
  }
}

/** A key travels in a header, which not every text may. It is never repeated. */
function sendable(found: FoundKey): FoundKey {
  if (/^[\x21-\x7e]+$/.test(found.key)) return found
  throw new CommandError(`what is in ${found.from} is no API key: a key is one word of printable ASCII characters`)
}

interface Key {
  readonly name: string
  readonly principal: PrincipalKind
  readonly scopes: readonly Scope[]
}

/** Who works on escalations with this client. */
export interface Reviewer {
  readonly name: string
  /** What requests must name them by: nothing where the key is their own. */
  readonly named: { readonly reviewer?: string }
  /** A line for whoever may not know in whose name they act; null: they said so themselves. */
  readonly notice: string | null
}

/** Who acts: the holder of the key, or whom an admin key names. */
export async function readReviewer(client: Client, { as }: ConnectionOptions): Promise<Reviewer> {
  const key = (await client.send('GET', '/v1/key')) as Key
  return reviewerOf(key, as ?? (process.env.UMPIRE_REVIEWER || undefined), systemUser)
}

/**
 * @param named by the user; undefined: they named nobody
 * @throws CommandError where the key can't act for the person
 */
export function reviewerOf(key: Key, named: string | undefined, user: () => string | undefined): Reviewer {
  if (!key.scopes.includes('admin')) {
    if (named !== undefined && named !== key.name) {
      throw new CommandError(
        `the key is \`${key.name}\`'s and can't act for \`${named}\`; use a key of theirs, or an admin's`,
      )
    }
    return { name: key.name, named: {}, notice: null }
  }
  if (named !== undefined) return { name: named, named: { reviewer: named }, notice: null }
  if (key.principal === 'person') return { name: key.name, named: {}, notice: null }
  const name = user()
  if (name === undefined)
    throw new CommandError('an admin key acts for a person; name yourself by --as or UMPIRE_REVIEWER')
  return {
    name,
    named: { reviewer: name },
    notice: `acting as \`${name}\`, since the key is an admin's; --as or UMPIRE_REVIEWER names another`,
  }
}

/** Undefined where the operating system knows the user by number only, as in some containers. */
function systemUser(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}
