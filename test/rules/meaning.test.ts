import { describe, expect, it } from 'vitest'
import type { Decision } from '../../src/core/model.ts'
import { formatProblem, loadRuleset } from '../../src/core/rules/load.ts'
import { edited, GOOD } from './good.ts'

const SHARED = `
facts: { legalHold: { type: bool, default: false }, arr: number, calm: { type: bool, default: true } }
rules:
  - id: legal-hold
    description: Asked for by legal
    when: account.legalHold
    then: { veto: ['#customer_facing'], because: Lawyers talk to this customer }
  - id: discounts
    when: account.calm
    then: { veto: [send_discount], because: No need }
`

/** Has the action that GOOD lacks, so that the shared rules are in order. */
const DISCOUNT = `
decision: discount
states: { keen: { prior: 0.5 }, cool: { prior: 0.5 } }
actions: { send_discount: { autonomy: copilot, tags: [customer_facing], loss: { keen: 1, cool: 0 } } }
review: { cost: 5, queue: sales }
`

function decisionOf(text: string, shared = SHARED): Decision {
  const files = { 'a.yaml': text, 'd.yaml': DISCOUNT, '_all.yaml': shared }
  const { ruleset, problems } = loadRuleset(Object.entries(files).map(([path, text]) => ({ path, text })))
  const decision = ruleset?.decisions.get('expansion-outreach')
  if (decision === undefined) throw new Error(problems.map(formatProblem).join('\n'))
  return decision
}

const REVIEW = 'review: { cost: 40, queue: csm, due: PT8H, sampleRate: 0.1 }'
const FACTS =
  'facts: { arr: number, segment: string, flags: { type: list<string>, default: [] }, onboardedAt: timestamp }'

describe('the facts that a decision reads', () => {
  it('are those of its losses, its rules and the shared ones that concern it', () => {
    expect(decisionOf(GOOD).reads).toEqual(['arr', 'flags', 'legalHold', 'onboardedAt'])
  })

  it('are those of assignees, of the review and of rules', () => {
    const assigned = edited(
      [FACTS, FACTS.replace('{', '{ owner: string, guide: string,')],
      [REVIEW, REVIEW.replace(' }', ', assignee: account.owner }')],
      ['priority: 5', 'priority: 5, assignee: account.guide'],
    )
    expect(decisionOf(assigned).reads).toEqual(['arr', 'flags', 'guide', 'legalHold', 'onboardedAt', 'owner'])
  })

  it('are those that conditions ask for in whatever way', () => {
    const asked = (when: string) => decisionOf(edited([`'"procurement_dispute" in account.flags'`, `'${when}'`])).reads
    expect(asked('has(account.segment)')).toContain('segment')
    expect(asked('account["segment"] == "smb"')).toContain('segment')
    expect(asked('account.flags.exists(f, f == account.segment)')).toContain('segment')
    expect(asked('true')).not.toContain('segment')
  })

  it.each([
    ['by a name that is computed', 'account[signals[0].claim] == 1'],
    ['all at once', 'size(account) > 3'],
    ['as a list of names', '"arr" in account'],
    ['in a comprehension', 'account.all(name, name != "x")'],
  ])('may be any where they are read %s', (_how, when) => {
    const open = edited([`${FACTS}\n`, ''], [`'"procurement_dispute" in account.flags'`, `'${when}'`])
    expect(decisionOf(open).reads).toBeNull()
  })
})

describe('the meaning of a decision', () => {
  const meaning = (...edits: readonly (readonly [from: string, to: string])[]) => decisionOf(edited(...edits)).meaning
  const good = meaning()

  // Stored rulings have it. With another one what they answered is not recomputed: a key that is new in the schema has to
  // be left out of the meaning where it is not written.
  it('is the same in every version', () => {
    expect(good).toBe('f0ff29d374283441b1f75c48cfaba6e1894cbca947bd738be1dde10c908e8de8')
  })

  it.each<[string, string, string]>([
    ['the description', 'May a copilot', 'Should a copilot'],
    ['the description of a state', 'healthy: { prior: 0.8 }', 'healthy: { prior: 0.8, description: Well }'],
    ['the description of an action', 'autonomy: autonomous', 'autonomy: autonomous\n    description: Not now'],
    ['the description of a rule', '- id: dispute', '- id: dispute\n    description: Ask legal'],
    ['why a rule is there', 'because: Health scores', 'because: All scores'],
    ['a default that is written', REVIEW, `${REVIEW.replace(' }', ', holdsFor: P7D }')}\nadjudicateOn: []`],
    ['a duration in other words', 'due: PT8H', 'due: PT480M'],
    ['quotes', 'queue: csm', 'queue: "csm"'],
    ['how soon people decide', 'due: PT8H', 'due: PT4H'],
    ['how often samples are drawn', 'sampleRate: 0.1', 'sampleRate: 0.2'],
    ['what is done where nobody decides', REVIEW, REVIEW.replace(' }', ', fallback: wait }')],
    ['what it is asked on', REVIEW, `${REVIEW}\nadjudicateOn: [signal]`],
    ['how long an answer may be used', 'validFor: PT2H', 'validFor: PT3H'],
    ['how urgent a rule finds it', 'priority: 5, due: PT1H', 'priority: 6, due: PT2H'],
    ['the order of sections', `${REVIEW}\nrules:`, 'rules:'],
  ])('does not turn on %s', (_what, from, to) => {
    const moved = from.endsWith('rules:') ? edited([from, to]) + REVIEW : edited([from, to])
    expect(decisionOf(moved).meaning).toBe(good)
  })

  it.each<[string, string, string]>([
    ['a loss', '0.002 * account.arr', '0.003 * account.arr'],
    ['the cost of asking', 'cost: 40', 'cost: 41'],
    ['a condition', '> 72', '> 73'],
    ['an effect', 'weight: 0.3', 'weight: 0.4'],
    ['a default of a fact', 'default: []', 'default: [x]'],
    ['who is asked', 'queue: csm', 'queue: legal'],
    ['whom a rule asks', 'queue: onboarding', 'queue: legal'],
    ['how long answers hold', REVIEW, REVIEW.replace(' }', ', holdsFor: P8D }')],
    [
      'the order of states',
      '  healthy: { prior: 0.8 }\n  at_risk: { prior: 0.2 }',
      '  at_risk: { prior: 0.2 }\n  healthy: { prior: 0.8 }',
    ],
  ])('turns on %s', (_what, from, to) => {
    expect(meaning([from, to])).not.toBe(good)
  })

  it('turns on the shared rules that concern it, and the facts that they read', () => {
    const changed = (from: string, to: string) => decisionOf(GOOD, SHARED.replace(from, to)).meaning !== good
    expect(changed('when: account.legalHold', 'when: account.legalHold || account.arr > 1')).toBe(true)
    expect(changed('default: false', 'default: true')).toBe(true)
    expect(changed('because: Lawyers', 'because: Our lawyers')).toBe(false)
    expect(changed('when: account.calm', 'when: "!account.calm"')).toBe(false)
    expect(changed('calm: { type: bool, default: true }', 'calm: { type: bool, default: false }')).toBe(false)
  })
})
