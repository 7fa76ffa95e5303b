import { describe, expect, it } from 'vitest'
import { createClient, type OnUnavailable, UmpireError } from '../../../src/client/index.ts'
import { answer, problem, reset, resetMidway, stall, stallMidway, startScriptedServer } from './server.ts'

const server = await startScriptedServer()
const ABOUT = { account: 'acme', decision: 'expansion-outreach', action: 'send', agent: 'copilot' }

const clientOf = (onUnavailable?: OnUnavailable) =>
  createClient({ url: server.url, key: 'umk_1', retries: 1, ...(onUnavailable && { onUnavailable }) })

describe('a check that is not answered', () => {
  it.each([
    ['nothing is answered', stall],
    ['half is answered', stallMidway],
    ['the connection breaks off', reset],
    ['it breaks off midway', resetMidway],
    ['the key is used too often', problem(429, 'rate_limited', { 'retry-after': '60' })],
    ['the request took too long to arrive', problem(408, 'request_timeout')],
    ['something goes wrong there', problem(500, 'internal')],
    ['it is busy', problem(503, 'overloaded')],
    ['the database is away', problem(503, 'unavailable')],
    ['a proxy does not reach it', answer(502, '<h1>Bad gateway</h1>')],
    ['a try before is still at work', problem(409, 'idempotency_in_progress')],
    ['what answers is a page', answer(200, '<h1>Sign in</h1>')],
    ['what answers is half of it', answer(200, '{"verdict": "allow", "lease": {"tok')],
    ['what answers is something else', answer(200, {})],
    ['the verdict is none', answer(200, { verdict: 'yes', lease: { token: 'uml_1' } })],
  ])('is what the caller chose, and says so: %s', async (_what, turn) => {
    for (const chosen of ['ask', 'deny'] as const) {
      server.script(turn)
      const told = await clientOf(chosen).check(ABOUT, { timeoutMs: 400 })
      expect(told).toEqual({
        verdict: chosen,
        unavailable: true,
        because: expect.stringMatching(/^Umpire could not be asked: ./),
        doInstead: null,
        adjudication: null,
        escalation: null,
        lease: null,
        cached: false,
        error: expect.any(UmpireError),
      })
    }
  })

  it('asks a person where nothing was chosen', async () => {
    server.script(problem(503, 'overloaded'))
    expect(await clientOf().check(ABOUT)).toMatchObject({
      verdict: 'ask',
      because: 'Umpire could not be asked: the detail of overloaded',
    })
  })
})

it.each([
  [400, 'unknown_decision'],
  [401, 'unauthorized'],
  [403, 'agent_not_allowed'],
  [413, 'payload_too_large'],
  [404, 'not_found'],
])('a check that is refused is the caller’s to mend: %s %s', async (status, code) => {
  server.script(problem(status, code))
  await expect(clientOf().check(ABOUT)).rejects.toMatchObject({ name: 'UmpireError', status, code })
})

it('a check that leads elsewhere is the caller’s to mend', async () => {
  server.script(answer(302, '', { location: 'https://sign-in.example/' }))
  await expect(clientOf().check(ABOUT)).rejects.toMatchObject({ code: 'not_umpire', status: 302 })
})

it.each([
  ['something else', answer(200, {})],
  ['a page', answer(200, '<h1>Sign in</h1>')],
  ['another verdict', answer(200, { verdict: 'stop' })],
])('%s is no leave to act', async (_what, turn) => {
  server.script(turn)
  const redeemed = clientOf().redeem({ token: `uml_${'A'.repeat(64)}`, payloadHash: null })
  await expect(redeemed).rejects.toMatchObject({ code: 'unreadable', isUnavailable: true })
})
