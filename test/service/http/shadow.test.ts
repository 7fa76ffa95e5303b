import { afterAll, describe, expect, it } from 'vitest'
import { followActivations } from '../../../src/watch/follow.ts'
import { RULES } from '../app.ts'
import { eventually } from '../queue/eventually.ts'
import { createTestHttp } from './http.ts'

const { app, call, keyOf } = await createTestHttp()
afterAll(followActivations(app))
const NOTICE = 'Shadow: these answers were given to nobody and changed nothing.'
const MARKED = { shadow: true, notice: NOTICE }

async function upload(cost: number): Promise<string> {
  const outreach = RULES['expansion-outreach.yaml']!.replace('cost: 40', `cost: ${cost}`)
  const { body } = await call('POST', '/v1/rulesets', {
    body: { files: { ...RULES, 'expansion-outreach.yaml': outreach } },
  })
  return body.ruleset
}
const start = (ruleset: string, rest = {}) => call('POST', '/v1/shadow', { body: { ruleset }, ...rest })
const runs = (hash: string | null) => eventually(() => (app.rules.shadow?.ruleset.hash ?? null) === hash)
const said = (id: string, agent: string, claim: string, confidence: number) => ({ id, agent, claim, confidence })
const ask = (
  account: string,
  signals = [said('p-1', 'pulse', 'healthy', 0.9), said('c-1', 'churn-radar', 'churn_risk', 0.82)],
) =>
  call('POST', '/v1/adjudications', {
    body: { account, decision: 'expansion-outreach', facts: { arr: 180_000, segment: 'smb' }, signals },
  })

describe('/v1/shadow', () => {
  it('says that none was ever started', async () => {
    const { status, body } = await call('GET', '/v1/shadow')
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ ...MARKED, running: false, ruleset: null, decisions: [] }),
    ])
    expect((await call('GET', '/v1/shadow/answers')).body).toEqual({ ...MARKED, answers: [], next: null })
    expect((await call('GET', '/v1/ruleset')).body.shadow).toBeNull()
    expect(await call('DELETE', '/v1/shadow')).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })

  it('starts, compares and stops', async () => {
    const against = app.rules.active.hash
    const hash = await upload(400)
    const started = await start(hash)
    expect(started).toMatchObject({
      status: 200,
      body: {
        ...MARKED,
        running: true,
        ruleset: hash,
        against,
        startedBy: 'admin',
        changes: ['expansion-outreach: review cost 40 → 400'],
        questions: 0,
      },
    })
    await runs(hash)
    expect((await call('GET', '/v1/ruleset')).body.shadow).toEqual({ ruleset: hash, startedAt: started.body.startedAt })

    const { body: torn } = await ask('torn')
    const { body: alone } = await ask('alone', [said('p-2', 'pulse', 'healthy', 0.9)])
    for (const { body } of [await call('GET', '/v1/shadow'), await call('DELETE', '/v1/shadow')]) {
      expect(body).toMatchObject({
        ...MARKED,
        questions: 2,
        decisions: [
          {
            decision: 'expansion-outreach',
            compared: 2,
            same: 1,
            flipped: 1,
            people: { active: 0.5, candidate: 0 },
            flips: [{ from: 'escalate', to: 'act wait', questions: 1 }],
            newest: [{ adjudication: torn.id, link: `/v1/adjudications/${torn.id}` }],
          },
        ],
      })
    }
    await runs(null)
    expect((await call('GET', '/v1/shadow')).body).toMatchObject({
      running: false,
      stoppedBy: 'admin',
      stoppedBecause: 'stopped',
      questions: 2,
    })

    const first = await call('GET', '/v1/shadow/answers?limit=1')
    expect(first.body).toMatchObject({
      ...MARKED,
      answers: [{ adjudication: alone.id, result: 'same', candidate: { answer: 'act send_expansion_email' } }],
    })
    const rest = await call('GET', `/v1/shadow/answers?cursor=${first.body.next}`)
    expect(rest.body).toMatchObject({
      answers: [{ adjudication: torn.id, active: { answer: 'escalate' } }],
      next: null,
    })
    const ids = async (query: string) =>
      (await call('GET', `/v1/shadow/answers?${query}`)).body.answers.map(({ account }: any) => account)
    expect(await ids('flipped=true')).toEqual(['torn'])
    expect(await ids('flipped=false')).toEqual(['alone'])
    expect(await ids('decision=expansion-outreach&flipped=true')).toEqual(['torn'])
    expect(await ids('decision=other')).toEqual([])
  })

  it('is told by one sentence and nowhere else: what was asked is answered as ever', async () => {
    const bare = ({ text }: { text: string }) =>
      text.replace(/"(id|account|hash|stream)":"[^"]*"/g, '').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '')
    const without = bare(await ask('without'))
    const hash = await upload(401)
    await start(hash)
    await runs(hash)
    const beside = await ask('beside')
    expect(bare(beside)).toBe(without)
    expect(beside.text).not.toContain('shadow')
    expect((await call('GET', '/v1/shadow')).body.questions).toBe(1)
    await call('DELETE', '/v1/shadow')
    await runs(null)
  })

  it('names what failed, by rule and reason', async () => {
    const outreach = RULES['expansion-outreach.yaml']!.replace(
      'rules:\n',
      'rules:\n  - { id: broken, when: \'account.flags[3] == "x"\', then: { tag: x, because: It breaks } }\n',
    )
    const files = { ...RULES, 'expansion-outreach.yaml': outreach }
    const { ruleset } = (await call('POST', '/v1/rulesets', { body: { files } })).body
    await start(ruleset)
    await runs(ruleset)
    const { body: failing } = await ask('failing')
    const [decision] = (await call('GET', '/v1/shadow')).body.decisions
    expect(decision).toMatchObject({ same: 1, errors: 1, newest: [] })
    expect(decision.newestErrors).toEqual([
      {
        adjudication: failing.id,
        link: `/v1/adjudications/${failing.id}`,
        account: 'failing',
        at: failing.createdAt,
        failures: [{ id: 'broken', error: expect.stringMatching(/^`account\.flags\[3\] == "x"`: /) }],
      },
    ])
    const { body } = await call('GET', '/v1/shadow/answers?errored=true')
    expect(body.answers).toMatchObject([{ account: 'failing', result: 'same', candidate: { errored: true } }])
    expect((await call('GET', '/v1/shadow/answers?errored=false')).body.answers).toEqual([])
    await call('DELETE', '/v1/shadow')
    await runs(null)
  })

  it('runs one set at a time, and none that answers already or is not there', async () => {
    const [one, two] = [await upload(402), await upload(403)]
    await start(one)
    expect((await start(one)).status).toBe(200)
    expect(await start(two)).toMatchObject({ status: 409, body: { code: 'shadow_conflict' } })
    await call('DELETE', '/v1/shadow')
    expect(await start(app.rules.active.hash)).toMatchObject({ status: 409, body: { code: 'shadow_conflict' } })
    expect(await start(`sha256:${'0'.repeat(64)}`)).toMatchObject({ status: 404, body: { code: 'not_found' } })
    await runs(null)
  })

  it.each([
    ['POST', '/v1/shadow', { ruleset: 'new' }, '`ruleset` must be `sha256:` and 64 hexadecimal digits'],
    ['POST', '/v1/shadow', {}, '`ruleset` is required'],
    ['GET', '/v1/shadow/answers?flipped=yes', undefined, '`flipped`'],
    ['GET', '/v1/shadow/answers?cursor=nonsense', undefined, '`cursor`'],
    ['GET', '/v1/shadow?decision=x', undefined, '`decision`'],
  ] as const)('refuses %s %s with %j', async (method, url, body, detail) => {
    const reply = await call(method, url, { body })
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(reply.body.detail).toContain(detail)
  })

  it('is read with `read`, and started and stopped by admins', async () => {
    const reader = await keyOf({ name: 'reader' })
    const writer = await keyOf({ name: 'writer', scopes: ['adjudications:write'] })
    const hash = await upload(404)
    for (const url of ['/v1/shadow', '/v1/shadow/answers']) {
      expect((await call('GET', url, { key: reader })).status).toBe(200)
      expect((await call('GET', url, { key: writer })).status).toBe(403)
      expect((await call('GET', url, { key: '' })).status).toBe(401)
    }
    expect((await start(hash, { key: reader })).status).toBe(403)
    expect((await call('DELETE', '/v1/shadow', { key: reader })).status).toBe(403)
  })
})
