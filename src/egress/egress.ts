import { lookup } from 'node:dns/promises'
import { type Answer, exchange } from './exchange.ts'
import { shareLookups } from './lookups.ts'
import { type Networks, NO_NETWORKS } from './networks.ts'
import { createSeats } from './seats.ts'
import { Refused, type Resolve, vet } from './vet.ts'

/** What became of a request: an answer, or why there is none, in words that name the host and hold no secret. */
export type Sent = ({ readonly kind: 'answered' } & Answer) | { readonly kind: 'failed'; readonly reason: string }

/** The one way out of the service to hosts that others name. */
export interface Egress {
  /**
   * Sends a body and drops the answer's. Never throws. A redirect is a failure, and so is an answer that is not there in
   * whole, or its first 64 kB, after `timeout` milliseconds (10 s), the look-up of the host included.
   */
  post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    options?: { readonly timeout?: number },
  ): Promise<Sent>
  /**
   * Takes one of the few requests to a URL's host that may be under way at once, so that a host that hangs holds up no
   * other. Call what is returned once it is done. Null: all are taken.
   */
  turn(url: string): (() => void) | null
  /** What a variable of the environment holds, an address or a secret; undefined: nothing. */
  secret(name: string): string | undefined
}

export interface EgressOptions {
  /** What may be sent to though it is not public, and over plain http. */
  readonly allow?: Networks
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly resolve?: Resolve
}

const TIMEOUT = 10_000
const TURNS_PER_HOST = 4

export function createEgress({
  allow = NO_NETWORKS,
  env = {},
  resolve = (host) => lookup(host, { all: true }),
}: EgressOptions = {}): Egress {
  const turns = createSeats(TURNS_PER_HOST)
  const lookUp = shareLookups(resolve)
  return {
    async post(url, headers, body, { timeout = TIMEOUT } = {}) {
      if (!URL.canParse(url)) return { kind: 'failed', reason: 'the URL is not valid' }
      const to = new URL(url)
      const deadline = startDeadline(timeout)
      try {
        const addresses = await Promise.race([vet(to, allow, lookUp), deadline.passed])
        return { kind: 'answered', ...(await exchange(to, addresses, headers, body, deadline.signal)) }
      } catch (error) {
        const late = `\`${to.host}\` did not answer in whole within ${timeout / 1000} s`
        return { kind: 'failed', reason: deadline.signal.aborted ? late : reasonOf(error, to) }
      } finally {
        deadline.stop()
      }
    },
    turn: (url) => turns.take(URL.canParse(url) ? new URL(url).host : ''),
    secret: (name) => env[name] || undefined,
  }
}

interface Deadline {
  readonly signal: AbortSignal
  /** Rejects when time is up, for what can't be aborted. */
  readonly passed: Promise<never>
  stop(): void
}

function startDeadline(milliseconds: number): Deadline {
  const controller = new AbortController()
  const { signal } = controller
  const passed = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  passed.catch(() => {})
  const timer = setTimeout(() => controller.abort(), milliseconds)
  return { signal, passed, stop: () => clearTimeout(timer) }
}

/** The runtime's messages may hold more than may be told, so that only their codes are. */
function reasonOf(error: unknown, { host }: URL): string {
  if (error instanceof Refused) return error.message
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') return `\`${host}\` can't be reached`
  if (code === 'ENOTFOUND') return `there is no host \`${host}\``
  if (code === 'ECONNREFUSED') return `\`${host}\` refuses connections`
  if (code === 'ECONNRESET') return `\`${host}\` closed the connection before its answer was there in whole`
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code)) return `the certificate of \`${host}\` can't be trusted (${code})`
  return `\`${host}\` can't be reached (${code})`
}
