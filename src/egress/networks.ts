import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A block of addresses, as `10.1.0.0/16` names it. */
type Network = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number]
export type Networks = readonly Network[]

export const NO_NETWORKS: Networks = []

/**
 * Reads addresses and CIDR blocks with commas between them, `10.1.0.0/16, ::1`.
 * @returns the first that is neither, in `invalid`
 */
export function parseNetworks(list: string): { readonly networks: Networks } | { readonly invalid: string } {
  const networks: Network[] = []
  for (const part of list.split(',').map((part) => part.trim())) {
    const network = parseNetwork(part)
    if (network === null) return { invalid: part }
    networks.push(network)
  }
  return { networks }
}

function parseNetwork(text: string): Network | null {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  // Of the library's forms only the plain ones: `010.0.0.1` means different things to different people.
  const version = address.includes('%') ? 0 : isIP(address)
  if (version === 0) return null
  const longest = version === 4 ? 32 : 128
  const length = bits === undefined ? longest : Number(bits)
  return length <= longest ? [ipaddr.parse(address), length] : null
}

/** Whether an address was allowed by name, whatever it is. */
export function isListed(address: string, allow: Networks): boolean {
  const parsed = ipaddr.parse(address)
  return allow.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits))
}

/**
 * What an address is that no stranger may send us to: loopback, private, link-local, shared by a carrier (RFC 6598),
 * unique local, one that holds an IPv4 address (mapped, NAT64, 6to4, Teredo), multicast, reserved, … (RFC 6890).
 *
 * @returns null for an address of the public Internet, else the kind in words
 */
export function specialUse(address: string): string | null {
  const parsed = ipaddr.parse(address)
  const range = parsed.range()
  if (range !== 'unicast') return WORDS[range] ?? 'reserved'
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST) ? null : 'reserved'
}

/** All IPv6 addresses that have been given out for the public Internet (RFC 4291, 2.4; IANA). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

const WORDS: Readonly<Record<string, string>> = {
  loopback: 'loopback',
  private: 'private',
  linkLocal: 'link-local',
  carrierGradeNat: 'carrier-grade NAT',
  uniqueLocal: 'unique local',
  deprecatedSiteLocal: 'site-local',
  unspecified: 'unspecified',
  multicast: 'multicast',
  broadcast: 'broadcast',
  ipv4Mapped: 'IPv4-mapped',
  rfc6145: 'IPv4-translated',
  rfc6052: 'NAT64',
  '6to4': '6to4',
  teredo: 'Teredo',
}
