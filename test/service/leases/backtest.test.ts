import { expect, it } from 'vitest'
import { withDatabase } from '../../../src/backtest/database.ts'
import { replay } from '../../../src/backtest/replay.ts'
import type { Ruleset } from '../../../src/core/rules/load.ts'
import { rulesOf } from '../backtest/files.ts'
import { createCopilot, rulesWith } from './copilot.ts'

const cooled = (cooldown: string) =>
  rulesWith(['tags: [customer_facing]', `tags: [customer_facing]\n    cooldown: ${cooldown}`])

const { app, allowed, check, redeem, pass } = await createCopilot({ rules: cooled('P1D') })
const { lease } = (await allowed()).body
await redeem(lease.token)
// Denied within the day, allowed after it.
await check()
pass(25 * 3_600_000)
await allowed()

async function against(candidate: Ruleset) {
  const named = (ruleset: Ruleset) => ({ ruleset, name: ruleset.hash })
  const contest = { baseline: named(app.rules.active), candidate: named(candidate), minutesPerReview: 10 }
  const options = { since: 30 * 86_400_000, now: null, decision: null }
  return withDatabase(app.db, options, (history) => replay(history, contest))
}

it('back-tests reproduce what cooldowns answered', async () => {
  const { history, decisions } = await against(rulesOf(cooled('P1D')))
  expect(history).toMatchObject({ questions: 3, reproduced: { of: 3, same: 3 } })
  expect(decisions[0]!.flips.count).toBe(0)
})

it.each([
  ['none', rulesWith(), 1],
  ['a longer one', cooled('P2D'), 1],
  ['a shorter one, which ran then too', cooled('PT1H'), 0],
])('and answer under another: %s', async (_what, rules, flips) => {
  const { decisions } = await against(rulesOf(rules))
  expect(decisions[0]!.flips.count).toBe(flips)
})
