import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { createTestDatabase } from '../database.ts'
import { eventually } from '../queue/eventually.ts'
import { KEY, rulesDirectory, startService } from './process.ts'

const { url: databaseUrl } = await createTestDatabase()
const env = { DATABASE_URL: databaseUrl, UMPIRE_RULES_DIR: await rulesDirectory() }

it('answers every request of clients that keep their connections, then lets nobody in', async () => {
  const service = await startService(env)
  const agent = new Agent({ keepAlive: true, maxSockets: 12 })
  let answered = 0
  const client = async (): Promise<string> => {
    for (;;) {
      try {
        expect(await ask(agent, service.url)).toBe(200)
        answered++
      } catch (error) {
        return (error as Error).message
      }
    }
  }
  const clients = Array.from({ length: 12 }, client)
  await eventually(() => answered >= 500)
  service.child.kill('SIGTERM')
  // A connection is reset that the kernel took in the instant between our last look and the end of listening.
  for (const end of await Promise.all(clients)) expect(end).toMatch(/^new connection: (ECONNREFUSED|ECONNRESET)$/)
  expect(await service.exited).toBe(0)
})

it('waits for a request that arrives late, and tells its client that the connection ends', async () => {
  const service = await startService(env)
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1')
  const body = JSON.stringify({ facts: { arr: 1 } })
  const head = `PUT /v1/accounts/late HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\n`
  socket.write(`${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 5)}`)
  let received = ''
  socket.on('data', (chunk) => (received += chunk))
  expect(await service.call('GET', '/healthz')).toMatchObject({ status: 200 })
  service.child.kill('SIGTERM')
  await refused(service.url)
  socket.write(body.slice(5))
  await once(socket, 'close')
  expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(received).toMatch(/\r\nconnection: close\r\n/i)
  expect(await service.exited).toBe(0)
})

it('does not wait for an upload that has stalled', async () => {
  const service = await startService(env)
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`PUT /v1/accounts/slow HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\n`)
  socket.write('content-type: application/json\r\ncontent-length: 1000\r\n\r\n')
  const trickle = setInterval(() => socket.write(' '), 1_000)
  expect(await service.call('GET', '/healthz')).toMatchObject({ status: 200 })
  service.child.kill('SIGTERM')
  // 1 would say that it had to be ended by force.
  expect(await service.exited).toBe(0)
  clearInterval(trickle)
})

function ask(agent: Agent, url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${KEY}` }
    const sent = request(`${url}/v1/ruleset`, { agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
      response.on('error', reject)
    })
    const lost = ({ code }: NodeJS.ErrnoException) =>
      reject(new Error(`${sent.reusedSocket ? 'kept' : 'new'} connection: ${code}`))
    sent.on('error', lost).end()
  })
}

/** Resolves once no new connection is taken. */
async function refused(url: string): Promise<void> {
  for (;;) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    try {
      await once(socket, 'connect')
      socket.destroy()
    } catch {
      return
    }
  }
}

it('ends streams of events in whole, so that whoever follows comes back', async () => {
  const service = await startService(env)
  const headers = { authorization: `Bearer ${KEY}` }
  const open = await Promise.all(Array.from({ length: 20 }, () => fetch(`${service.url}/v1/stream`, { headers })))
  const texts = open.map((response) => response.text())
  service.child.kill('SIGTERM')
  for (const text of await Promise.all(texts)) expect(text).toMatch(/^retry: \d{4}\nid: .*\nevent: stream\.opened\n/)
  expect(await service.exited).toBe(0)
})
