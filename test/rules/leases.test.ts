import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { parseCases } from '../../src/core/rules/cases.ts'
import { diffRulesets } from '../../src/core/rules/diff.ts'
import { formatProblem, loadRuleset, type Ruleset } from '../../src/core/rules/load.ts'
import { explainFailure, runCase } from '../../src/core/rules/run-case.ts'
import { DAY } from '../core/fixtures.ts'
import { edited, GOOD, problemsOf } from './good.ts'

const MINUTE = 60_000

function load(files: Readonly<Record<string, string>>): Ruleset {
  const { ruleset, problems } = loadRuleset(Object.entries(files).map(([path, text]) => ({ path, text })))
  if (ruleset === null) throw new Error(problems.map(formatProblem).join('\n'))
  return ruleset
}

const decisionOf = (text: string, all?: string) =>
  load({ 'outreach.yaml': text, ...(all !== undefined && { '_all.yaml': all }) }).decisions.get('expansion-outreach')!

const COOLED = edited(['tags: [customer_facing]', 'tags: [customer_facing]\n    cooldown: P14D'])
const AGENTS = 'agents: { pulse: { kind: health_model, trust: 1 } }\n'
const ALL = 'cooldowns: { customer_facing: P7D }\nrules: []\n'

describe('leases and cooldowns in rule files', () => {
  it('have defaults', () => {
    const { lease, cooldowns, longestCooldown, actions } = decisionOf(GOOD)
    expect({ lease, cooldowns, longestCooldown }).toEqual({
      lease: 10 * MINUTE,
      cooldowns: new Map(),
      longestCooldown: 0,
    })
    expect(actions.map(({ cooldown }) => cooldown)).toEqual([null, null])
  })

  it('are read', () => {
    const { lease, cooldowns, longestCooldown, actions } = decisionOf(`${COOLED}lease: PT30M\n`, ALL)
    expect({ lease, cooldowns, longestCooldown }).toEqual({
      lease: 30 * MINUTE,
      cooldowns: new Map([['customer_facing', 7 * DAY]]),
      longestCooldown: 14 * DAY,
    })
    expect(actions.map(({ cooldown }) => cooldown)).toEqual([14 * DAY, null])
  })

  it('leave out a tag that the decision does not have', () => {
    const other = GOOD.replace('decision: expansion-outreach', 'decision: other').replace(
      '    tags: [customer_facing]\n',
      '',
    )
    const plain = other.replace("      autonomyCap: { '#customer_facing': copilot }\n", '')
    const { decisions } = load({ 'a.yaml': GOOD, 'b.yaml': plain, '_all.yaml': ALL })
    expect(decisions.get('other')?.cooldowns).toEqual(new Map())
    expect(decisions.get('expansion-outreach')?.longestCooldown).toBe(7 * DAY)
  })

  it.each([
    ['lease: ten minutes', '`ten minutes` is no ISO 8601 duration'],
    ['lease: PT0S', '`PT0S` is no time at all; write a longer one'],
  ])('say what is wrong: %s', (line, message) => {
    expect(problemsOf({ 'outreach.yaml': `${GOOD}${line}\n` })).toEqual([expect.stringContaining(message)])
  })

  it('say which tag nobody carries', () => {
    const all = 'cooldowns: { customer_facin: P7D }\nrules: []\n'
    expect(problemsOf({ 'outreach.yaml': GOOD, '_all.yaml': all })).toEqual([
      '_all.yaml:1:14 error: no action carries the tag `customer_facin`; did you mean `customer_facing`?',
    ])
  })

  it('are no part of the question but for cooldowns', () => {
    const { meaning } = decisionOf(GOOD)
    expect(decisionOf(`${GOOD}lease: PT1M\n`).meaning).toBe(meaning)
    expect(decisionOf(GOOD, 'rules: []').meaning).toBe(meaning)
    expect(decisionOf(COOLED).meaning).not.toBe(meaning)
    expect(decisionOf(GOOD, ALL).meaning).not.toBe(meaning)
  })

  it('are told in words where they change', () => {
    const from = load({ 'outreach.yaml': GOOD, '_all.yaml': 'rules: []' })
    const to = load({ 'outreach.yaml': `${COOLED}lease: PT5M\n`, '_all.yaml': ALL })
    expect(diffRulesets(from, to).map(({ text }) => text)).toEqual([
      'every decision: cooldown of tag customer_facing added: P7D',
      'expansion-outreach: action send_email: cooldown none → P14D',
      'expansion-outreach: lease PT10M → PT5M',
    ])
    const longer = load({ 'outreach.yaml': COOLED, '_all.yaml': ALL.replace('P7D', 'P9D') })
    expect(diffRulesets(load({ 'outreach.yaml': COOLED, '_all.yaml': ALL }), longer).map(({ text }) => text)).toEqual([
      'every decision: cooldown of tag customer_facing P7D → P9D',
    ])
  })

  it('can be tried in cases', () => {
    const ruleset = load({ 'expansion-outreach.yaml': COOLED, '_all.yaml': ALL, 'agents.yaml': AGENTS })
    const cases = (body: string) =>
      parseCases(
        {
          path: 'expansion-outreach_test.yaml',
          text: `facts: { arr: 180000, segment: smb, onboardedAt: 2020-01-01 }\ncases:\n${body}`,
        },
        ruleset,
      )
    const signals = 'signals: [{ agent: pulse, claim: healthy, confidence: 0.9 }]'
    const { cases: read, problems } = cases(`
  - { name: free, ${signals}, expect: { action: send_email, rules: [] } }
  - { name: mailed, ${signals}, taken: [{ action: send_email, age: P10D }],
      expect: { action: wait, rules: ['cooldown:send_email'] } }
  - { name: called, ${signals}, taken: [{ action: call, tags: [customer_facing], age: P6D }],
      expect: { action: wait, rules: ['cooldown:#customer_facing'] } }
  - { name: over, ${signals}, taken: [{ action: send_email, age: P14D }], expect: { action: send_email } }
`)
    expect(problems).toEqual([])
    expect(read.map((one) => explainFailure(runCase(ruleset, one)))).toEqual([[], [], [], []])
    expect(
      cases("  - { name: slip, expect: { rules: ['cooldown:send_mail'] } }\n").problems.map(({ message }) => message),
    ).toEqual(['unknown rule `cooldown:send_mail`; did you mean `cooldown:send_email`?'])
  })

  it('load as the page writes them', () => {
    const page = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8')
    const block = (kind: string) => new RegExp(`^\`\`\`yaml ${kind}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? ''
    const { actions, ...rest } = parse(block('lease'))
    const decision = parse(block('decision'))
    const text = stringify({ ...decision, ...rest, actions: { ...decision.actions, ...actions } })
    const { decisions } = load({ 'training-offer.yaml': text, '_all.yaml': block('cooldowns') })
    expect(decisions.get('training-offer')).toMatchObject({
      lease: 15 * MINUTE,
      cooldowns: new Map([['customer_facing', 14 * DAY]]),
      longestCooldown: 90 * DAY,
    })
  })
})
