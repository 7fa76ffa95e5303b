import { isIP } from 'node:net'
import { type Networks, NO_NETWORKS, parseNetworks } from './egress/networks.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export const ROLES = ['all', 'api', 'worker'] as const
export type Role = (typeof ROLES)[number]

/** Everything that the environment decides, but for the role. Directories are as written: relative ones start at the working directory. */
export interface Config {
  /** What the process does: it serves the API, works on queues, or both. Said on the command line. */
  readonly role: Role
  /** TCP port to listen on; 0 lets the operating system choose one. */
  readonly port: number
  readonly host: string
  /** Where people reach the service, for the links that they are sent; no slash at its end. */
  readonly publicUrl: string
  /** The same where the environment says it; null: whoever calls us says in the header `host` how. */
  readonly calledAs: string | null
  /** What notices may be sent to though it is not public, and over plain http. */
  readonly egressAllow: Networks
  /** Null: the service starts an embedded PostgreSQL that keeps its data in `dataDir`. */
  readonly databaseUrl: string | null
  /** Where queues are, and rate limits are counted over all processes. Null: in PostgreSQL, and each process its own. */
  readonly redisUrl: string | null
  readonly dataDir: string
  readonly rulesDir: string
  /** Whether rules that change in the directory are taken by themselves. */
  readonly activation: 'automatic' | 'manual'
  /** The first admin key. Null: an empty database gets one made for it. */
  readonly adminKey: string | null
  readonly logLevel: LogLevel
  /** Requests a minute that a key may make; keys of admins may make any number. */
  readonly rateLimit: number
  /** Whether people may resolve escalations over MCP. */
  readonly mcpResolves: boolean
  /** What is sent over OTLP, to where the standard `OTEL_*` variables say; nothing where they name no endpoint. */
  readonly exported: { readonly traces: boolean; readonly metrics: boolean }
}

/** One line, naming each variable that is wrong and how. Never quotes a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

type Environment = Readonly<Record<string, string | undefined>>

/** What is wrong with a variable, in words that follow its name. */
class Invalid {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

/**
 * Reads the configuration from environment variables (see *Environment* in the README). An empty variable counts as unset.
 * @throws {ConfigError} naming every variable whose value cannot be used
 */
export function readConfig(env: Environment, role: Role = 'all'): Config {
  const problems: string[] = []
  const read = <T, D>(name: string, fallback: D, parse: (value: string) => T | Invalid): T | D => {
    const value = env[name]
    if (value === undefined || value === '') return fallback
    const parsed = parse(value)
    if (!(parsed instanceof Invalid)) return parsed
    problems.push(`${name} ${parsed.reason}`)
    return fallback
  }

  const endpoint = url('http', 'https')
  const receiver = read('OTEL_EXPORTER_OTLP_ENDPOINT', null, endpoint)
  const isExported = (signal: 'TRACES' | 'METRICS') => {
    const own = read(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, receiver, endpoint)
    return own !== null && env[`OTEL_${signal}_EXPORTER`] !== 'none' && env.OTEL_SDK_DISABLED?.toLowerCase() !== 'true'
  }

  const calledAs = read('UMPIRE_PUBLIC_URL', null, publicUrl)
  const ownPort = read('PORT', 3000, port)
  const ownHost = read('HOST', '127.0.0.1', host)
  const config: Config = {
    role,
    port: ownPort,
    host: ownHost,
    publicUrl: calledAs ?? localUrl(ownHost, ownPort),
    calledAs,
    egressAllow: read('UMPIRE_EGRESS_ALLOW', NO_NETWORKS, networks),
    databaseUrl: read('DATABASE_URL', null, url('postgres', 'postgresql')),
    redisUrl: read('REDIS_URL', null, url('redis', 'rediss')),
    dataDir: read('UMPIRE_DATA_DIR', '.umpire', (path) => path),
    rulesDir: read('UMPIRE_RULES_DIR', 'rules', (path) => path),
    activation: read('UMPIRE_ACTIVATION', 'automatic', activation),
    adminKey: read('UMPIRE_ADMIN_KEY', null, adminKey),
    logLevel: read('LOG_LEVEL', 'info', logLevel),
    rateLimit: read('UMPIRE_RATE_LIMIT', 6000, positiveInteger),
    mcpResolves: read('UMPIRE_MCP_RESOLVE', false, onOrOff),
    exported: { traces: isExported('TRACES'), metrics: isExported('METRICS') },
  }
  if (problems.length > 0) throw new ConfigError(problems.join('; '))
  return config
}

function port(value: string): number | Invalid {
  const number = Number(value)
  return /^\d+$/.test(value) && number <= 65_535
    ? number
    : new Invalid(`must be an integer from 0 to 65535, not ${quoted(value)}`)
}

function positiveInteger(value: string): number | Invalid {
  const number = Number(value)
  return /^\d+$/.test(value) && number >= 1 && number <= 1_000_000_000
    ? number
    : new Invalid(`must be an integer from 1 to 1000000000, not ${quoted(value)}`)
}

function host(value: string): string | Invalid {
  const isName = /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i.test(value)
  return isName || isIP(value) !== 0
    ? value
    : new Invalid(`must be an IP address or a host name, without port or brackets, not ${quoted(value)}`)
}

/** `http://127.0.0.1:3000`, an IPv6 address in brackets. To listen on all addresses is to be at none of them. */
function localUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : isIP(host) === 6 ? `[${host}]` : host
  return `http://${name}:${port}`
}

function publicUrl(value: string): string | Invalid {
  const checked = url('http', 'https')(value)
  if (checked instanceof Invalid) return checked
  const { search, hash, username, password } = new URL(checked)
  if (search !== '' || hash !== '' || username !== '' || password !== '') {
    return new Invalid('must be a URL without user, query and fragment')
  }
  return checked.replace(/\/+$/, '')
}

function networks(value: string): Networks | Invalid {
  const parsed = parseNetworks(value)
  if ('networks' in parsed) return parsed.networks
  return new Invalid(
    `must be addresses or CIDR blocks with commas between them, \`10.1.0.0/16,::1\`, and ${quoted(parsed.invalid)} is neither`,
  )
}

function activation(value: string): Config['activation'] | Invalid {
  return value === 'automatic' || value === 'manual'
    ? value
    : new Invalid(`must be automatic or manual, not ${quoted(value)}`)
}

function onOrOff(value: string): boolean | Invalid {
  return value === 'on' || value === 'off' ? value === 'on' : new Invalid(`must be on or off, not ${quoted(value)}`)
}

function adminKey(value: string): string | Invalid {
  if (value.length < 16) return new Invalid('must have at least 16 characters')
  // It travels in an Authorization header, which carries nothing else.
  if (!/^[\x21-\x7e]+$/.test(value)) return new Invalid('must consist of printable ASCII characters without spaces')
  return value
}

function logLevel(value: string): LogLevel | Invalid {
  const level = LOG_LEVELS.find((known) => known === value.toLowerCase())
  return level ?? new Invalid(`must be one of ${LOG_LEVELS.join(', ')}, not ${quoted(value)}`)
}

/** URLs may hold a password, so that no more than the scheme of a bad one is repeated. */
function url(...schemes: string[]): (value: string) => string | Invalid {
  const expected = schemes.map((scheme) => `${scheme}://`).join(' or ')
  return (value) => {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase()
    if (scheme === undefined) return new Invalid(`must be a URL that starts with ${expected}`)
    if (!schemes.includes(scheme)) return new Invalid(`must start with ${expected}, not ${quoted(`${scheme}://`)}`)
    // `postgres://user@/database?host=/run/postgresql`, a Unix socket, is a connection string but no URL.
    if (!URL.canParse(value.replace('@/', '@localhost/'))) return new Invalid('is not a valid URL')
    return value
  }
}

/** JSON escapes keep a value with a line break in it on one line. */
function quoted(value: string): string {
  return `\`${JSON.stringify(value).slice(1, -1)}\``
}
