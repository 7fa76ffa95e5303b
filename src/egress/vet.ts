import { isIP } from 'node:net'
import { isListed, type Networks, specialUse } from './networks.ts'

export interface Address {
  readonly address: string
  readonly family: number
}

/** All addresses of a host name, or of an address itself; `dns.lookup` with `all`. */
export type Resolve = (host: string) => Promise<readonly Address[]>

/** What may not be asked of the network, or can't be: in words that name the host and nothing secret. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/**
 * The addresses that a URL may be asked at. They are looked up once, and every one of them must be public or listed:
 * whoever connects uses these and looks nothing up again, else the name could point elsewhere by then.
 *
 * @throws Refused
 */
export async function vet(url: URL, allow: Networks, resolve: Resolve): Promise<readonly Address[]> {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new Refused(`\`${url.protocol}\` URLs are not sent to; use https`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new Refused(`the URL of \`${url.host}\` has a user name or a password in it; leave them out`)
  }
  const host = hostOf(url)
  const addresses = await resolve(host)
  if (addresses.length === 0) throw new Refused(`\`${host}\` has no address`)
  for (const { address } of addresses) {
    const reason = whyNotAt(address, url, allow)
    if (reason !== null) throw new Refused(reason)
  }
  return addresses
}

/** Why a URL can never be asked whose host is an address. Null: it may be, or its host is a name, to be looked up then. */
export function whyNever(url: URL, allow: Networks): string | null {
  const host = hostOf(url)
  return isIP(host) === 0 ? null : whyNotAt(host, url, allow)
}

function whyNotAt(address: string, url: URL, allow: Networks): string | null {
  if (isListed(address, allow)) return null
  const host = hostOf(url)
  const use = specialUse(address)
  if (use !== null) {
    const which =
      isIP(host) === 0 ? `\`${host}\` is at the ${use} address ${address}, which` : `the ${use} address \`${host}\``
    return `${which} is sent to only where UMPIRE_EGRESS_ALLOW lists it`
  }
  if (url.protocol !== 'http:') return null
  return `\`${host}\` is not asked over plain http; use https, or list ${address} in UMPIRE_EGRESS_ALLOW`
}

/** The host as names and certificates have it: no brackets around an IPv6 address, no dot at the end of a name. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}
