import { describe, expect, it, vi } from 'vitest'
import { type Client, type ClientOptions, createClient, hashPayload, withUmpire } from '../../../src/client/index.ts'
import { createTestDatabase } from '../database.ts'
import { KEY, rulesDirectory, startService } from '../faults/process.ts'

const DECISION = 'expansion-outreach'
const ACTION = 'send_expansion_email'

const { url: databaseUrl } = await createTestDatabase()
const service = await startService({ DATABASE_URL: databaseUrl, UMPIRE_RULES_DIR: await rulesDirectory() })
const clientOf = (options: Partial<ClientOptions> = {}) => createClient({ url: service.url, key: KEY, ...options })
const umpire = clientOf()

interface Mail {
  readonly account: string
  readonly to: string[]
  readonly subject: string
}

/** A tool that counts what it did, and the copilot that has it. */
function copilot(agent: string, client: Client = umpire) {
  const send = vi.fn((mail: Mail, ..._context: unknown[]) => `sent ${mail.subject} to ${mail.to}`)
  const guard = { client, agent, decision: DECISION, action: ACTION, account: ({ account }: Mail) => account }
  return { send, ask: withUmpire(send, guard), guard }
}

async function account(id: string, ...claims: readonly (readonly [string, string, number])[]): Promise<Mail> {
  await umpire.putAccount(id, { facts: { arr: 180_000, segment: 'mid' } })
  for (const claim of claims) await says(id, claim)
  return { account: id, to: ['kim@acme.example'], subject: 'More seats?' }
}

async function says(account: string, [agent, claim, confidence]: readonly [string, string, number]): Promise<void> {
  const signal = { id: `${agent}-${claim}-${confidence}`, agent, account, claim, confidence }
  expect(await umpire.sendSignals([signal])).toEqual([{ id: signal.id, agent, status: 'accepted' }])
}

const HEALTHY = ['pulse', 'healthy', 0.9] as const
const AT_RISK = ['churn-radar', 'churn_risk', 0.82] as const

/** Does something once, right before the first lease is redeemed. */
function beforeRedeeming(then: (token: string) => Promise<unknown>): typeof fetch {
  let isDone = false
  return async (target, init) => {
    if (String(target).endsWith('/v1/leases/redeem') && !isDone) {
      isDone = true
      await then(JSON.parse(String(init?.body)).token)
    }
    return fetch(target, init)
  }
}

describe('a tool that asks before it acts', () => {
  it('acts on leave, once, and says so', async () => {
    const mail = await account('allowed', HEALTHY)
    const { send, ask } = copilot('copilot-1')
    const outcome = await ask(mail, 'context', 2)
    expect(outcome).toEqual({
      done: true,
      verdict: 'allow',
      result: 'sent More seats? to kim@acme.example',
      adjudication: expect.any(String),
      lease: expect.any(String),
      unreported: null,
    })
    expect(send.mock.calls).toEqual([[mail, 'context', 2]])
    const [uptake] = (await umpire.getUptake('copilot-1')).decisions
    expect(uptake).toMatchObject({ leases: { issued: 1, redeemed: 1 }, acted: { followed: 1, unasked: 0 }, uptake: 1 })
  })

  it('gives what is not allowed, for a model to read', async () => {
    const { send, ask } = copilot('copilot-2')
    const outcome = await ask(await account('denied', AT_RISK))
    expect(outcome).toMatchObject({
      done: false,
      verdict: 'deny',
      doInstead: 'wait',
      escalation: null,
      unavailable: false,
    })
    if (outcome.done) throw new Error('it was done')
    expect(outcome.message).toBe(
      `\`send_expansion_email\` was not done: it is denied; ${outcome.because} Do \`wait\` instead.`,
    )
    expect(outcome.because).toContain('churn-radar (82 % churn risk, today)')
    expect(send).not.toHaveBeenCalled()
    expect(JSON.stringify(outcome)).not.toContain('uml_')
  })

  it('waits for a person, who allows what they were shown and nothing else', async () => {
    const mail = await account('asked', HEALTHY, AT_RISK)
    const { send, ask } = copilot('copilot-3')
    const asked = await ask(mail)
    if (asked.done || asked.escalation === null || asked.adjudication === null) throw new Error('nobody was asked')
    const { id, queue, dueAt } = asked.escalation
    expect(asked.message).toBe(
      `\`send_expansion_email\` was not done: a person decides first, in the queue \`${queue}\`, by ${dueAt}; ` +
        `${asked.because} Try again, with the same input, once they have decided.`,
    )
    expect((await umpire.listEscalations({ account: 'asked' })).escalations).toMatchObject([{ id, status: 'open' }])
    expect(await umpire.getEscalation(id)).toMatchObject({ untrusted: { agent: 'copilot-3', payload: mail } })

    const deciding = umpire.getResolution(asked.adjudication, { waitMs: 30_000 })
    const resolution = { resolution: 'override', action: ACTION, reason: 'knows_account', reviewer: 'maria' }
    expect((await service.call('POST', `/v1/escalations/${id}/resolve`, resolution)).status).toBe(200)
    expect(await deciding).toMatchObject({ status: 'resolved', resolution: { by: 'maria', action: ACTION } })

    expect(await ask({ ...mail, subject: 'Buy now!' })).toMatchObject({ done: false, verdict: 'ask' })
    expect(send).not.toHaveBeenCalled()
    expect(await ask({ subject: mail.subject, to: mail.to, account: mail.account })).toMatchObject({ done: true })
    expect(send).toHaveBeenCalledOnce()
  })

  it('does what was checked, whatever becomes of its input meanwhile', async () => {
    const mail = await account('frozen', HEALTHY)
    const { guard } = copilot('copilot-4')
    const seen: Mail[] = []
    const ask = withUmpire((mail: Mail) => {
      seen.push(mail)
      mail.to.push('everybody@acme.example')
    }, guard)
    const asking = ask(mail)
    mail.to.push('boss@acme.example')
    await expect(asking).rejects.toThrow(TypeError)
    expect(seen).toEqual([{ account: 'frozen', to: ['kim@acme.example'], subject: 'More seats?' }])
  })

  it('may have no input', async () => {
    await account('inputless', HEALTHY)
    const ask = withUmpire(() => 'done', { ...copilot('copilot-5').guard, account: 'inputless' })
    expect(await ask(undefined)).toMatchObject({ done: true, result: 'done' })
  })

  it('is not asked for with what is no JSON', async () => {
    const { send, ask } = copilot('copilot-6')
    const mail = { account: 'acme', to: [], subject: 'a', at: new Date() }
    await expect(ask(mail)).rejects.toThrow('`at` of the payload is a Date')
    expect(send).not.toHaveBeenCalled()
    expect((await umpire.getUptake('copilot-6')).decisions).toEqual([])
  })

  it('throws what the tool throws, and says nothing of having acted', async () => {
    const mail = await account('throwing', HEALTHY)
    const thrown = new Error('the mail server is on fire')
    const ask = withUmpire(async (_mail: Mail) => Promise.reject(thrown), copilot('copilot-7').guard)
    await expect(ask(mail)).rejects.toBe(thrown)
    const [uptake] = (await umpire.getUptake('copilot-7')).decisions
    expect(uptake).toMatchObject({ leases: { redeemed: 1 }, acted: { followed: 0, unasked: 0 } })
  })

  it('throws what is wrong with the request', async () => {
    const { send, guard } = copilot('copilot-8')
    const ask = withUmpire(send, { ...guard, action: 'send_flowers' })
    await expect(ask(await account('flowers', HEALTHY))).rejects.toMatchObject({ status: 400, code: 'unknown_action' })
    expect(send).not.toHaveBeenCalled()
  })
})

describe('a lease that is lost before it is redeemed', () => {
  it('is followed by another check, which says what holds now', async () => {
    const mail = await account('contradicted', HEALTHY)
    const { send, ask } = copilot(
      'copilot-9',
      clientOf({ fetch: beforeRedeeming(() => says('contradicted', AT_RISK)) }),
    )
    const outcome = await ask(mail)
    expect(outcome).toMatchObject({ done: false, verdict: 'ask', escalation: { queue: 'csm' } })
    expect(send).not.toHaveBeenCalled()
    expect((await umpire.getUptake('copilot-9')).decisions).toMatchObject([{ leases: { issued: 1, revoked: 1 } }])
  })

  it('is followed by a new one where it is allowed still', async () => {
    const mail = await account('raced', HEALTHY)
    const { send, ask } = copilot('copilot-10', clientOf({ fetch: beforeRedeeming(redeemed(mail)) }))
    expect(await ask(mail)).toMatchObject({ done: true })
    expect(send).toHaveBeenCalledOnce()
  })

  it('is not followed for ever', async () => {
    const mail = await account('hunted', HEALTHY)
    const steal = redeemed(mail)
    const stealing: typeof fetch = async (target, init) => {
      if (String(target).endsWith('/v1/leases/redeem')) await steal(JSON.parse(String(init?.body)).token)
      return fetch(target, init)
    }
    const { send, ask } = copilot('copilot-11', clientOf({ fetch: stealing }))
    const outcome = await ask(mail)
    expect(outcome).toMatchObject({ done: false, verdict: 'deny', doInstead: null, unavailable: false })
    if (outcome.done) throw new Error('it was done')
    expect(outcome.because).toMatch(/^lease `.+` was redeemed at .+; check again to act again$/)
    expect(send).not.toHaveBeenCalled()
  })

  /** Somebody else is faster. */
  function redeemed(mail: Mail): (token: string) => Promise<unknown> {
    return async (token) => umpire.redeem({ token, payloadHash: await hashPayload(mail) })
  }
})

describe('an Umpire that goes away', () => {
  const away = (...paths: readonly string[]): typeof fetch => {
    return (target, init) =>
      paths.some((path) => String(target).endsWith(path)) ? Promise.reject(new TypeError('gone')) : fetch(target, init)
  }

  it.each([
    ['before the check', '/v1/checks', 'ask'],
    ['before the check', '/v1/checks', 'deny'],
    ['before the lease is redeemed', '/v1/leases/redeem', 'ask'],
    ['before the lease is redeemed', '/v1/leases/redeem', 'deny'],
  ] as const)('%s leaves the tool alone: %s, %s', async (_when, path, onUnavailable) => {
    const mail = await account(`away-${path.length}-${onUnavailable}`, HEALTHY)
    const { send, ask } = copilot('copilot-12', clientOf({ onUnavailable, retries: 1, fetch: away(path) }))
    expect(await ask(mail)).toEqual({
      done: false,
      verdict: onUnavailable,
      message: expect.stringMatching(/^`send_expansion_email` was not done: .*Try again later, or ask a person\.$/),
      because: expect.stringMatching(/^Umpire could not be asked: no service answers at .* \(gone\)/),
      doInstead: null,
      adjudication: null,
      escalation: null,
      unavailable: true,
    })
    expect(send).not.toHaveBeenCalled()
  })

  it('before the report loses nothing of what was done', async () => {
    const mail = await account('unreported', HEALTHY)
    const { send, ask } = copilot('copilot-13', clientOf({ retries: 0, fetch: away('/v1/actions') }))
    expect(await ask(mail)).toMatchObject({
      done: true,
      result: 'sent More seats? to kim@acme.example',
      unreported: expect.stringContaining('no service answers at'),
    })
    expect(send).toHaveBeenCalledOnce()
    expect((await umpire.getUptake('copilot-13')).decisions).toMatchObject([{ leases: { redeemed: 1 }, uptake: 1 }])
  })
})
