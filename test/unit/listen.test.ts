import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failureOf } from '../../src/cli/failure.ts'
import { ListenError, listen } from '../../src/listen.ts'

const other = createServer()
beforeAll(() => new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening)))
afterAll(() => new Promise((closed) => other.close(closed)))

async function failure(host: string, port: number): Promise<string> {
  const http = fastify()
  try {
    const error = await listen(http, { host, port }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ListenError)
    return failureOf(error, {}).message
  } finally {
    await http.close()
  }
}

describe('a service that can not listen', () => {
  it('names HOST where that is no address of this machine', async () => {
    expect(await failure('192.0.2.1', 0)).toBe(
      "umpire: can't listen on `192.0.2.1` (EADDRNOTAVAIL); set HOST to an address of this machine, such as 127.0.0.1",
    )
    // A resolver that is out of reach says EAI_AGAIN.
    expect(await failure('nohost.invalid', 0)).toMatch(
      /^umpire: can't listen on `nohost\.invalid` \((ENOTFOUND|EAI_AGAIN)\); set HOST to an address of this machine/,
    )
  })

  it('names PORT where that is taken', async () => {
    const { port } = other.address() as AddressInfo
    expect(await failure('127.0.0.1', port)).toBe(
      `umpire: port ${port} is in use; set PORT to another, or to 0 for any`,
    )
  })
})
