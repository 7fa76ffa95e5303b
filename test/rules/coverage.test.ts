import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatProblem, loadRuleset, type RuleFile } from '../../src/core/rules/load.ts'
import { testRuleset } from '../../src/core/rules/test-ruleset.ts'

const decision: RuleFile = {
  path: 'expansion-outreach.yaml',
  text: readFileSync(join(import.meta.dirname, 'fixtures/expansion-outreach.yaml'), 'utf8'),
}
const shared: RuleFile = {
  path: '_all.yaml',
  text: `rules:
  - { id: everywhere, when: account.arr > 5, then: { tag: large, because: It is large } }
  - { id: nowhere, when: account.arr < 0, then: { tag: odd, because: It owes us } }
`,
}
const { ruleset, problems } = loadRuleset([decision, shared])
if (ruleset === null) throw new Error(problems.map(formatProblem).join('\n'))

function coverageOf(cases: string) {
  const tested = testRuleset(ruleset as NonNullable<typeof ruleset>, [
    { path: 'expansion-outreach_test.yaml', text: `cases:\n${cases}` },
  ])
  expect(tested.problems).toEqual([])
  return tested.coverage
}

const FACTS = 'facts: { arr: 1000, segment: smb, onboardedAt: 2024-03-01 }'

describe('coverage', () => {
  it('lists rules and actions that no case exercises, own and shared', () => {
    expect(coverageOf(`  - { name: one, ${FACTS}, expect: { action: send_expansion_email } }`)).toEqual({
      decisions: [
        {
          decision: 'expansion-outreach',
          cases: 1,
          rules: { total: 3, missed: ['procurement-dispute', 'first-thirty-days', 'stale-health-model'] },
          actions: { total: 2, missed: ['wait'] },
        },
      ],
      shared: { total: 2, missed: ['nowhere'] },
    })
  })

  it('counts a proposal, whatever the verdict, and a case that fails', () => {
    const proposal = 'proposal: { agent: copilot, action: wait }'
    const [of] = coverageOf(`  - { name: one, ${FACTS}, ${proposal}, expect: { verdict: allow } }`).decisions
    expect(of?.actions.missed).toEqual([])
  })

  it('does not count a rule that could not be evaluated', () => {
    const facts = FACTS.replace('2024-03-01', 'soon')
    const [of] = coverageOf(`  - { name: one, ${facts}, expect: { reasons: [rule_error] } }`).decisions
    expect(of?.rules.missed).toContain('first-thirty-days')
  })

  it('of a decision without cases is nothing', () => {
    const tested = testRuleset(ruleset, [])
    expect(tested.coverage.decisions).toMatchObject([{ cases: 0, actions: { total: 2, missed: { length: 2 } } }])
  })
})
