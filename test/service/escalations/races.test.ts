import type { Pool } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { putAccount } from '../../../src/app/accounts.ts'
import type { App } from '../../../src/app/app.ts'
import { verifyAudit } from '../../../src/app/audit.ts'
import { createDesk } from '../../../src/app/desk.ts'
import { claimEscalation, releaseEscalation } from '../../../src/app/escalations/claims.ts'
import { tick } from '../../../src/app/escalations/clocks.ts'
import { resolveEscalation } from '../../../src/app/escalations/resolve.ts'
import { findEscalation } from '../../../src/storage/escalations.ts'
import { connect } from '../../../src/storage/open.ts'
import { createTestApp } from '../app.ts'
import { admin, ben, createCases, HOUR, maria, REVIEW_RULES } from './reviewing.ts'

const { app, databaseUrl, pass } = await createTestApp({ rules: REVIEW_RULES })
const { ask, open, steps } = createCases(app, databaseUrl)
const item = async (id: string) => (await findEscalation(app.db, id))!
const UPHOLD = { resolution: 'uphold', reason: 'agreed' } as const

const store = connect({ connectionString: databaseUrl }, { connections: 2, onError: () => {} })
afterAll(() => store.close())

/** Another process, in whose way something comes once: before or after it has looked how things stand. */
function late(when: 'before' | 'after', comesBetween: () => Promise<unknown>): App {
  let hasCome = false
  const query = async (statement: { name: string }) => {
    const isNow = !hasCome && statement.name === 'load'
    if (isNow) hasCome = true
    if (isNow && when === 'before') await comesBetween()
    const result = await store.desk.query(statement as never)
    if (isNow && when === 'after') await comesBetween()
    return result
  }
  return { ...app, desk: createDesk({ pool: { query } as unknown as Pool, now: app.now }) }
}

describe('a clock that finds nothing to do', () => {
  /** An item that was overdue when it was given back, which calls for a look at its clock. */
  async function givenBack(account: string): Promise<string> {
    const id = await open(account)
    await claimEscalation(app, maria, id, {})
    pass(9 * HOUR)
    await tick(app, id)
    await claimEscalation(app, maria, id, {})
    await releaseEscalation(app, maria, id, {})
    expect((await item(id)).tickAt).toBe(app.now())
    return id
  }

  it('runs no more', async () => {
    const id = await givenBack('still')
    expect(await tick(app, id)).toBeNull()
    expect(await item(id)).toMatchObject({ status: 'open', tickAt: null })
  })

  it('takes no claim away that was made meanwhile', async () => {
    const id = await givenBack('claimed-meanwhile')
    for (const when of ['before', 'after'] as const) {
      await tick(
        late(when, () => claimEscalation(app, ben, id, {})),
        id,
      )
      expect(await item(id)).toMatchObject({ status: 'claimed', claimedBy: 'ben' })
      await releaseEscalation(app, ben, id, {})
    }
  })

  it('opens nothing again that was resolved meanwhile', async () => {
    const id = await givenBack('resolved-meanwhile')
    await tick(
      late('after', () => resolveEscalation(app, ben, id, UPHOLD)),
      id,
    )
    await tick(app, id)
    expect(await resolveEscalation(app, ben, id, UPHOLD).catch(({ code }) => code)).toBe('already_resolved')
    expect((await steps(id)).filter((kind) => kind === 'resolved')).toHaveLength(1)
  })
})

describe('an account that joins another', () => {
  it('while somebody resolves what waits about it, takes their answer', async () => {
    const id = await open('crm:early')
    const resolved = await resolveEscalation(
      late('before', () => putAccount(app, admin, 'early', { aliases: ['crm:early'] })),
      maria,
      id,
      { ...UPHOLD, state: 'healthy' },
    )
    expect(resolved).toMatchObject({ status: 'resolved', account: 'early', resolution: { by: 'maria' } })
  })

  it('brings what a person has decided about it', async () => {
    const id = await open('crm:decided')
    await resolveEscalation(app, maria, id, UPHOLD)
    expect((await ask('crm:decided')).recommendation.reasons).toContain('decided_by_person')
    await putAccount(app, admin, 'decided', { aliases: ['crm:decided'] })
    expect(await ask('decided')).toMatchObject({
      recommendation: { reasons: expect.arrayContaining(['decided_by_person']) },
      escalation: null,
    })
  })
})

it('leaves a trail that holds', async () => {
  expect(await verifyAudit(app, {})).toMatchObject({ ok: true })
})
