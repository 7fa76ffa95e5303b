import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { type Address, hostOf, Refused } from './vet.ts'

/** An answer that is no redirect, whatever else it says. */
export interface Answer {
  readonly status: number
  /** The header of that name. */
  readonly retryAfter: string | null
}

/** What is read of an answer, and dropped; more is not waited for. Bytes. */
const READ_AT_MOST = 65_536

/**
 * Posts once to addresses that have been vetted, over a connection of its own.
 * @throws Refused for a redirect, or what the network says
 */
export function exchange(
  url: URL,
  addresses: readonly Address[],
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<Answer> {
  const host = hostOf(url)
  const bytes = Buffer.from(body)
  const options: RequestOptions & { servername?: string } = {
    method: 'POST',
    host,
    port: url.port,
    path: url.pathname + url.search,
    lookup: pinned(addresses),
    ...(isIP(host) === 0 && { servername: host }),
    headers: {
      'user-agent': 'umpire',
      ...headers,
      host: url.host,
      'content-length': bytes.length,
      connection: 'close',
    },
    agent: false,
    signal,
  }
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(options)
    request.on('error', reject)
    request.on('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    request.on('response', (response) => {
      const refused = redirect(url, response)
      if (refused) reject(refused)
      let read = 0
      const settle = () => {
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? null })
        request.destroy()
      }
      response.on('data', (chunk: Buffer) => {
        read += chunk.length
        if (read > READ_AT_MOST) settle()
      })
      response.on('end', settle)
      response.on('error', reject)
    })
    request.end(bytes)
  })
}

/** A look-up that gives these addresses, whatever is asked: the name could point elsewhere by now. */
function pinned(addresses: readonly Address[]): NonNullable<RequestOptions['lookup']> {
  return (_host, options, done) => {
    const [first] = addresses as readonly [Address]
    if (options.all) done(null, [...addresses])
    else done(null, first.address, first.family)
  }
}

/** Whoever vetted a URL did not vet the one that it leads to, so that nobody goes there. */
function redirect({ host, href }: URL, { statusCode = 0, headers }: IncomingMessage): Refused | null {
  if (statusCode < 300 || statusCode >= 400) return null
  const { location } = headers
  const to = location !== undefined && URL.canParse(location, href) ? ` to \`${new URL(location, href).host}\`` : ''
  return new Refused(`\`${host}\` redirects${to} (${statusCode}), which is not followed; give the URL it ends at`)
}
