import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createTestHttp } from '../http/http.ts'
import { freePort } from '../ports.ts'
import { rulesFile, SECRETS } from './senders.ts'

const MEBIBYTE = 1024 * 1024

const rules = { 'sources.yaml': rulesFile('sources.yaml') }
const { http } = await createTestHttp({ rules, environment: SECRETS })
const url = await http.listen({ port: await freePort(), host: '127.0.0.1' })
const authorization = `Bearer ${SECRETS.GAINSIGHT_TOKEN}`

/** Begins a request to a webhook over a connection of its own. */
function begin(headers: Readonly<Record<string, string | number>>) {
  const sent = request(`${url}/v1/webhooks/gainsight`, { method: 'POST', agent: false, headers })
  // Who goes on sending is cut off.
  sent.on('error', () => {})
  return { sent, answer: once(sent, 'response').then(([response]) => read(response)) }
}

async function read(response: IncomingMessage) {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, code: JSON.parse(Buffer.concat(chunks).toString()).code }
}

function* blanks(mebibytes: number): Generator<Buffer> {
  for (let i = 0; i < mebibytes * 16; i++) yield Buffer.alloc(MEBIBYTE / 16, ' ')
}

describe('a body that is too large', () => {
  it.each([
    ['of which the length is told', { 'content-length': 50 * MEBIBYTE }],
    ['of which the length is not told', { 'transfer-encoding': 'chunked' }],
  ])('is not read to its end: one %s', async (_, headers) => {
    for (const from of [{ authorization }, {}]) {
      const { sent, answer } = begin({ ...headers, ...from })
      const poured = pipeline(blanks(50), sent).catch(() => {})
      expect(await answer).toEqual({ status: 413, code: 'payload_too_large' })
      expect(sent.socket!.bytesWritten).toBeLessThan(20 * MEBIBYTE)
      sent.destroy()
      await poured
    }
  })

  it('is not unpacked where it is compressed', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * MEBIBYTE, ' '))
    for (const coding of ['gzip', 'GZIP', 'deflate', 'br', 'gzip, identity']) {
      const { sent, answer } = begin({ 'content-encoding': coding, 'content-length': bomb.length })
      sent.end(bomb)
      expect(await answer).toEqual({ status: 415, code: 'unsupported_media_type' })
    }
  })
})

describe('a body of the type that its sender says', () => {
  it.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-8'])(
    'is read all the same: %s',
    async (type) => {
      const { sent, answer } = begin({ authorization, ...(type && { 'content-type': type }) })
      sent.end('{"records": []}')
      expect(await answer).toMatchObject({ status: 202 })
    },
  )
})
