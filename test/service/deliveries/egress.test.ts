import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import type { TlsOptions } from 'node:tls'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEgress, type Sent } from '../../../src/egress/egress.ts'
import { isListed, type Networks, parseNetworks, specialUse } from '../../../src/egress/networks.ts'
import type { Address } from '../../../src/egress/vet.ts'
import { listen, startReceiver } from './receiver.ts'

function networks(list: string): Networks {
  const parsed = parseNetworks(list)
  if ('invalid' in parsed) throw new Error(parsed.invalid)
  return parsed.networks
}

const LOOPBACK = networks('127.0.0.0/8')
const at = (...addresses: string[]): readonly Address[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
const reasonOf = (sent: Sent) => (sent.kind === 'failed' ? sent.reason : `answered ${sent.status}`)
const SECRET_PATH = '/services/T000/B000/a-secret-token'

const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7/jS6fPkJXLNPlJq
pEA7HsSQvkB2YxW2nB8u7rONC5KhRANCAARwTNX0VCa9TU8AYmwnUH/0U7U676OJ
S7FlIBRh/2HhbLP7s9+F0ghd02nNiqippDZSXarEp52XtUFSfplgs/dc
-----END PRIVATE KEY-----`

/** Of `hooks.example`, signed by itself. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBojCCAUegAwIBAgIUNjwE3QEVOfpntl7O9Q/S4ZF2uwswCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNaG9va3MuZXhhbXBsZTAgFw0yNjExMjAxMTI5NTNaGA8yMTI2
MTAyNzExMjk1M1owGDEWMBQGA1UEAwwNaG9va3MuZXhhbXBsZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABHBM1fRUJr1NTwBibCdQf/RTtTrvo4lLsWUgFGH/YeFs
s/uz34XSCF3Tac2KqKmkNlJdqsSnnZe1QVJ+mWCz91yjbTBrMB0GA1UdDgQWBBTv
wQqeRLBVhBOuAMm2bEpSYxkuHTAfBgNVHSMEGDAWgBTvwQqeRLBVhBOuAMm2bEpS
YxkuHTAPBgNVHRMBAf8EBTADAQH/MBgGA1UdEQQRMA+CDWhvb2tzLmV4YW1wbGUw
CgYIKoZIzj0EAwIDSQAwRgIhANqai0WOviCXJfExOs6LP5vEYkJB4lQyZY+TeW1X
k00aAiEArPSFTQWl4UgoFQ65h3CmfEwPG5hCv8KJ7oSh6P99XZc=
-----END CERTIFICATE-----`

describe('an address', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.1.1', 'loopback'],
    ['::1', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.31.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['169.254.169.254', 'link-local'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['fd00::1', 'unique local'],
    ['fec0::1', 'site-local'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['240.0.0.1', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['192.0.2.1', 'reserved'],
    ['2001:db8::1', 'reserved'],
    ['::ffff:127.0.0.1', 'IPv4-mapped'],
    ['::ffff:7f00:1', 'IPv4-mapped'],
    ['::ffff:8.8.8.8', 'IPv4-mapped'],
    ['::127.0.0.1', 'IPv4-mapped'],
    ['64:ff9b::7f00:1', 'NAT64'],
    ['64:ff9b:1::7f00:1', 'NAT64'],
    ['2002:7f00:1::', '6to4'],
    ['2001:0:7f00:1::', 'Teredo'],
    ['64:ff9b:2::1', 'reserved'],
    ['0:0:0:0:0:1:7f00:1', 'reserved'],
    ['4000::1', 'reserved'],
  ])('%s is %s', (address, use) => {
    expect(specialUse(address)).toBe(use)
  })

  it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111'])('%s is public', (address) => {
    expect(specialUse(address)).toBeNull()
  })

  it('is never public in any IPv6 form that holds an IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom('::ffff:', '::', '64:ff9b::', '::ffff:0:'), (v4, prefix) => {
        expect(specialUse(`${prefix}${v4}`)).not.toBeNull()
      }),
    )
  })
})

describe('a list of networks', () => {
  it('holds what it names, of the same version alone', () => {
    const list = networks('10.1.0.0/16, 127.0.0.1,fd00::/8')
    for (const address of ['10.1.255.1', '127.0.0.1', 'fd12::1']) expect(isListed(address, list)).toBe(true)
    for (const address of ['10.2.0.1', '127.0.0.2', '::ffff:10.1.0.1', '::1']) {
      expect(isListed(address, list)).toBe(false)
    }
  })

  it.each([
    ['10.0.0.0/33', '10.0.0.0/33'],
    ['::1/129', '::1/129'],
    ['10.0.0', '10.0.0'],
    ['010.0.0.1', '010.0.0.1'],
    ['2130706433', '2130706433'],
    ['::1, localhost', 'localhost'],
    ['10.0.0.0/8,', ''],
    ['10.0.0.0/-1', '10.0.0.0/-1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
  ])('%s is none for `%s`', (list, invalid) => {
    expect(parseNetworks(list)).toEqual({ invalid })
  })
})

describe('a request', async () => {
  const receiver = await startReceiver()

  it('is sent to an address that is listed, over a connection of its own', async () => {
    const sent = await createEgress({ allow: LOOPBACK }).post(`${receiver.url}/hook?a=b`, { 'x-a': 'b' }, '{"ä":1}')
    expect(sent).toEqual({ kind: 'answered', status: 200, retryAfter: null })
    expect(receiver.received.at(-1)).toMatchObject({
      url: '/hook?a=b',
      body: '{"ä":1}',
      headers: { host: `127.0.0.1:${receiver.port}`, 'content-length': '8', connection: 'close', 'x-a': 'b' },
    })
  })

  it.each([
    'http://127.0.0.1',
    'http://2130706433',
    'http://0x7f.1',
    'http://0177.0.0.1',
    'http://127.1',
    'http://localhost',
    'http://localhost.',
    'http://[::1]',
    'http://[::ffff:7f00:1]',
    'http://[::ffff:127.0.0.1]',
    'http://0.0.0.0',
    'http://[::]',
    'https://127.0.0.1',
  ])('to %s is refused, whatever way it is written', async (origin) => {
    const before = receiver.received.length
    const sent = await createEgress().post(`${origin}:${receiver.port}${SECRET_PATH}`, {}, '{}')
    expect(reasonOf(sent)).toMatch(
      /the (loopback|unspecified|IPv4-mapped) address .* is sent to only where UMPIRE_EGRESS_ALLOW lists it$/,
    )
    expect(reasonOf(sent)).not.toContain('token')
    expect(receiver.received.length).toBe(before)
  })

  it('is refused where only one of the addresses is private', async () => {
    const resolve = async () => at('93.184.216.34', '10.0.0.5')
    expect(reasonOf(await createEgress({ resolve }).post('https://hooks.example/x', {}, '{}'))).toBe(
      '`hooks.example` is at the private address 10.0.0.5, which is sent to only where UMPIRE_EGRESS_ALLOW lists it',
    )
  })

  it('goes to the address that was vetted, though the name points elsewhere by then', async () => {
    let asked = 0
    const resolve = async () => at(asked++ === 0 ? '127.0.0.1' : '169.254.169.254')
    const before = receiver.received.length
    const sent = await createEgress({ allow: LOOPBACK, resolve }).post(
      `http://hooks.example:${receiver.port}/x`,
      {},
      '{}',
    )
    expect(sent).toMatchObject({ kind: 'answered', status: 200 })
    expect(asked).toBe(1)
    expect(receiver.received.slice(before)).toMatchObject([{ headers: { host: `hooks.example:${receiver.port}` } }])
  })

  it('tries all addresses that were vetted', async () => {
    const resolve = async () => at('127.0.0.9', '127.0.0.1')
    const sent = await createEgress({ allow: LOOPBACK, resolve }).post(
      `http://hooks.example:${receiver.port}/x`,
      {},
      '{}',
    )
    expect(sent).toMatchObject({ kind: 'answered', status: 200 })
  })

  it('goes over plain http only where that is listed', async () => {
    const resolve = async () => at('93.184.216.34')
    expect(reasonOf(await createEgress({ resolve }).post('http://hooks.example/x', {}, '{}'))).toBe(
      '`hooks.example` is not asked over plain http; use https, or list 93.184.216.34 in UMPIRE_EGRESS_ALLOW',
    )
  })

  it.each([
    ['nonsense', 'the URL is not valid'],
    ['ftp://hooks.example/x', '`ftp:` URLs are not sent to; use https'],
    [
      'https://me:secret@hooks.example/x',
      'the URL of `hooks.example` has a user name or a password in it; leave them out',
    ],
  ])('to %s fails', async (url, reason) => {
    expect(reasonOf(await createEgress().post(url, {}, '{}'))).toBe(reason)
  })

  it('says that there is no such host, or that it has no address', async () => {
    const unknown = async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND hooks.example'), { code: 'ENOTFOUND' })
    }
    expect(reasonOf(await createEgress({ resolve: unknown }).post('https://hooks.example/x', {}, '{}'))).toBe(
      'there is no host `hooks.example`',
    )
    expect(reasonOf(await createEgress({ resolve: async () => [] }).post('https://hooks.example/x', {}, '{}'))).toBe(
      '`hooks.example` has no address',
    )
  })

  it('says that a host refuses connections', async () => {
    const server = createTcpServer()
    const port = await listen(server)
    await new Promise((resolve) => server.close(resolve))
    expect(
      reasonOf(await createEgress({ allow: LOOPBACK }).post(`http://127.0.0.1:${port}${SECRET_PATH}`, {}, '{}')),
    ).toBe(`\`127.0.0.1:${port}\` refuses connections`)
  })
})

describe('an answer', async () => {
  const receiver = await startReceiver()
  const egress = createEgress({ allow: LOOPBACK })
  const post = (timeout = 10_000) => egress.post(`${receiver.url}${SECRET_PATH}`, {}, '{}', { timeout })

  it('is told with its status and the time it asks for', async () => {
    receiver.answer((response) => response.writeHead(503, { 'retry-after': '120' }).end('busy'))
    expect(await post()).toEqual({ kind: 'answered', status: 503, retryAfter: '120' })
  })

  it.each([
    ['http://169.254.169.254/latest/meta-data?token=1', ' to `169.254.169.254`'],
    ['http://127.0.0.1:6379/', ' to `127.0.0.1:6379`'],
    ['/elsewhere', ` to \`127.0.0.1:${receiver.port}\``],
    ['http://[', ''],
  ])('that redirects to %s is not followed', async (location, where) => {
    const before = receiver.received.length
    receiver.answer((response) => response.writeHead(307, { location }).end())
    expect(reasonOf(await post())).toBe(
      `\`127.0.0.1:${receiver.port}\` redirects${where} (307), which is not followed; give the URL it ends at`,
    )
    expect(receiver.received.length).toBe(before + 1)
  })

  it('that does not come is given up', async () => {
    receiver.answer(() => {})
    expect(reasonOf(await post(300))).toBe(`\`127.0.0.1:${receiver.port}\` did not answer in whole within 0.3 s`)
  })

  it('that trickles is given up', async () => {
    receiver.answer((response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(drip))
    })
    expect(reasonOf(await post(300))).toBe(`\`127.0.0.1:${receiver.port}\` did not answer in whole within 0.3 s`)
  })

  it('whose head trickles is given up', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.write('HTTP/1.1 200 OK\r\nx-a: ')
      const drip = setInterval(() => socket.write('a'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    const port = await listen(server)
    const sent = await egress.post(`http://127.0.0.1:${port}/`, {}, '{}', { timeout: 300 })
    expect(reasonOf(sent)).toContain('did not answer in whole')
  })

  it('is given up while the host is looked up', async () => {
    const resolve = () => new Promise<never>(() => {})
    const sent = await createEgress({ resolve }).post('https://hooks.example/', {}, '{}', { timeout: 50 })
    expect(reasonOf(sent)).toBe('`hooks.example` did not answer in whole within 0.05 s')
  })

  it('is not waited for by looking the same host up twice at a time, though requests are given up', async () => {
    const asked: string[] = []
    let found: (addresses: readonly Address[]) => void = () => {}
    const resolve = (host: string) => {
      asked.push(host)
      return new Promise<readonly Address[]>((done) => {
        found = done
      })
    }
    const looking = createEgress({ allow: LOOPBACK, resolve })
    const to = `http://hooks.example:${receiver.port}/`
    for (let i = 0; i < 3; i++) await looking.post(to, {}, '{}', { timeout: 20 })
    expect(asked).toEqual(['hooks.example'])
    receiver.answer((response) => response.end())
    const last = looking.post(to, {}, '{}')
    found(at('127.0.0.1'))
    expect(await last).toMatchObject({ kind: 'answered', status: 200 })
    await looking.post('http://hooks.example:1/', {}, '{}', { timeout: 20 })
    expect(asked).toEqual(['hooks.example', 'hooks.example'])
  })

  it('that has no end counts once 64 kB of it are read', async () => {
    let closed: () => void = () => {}
    const gone = new Promise<void>((resolve) => {
      closed = resolve
    })
    receiver.answer((response) => {
      response.on('close', closed)
      response.on('error', () => {})
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384)));
      }
      response.on('drain', pour)
      pour()
    })
    expect(await post()).toMatchObject({ kind: 'answered', status: 200 })
    await gone
  })

  it('that breaks off is a failure', async () => {
    receiver.answer((response) => {
      response.writeHead(200, { 'content-length': '10' })
      response.write('half', () => response.destroy())
    })
    expect(reasonOf(await post())).toBe(
      `\`127.0.0.1:${receiver.port}\` closed the connection before its answer was there in whole`,
    )
  })
})

describe('https', async () => {
  const names: string[] = []
  const SNICallback: TlsOptions['SNICallback'] = (name, done) => {
    names.push(name)
    done(null)
  }
  const server = createTlsServer({ key: KEY, cert: CERTIFICATE, SNICallback }, (_request, response) => response.end())
  const port = await listen(server)

  it('asks for the name, not the address, and trusts no certificate of its own making', async () => {
    const resolve = async () => at('127.0.0.1')
    const sent = await createEgress({ allow: LOOPBACK, resolve }).post(
      `https://hooks.example.:${port}${SECRET_PATH}`,
      {},
      '{}',
    )
    expect(reasonOf(sent)).toMatch(/^the certificate of `hooks\.example\.:\d+` can't be trusted \(\w+\)$/)
    expect(names).toEqual(['hooks.example'])
  })
})

describe('the requests to one host', () => {
  it('are four at once, and those to others are not counted among them', () => {
    const egress = createEgress()
    const [first, ...others] = [1, 2, 3, 4].map(() => egress.turn('https://a.example/x'))
    expect([first, ...others]).not.toContain(null)
    expect(egress.turn('https://a.example/y')).toBeNull()
    expect(egress.turn('https://b.example/x')).not.toBeNull()
    first!()
    expect(egress.turn('https://a.example/x')).not.toBeNull()
    expect(egress.turn('https://a.example/x')).toBeNull()
  })
})
