import net from 'node:net'
import { afterwards } from '../afterwards.ts'

/** Stands between two, and does to them what networks do. */
export interface Proxy {
  readonly port: number
  /** Breaks off what is open and lets nobody through until it is mended. */
  cut(): void
  mend(): void
  /** Breaks the next connection off instead of handing on what is answered over it. */
  loseNextAnswer(): void
  /** How many answers were lost. */
  readonly lost: number
}

/** @param to of the socket on the other side */
export async function startProxy(to: net.NetConnectOpts): Promise<Proxy> {
  const open = new Set<net.Socket>()
  let isCut = false
  let isLosing = false
  let lost = 0
  const server = net.createServer((client) => {
    if (isCut) return client.destroy()
    const upstream = net.connect(to)
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.on('data', (chunk) => {
      if (!isLosing) return client.write(chunk)
      isLosing = false
      lost++
      return client.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterwards(() => server.close())
  return {
    port: (server.address() as net.AddressInfo).port,
    cut() {
      isCut = true
      for (const socket of open) socket.destroy()
    },
    mend() {
      isCut = false
    },
    loseNextAnswer() {
      isLosing = true
    },
    get lost() {
      return lost
    },
  }
}

/** Stands before a database. */
export async function startDatabaseProxy(database: string): Promise<Proxy & { readonly url: string }> {
  const { searchParams, hostname, port, pathname, username, password } = new URL(database)
  const host = searchParams.get('host') ?? decodeURIComponent(hostname)
  const at = Number(port || 5432)
  const proxy = await startProxy(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${at}` } : { host, port: at })
  return Object.assign(proxy, { url: `postgresql://${username}:${password}@127.0.0.1:${proxy.port}${pathname}` })
}
