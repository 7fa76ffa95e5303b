/** What a check answers when Umpire can't be asked. There is no `allow`: then nobody would notice that it is away. */
export type OnUnavailable = 'ask' | 'deny'

export interface ClientOptions {
  /** Where Umpire is, `https://umpire.example.com`. */
  readonly url: string
  /** An API key. */
  readonly key: string
  /** Milliseconds that a request may take, with all its tries and until its answer has been read; 10,000 by default. */
  readonly timeoutMs?: number
  /** How often a request is tried again, at most; 3 by default. */
  readonly retries?: number
  /** `ask` by default. */
  readonly onUnavailable?: OnUnavailable
  /** Instead of the global one, such as one that goes through a proxy. */
  readonly fetch?: typeof globalThis.fetch
}

export interface Settings extends Required<ClientOptions> {}

/** @throws TypeError for an option that can't be meant */
export function readSettings(options: ClientOptions): Settings {
  const { url, key, timeoutMs = 10_000, retries = 3, onUnavailable = 'ask' } = options
  if (typeof url !== 'string' || !/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new TypeError(`\`url\` starts with http:// or https://, unlike \`${url}\``)
  }
  const { username, search, hash } = new URL(url)
  if (username !== '' || search !== '' || hash !== '') {
    throw new TypeError('`url` is where Umpire is, without a user, a query or a fragment; the API key goes into `key`')
  }
  if (typeof key !== 'string' || !/^[\x21-\x7e]+$/.test(key)) {
    throw new TypeError('`key` is an API key, one word of printable ASCII characters; `umpire keys create` makes one')
  }
  refuseTimeout(timeoutMs)
  if (!Number.isInteger(retries) || retries < 0) {
    throw new TypeError(`\`retries\` is a whole number from 0 on, not \`${retries}\``)
  }
  if (onUnavailable !== 'ask' && onUnavailable !== 'deny') {
    throw new TypeError(`\`onUnavailable\` is \`ask\` or \`deny\`, not \`${onUnavailable}\``)
  }
  // Looked up at each call: what instruments it may come later.
  const fetch: typeof globalThis.fetch = options.fetch ?? ((...request) => globalThis.fetch(...request))
  return { url: url.replace(/\/+$/, ''), key, timeoutMs, retries, onUnavailable, fetch }
}

/** @throws TypeError for what can't be a timeout */
export function refuseTimeout(milliseconds: number): void {
  if (Number.isFinite(milliseconds) && milliseconds > 0 && milliseconds <= LONGEST_TIMEOUT) return
  throw new TypeError(`\`timeoutMs\` is a number of milliseconds from 1 to ${LONGEST_TIMEOUT}, not \`${milliseconds}\``)
}
/** Timers hold no more. */
const LONGEST_TIMEOUT = 2 ** 31 - 1
