import { describe, expect, it } from 'vitest'
import { createClient, UmpireError } from '../../../src/client/index.ts'
import { createTestDatabase } from '../database.ts'
import { KEY, rulesDirectory, startService } from '../faults/process.ts'

const DECISION = 'expansion-outreach'
const ACTION = 'send_expansion_email'

const { url: databaseUrl } = await createTestDatabase()
const service = await startService({ DATABASE_URL: databaseUrl, UMPIRE_RULES_DIR: await rulesDirectory() })
const umpire = createClient({ url: service.url, key: KEY })

/** An account about which agents disagree. */
async function disputed(account: string): Promise<void> {
  await umpire.putAccount(account, { facts: { arr: 180_000, segment: 'mid' } })
  await umpire.sendSignals([
    { id: 'p-1', agent: 'pulse', account, claim: 'healthy', confidence: 0.9 },
    { id: 'c-1', agent: 'churn-radar', account, claim: 'churn_risk', confidence: 0.82 },
  ])
}

describe('the client', () => {
  it('asks, and reads the answer again', async () => {
    await disputed('read')
    const asked = await umpire.adjudicate({ account: 'read', decision: DECISION })
    expect(asked.recommendation.action).toBe('wait')
    expect(await umpire.getAdjudication(asked.id ?? '')).toEqual(asked)
    const dry = await umpire.adjudicate({ account: 'read', decision: DECISION, dryRun: true })
    expect([dry.id, dry.recommendation.action]).toEqual([null, 'wait'])
  })

  it('says which signals were not taken in, and why', async () => {
    const good = { id: '1', agent: 'pulse', account: 'mixed', claim: 'healthy', confidence: 0.9 }
    expect(await umpire.sendSignals([{ ...good, confidence: 2 }, good, good])).toMatchObject([
      { status: 'rejected', problem: { code: 'invalid_request' } },
      { status: 'accepted' },
      { status: 'duplicate' },
    ])
  })

  it('reads one page after another', async () => {
    for (const id of ['page-1', 'page-2', 'page-3']) {
      await disputed(id)
      const { verdict } = await umpire.check({ account: id, decision: DECISION, action: ACTION, agent: 'pager' })
      expect(verdict).toBe('ask')
    }
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await umpire.listEscalations({ limit: 1, status: 'open', ...(cursor && { cursor }) })
      seen.push(...page.escalations.map(({ account }) => account))
      cursor = page.next
    }
    expect(seen.sort()).toEqual(['page-1', 'page-2', 'page-3', 'read'])
  })

  it('says what the service says', async () => {
    await expect(umpire.adjudicate({ account: 'acme', decision: 'lunch' })).rejects.toMatchObject({
      code: 'unknown_decision',
      status: 400,
      title: 'No rule file declares this decision',
      instance: expect.stringMatching(/^urn:uuid:/),
    })
    const stranger = createClient({ url: service.url, key: 'nobody' })
    await expect(stranger.getUptake('pulse')).rejects.toBeInstanceOf(UmpireError)
    await expect(
      stranger.check({ account: 'a', decision: DECISION, action: ACTION, agent: 'b' }),
    ).rejects.toMatchObject({
      code: 'unauthorized',
    })
  })
})
