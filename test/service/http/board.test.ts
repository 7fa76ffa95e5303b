import { pino } from 'pino'
import { afterAll, describe, expect, it } from 'vitest'
import { questionJob } from '../../../src/queue/jobs.ts'
import { openQueues } from '../../../src/queue/queues.ts'
import { connect } from '../../../src/storage/open.ts'
import { createTestDatabase } from '../database.ts'
import { BACKENDS } from '../queue/backends.ts'
import { createTestHttp } from './http.ts'

const PATH = '/admin/queues'
const basic = (password: string, name = 'admin') => `Basic ${btoa(`${name}:${password}`)}`

/** The API with its board, over queues in a Redis or else in its own database. */
async function createBoard(redisUrl: string | null) {
  const { url } = await createTestDatabase()
  const store = connect({ connectionString: url }, { connections: 1, onError: () => {} })
  const queues = openQueues({ redisUrl, pool: store.queues, now: Date.now, log: pino({ level: 'silent' }) })
  const test = await createTestHttp({ databaseUrl: url, queues })
  afterAll(async () => {
    await queues.close()
    await store.close()
  })

  async function get(path: string, authorization = basic(test.admin)) {
    const { statusCode, headers, payload } = await test.http.inject({
      url: PATH + path,
      headers: authorization === '' ? {} : { authorization },
    })
    return { status: statusCode, headers, text: payload, body: payload.startsWith('{') ? JSON.parse(payload) : null }
  }
  return { ...test, queues, get }
}

for (const { name, available, start } of BACKENDS) {
  describe.skipIf(!available)(`the board, on ${name}`, async () => {
    const redis = available ? await start() : null
    const { queues, get, http } = await createBoard(redis?.url ?? null)
    const job = questionJob({ account: 'acme', decision: 'expansion-outreach', sequence: 3 })
    const shown = async () => (await get('/api/queues?activeQueue=questions&page=1&jobsPerPage=10')).body.queues

    it('shows the queues and their jobs', async () => {
      await queues.opened
      await queues.add([job])
      const listed = await shown()
      expect(listed.map((queue: any) => queue.name).sort()).toEqual([
        'backtests',
        'clocks',
        'deliveries',
        'leases',
        'notices',
        'questions',
      ])
      const questions = listed.find((queue: any) => queue.name === 'questions')
      expect(questions).toMatchObject({ counts: { waiting: 1 }, jobs: [{ id: job.id, data: job.data }] })
      expect((await get(`/api/queues/questions/${job.id}`)).body).toMatchObject({
        job: { id: job.id },
        status: 'waiting',
      })
      expect((await get('/api/queues/questions/workers')).body).toEqual({ workers: [] })
    })

    it('tells of the server that they are on', async () => {
      const { status, body } = await get('/api/redis/stats')
      expect(status).toBe(200)
      expect(body).toMatchObject({ backend: redis ? 'redis' : 'postgres', version: expect.any(String) })
    })

    it.each(['/pause', '/empty', '/obliterate', '/retry/failed', '/clean/waiting', `/${job.id}/clean`])(
      'changes nothing: %s',
      async (action) => {
        for (const method of ['PUT', 'POST', 'PATCH', 'DELETE'] as const) {
          const url = `${PATH}/api/queues/questions${action}`
          const reply = await http.inject({ method, url, headers: { authorization: basic('') } })
          expect([method, reply.statusCode, reply.headers.allow]).toEqual([method, 405, 'GET, HEAD'])
        }
        expect((await shown()).find((queue: any) => queue.name === 'questions')).toMatchObject({
          counts: { waiting: 1 },
          isPaused: false,
          readOnlyMode: true,
        })
      },
    )
  })
}

describe('the page', async () => {
  const { get, admin, http } = await createBoard(null)

  it.each(['', '/', '/queue/notices'])('is at `/admin/queues%s`, with all it needs from this service', async (path) => {
    const page = await get(path)
    expect(page.status).toBe(200)
    expect(page.text).toContain('<title>Umpire</title>')
    expect(page.text).toContain(`<base href="${PATH}/" />`)
    const sources = [...page.text.matchAll(/(?:src|href)="(static[^"]+)"/g)].map(([, source]) => source!)
    expect(sources.length).toBeGreaterThan(4)
    for (const source of sources) {
      const asset = await get(`/${source}`)
      expect([source, asset.status, asset.headers['cache-control']]).toEqual([source, 200, 'no-store'])
    }
  })

  it('takes nothing from elsewhere, is kept nowhere, and shown within no other page', async () => {
    const { headers, text } = await get('')
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('http')
    expect(text).not.toContain(admin)
  })

  it('is not part of the API', async () => {
    expect(JSON.stringify(http.swagger())).not.toContain(PATH)
  })
})

describe('whoever asks for the board', async () => {
  const { get, admin, keyOf } = await createBoard(null)

  it.each([
    ['sends nothing', ''],
    ['sends a wrong key', basic('ump_wrong')],
    ['sends the key as name', basic('', 'ump_wrong')],
    ['sends what is not Base64', 'Basic :::'],
    ['sends another scheme', 'Digest x'],
  ])('is asked for a key: %s', async (_, authorization) => {
    const { status, headers, body } = await get('', authorization)
    expect(status).toBe(401)
    expect(headers['www-authenticate']).toMatch(/^Basic realm="/)
    expect(body).toMatchObject({ code: 'unauthorized' })
  })

  it('must be an admin', async () => {
    const scopes = ['read', 'escalations:review', 'adjudications:write'] as const
    const reviewer = await keyOf({ name: 'maria', principal: 'person', scopes })
    for (const path of ['', '/api/queues', '/static/images/logo.svg']) {
      expect(await get(path, basic(reviewer))).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
  })

  it('may give the key as any name, or as the API takes it', async () => {
    expect((await get('', basic(admin, ''))).status).toBe(200)
    expect((await get('', basic(admin, 'anybody'))).status).toBe(200)
    expect((await get('', `Bearer ${admin}`)).status).toBe(200)
  })

  it('guesses no more than sixty times in a minute', async () => {
    let tried = 0
    while (tried < 100 && (await get('', basic(`ump_${tried}`))).status === 401) tried++
    expect(tried).toBeGreaterThan(50)
    expect(tried).toBeLessThanOrEqual(60)
    const refused = await get('', basic('ump_another'))
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
    expect((await get('', basic(admin))).status).toBe(200)
  })
})

describe('where there is nothing to show', () => {
  describe('since the queues are away', async () => {
    // Nothing listens on port 1.
    const { get } = await createBoard('redis://127.0.0.1:1')

    it('says so', async () => {
      expect(await get('')).toMatchObject({
        status: 503,
        body: { code: 'unavailable', detail: expect.stringContaining("the queues can't be reached") },
      })
    })
  })

  describe('since there are no queues', async () => {
    const { call } = await createTestHttp()

    it('there is no board', async () => {
      expect(await call('GET', PATH)).toMatchObject({ status: 404, body: { code: 'not_found' } })
    })
  })
})
