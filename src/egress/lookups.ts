import type { Address, Resolve } from './vet.ts'

/**
 * Looks a host up once at a time, for all who ask meanwhile. A look-up can't be ended and holds one of the few threads
 * that the process has for them (two of libuv's four): a host whose name servers hang must not take both.
 */
export function shareLookups(resolve: Resolve): Resolve {
  const underWay = new Map<string, Promise<readonly Address[]>>()
  return (host) => {
    const shared = underWay.get(host) ?? resolve(host).finally(() => underWay.delete(host))
    underWay.set(host, shared)
    return shared
  }
}
