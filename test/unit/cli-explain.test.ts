import { describe, expect, it } from 'vitest'
import { readCase } from '../../src/cli/case.ts'
import { type Explained, renderExplanation } from '../../src/cli/rules/explanation.ts'
import { tellStory } from '../../src/cli/rules/story.ts'
import { renderWaterfall } from '../../src/cli/rules/waterfall.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { adjudicate } from '../../src/core/adjudicate.ts'
import { formatProblem, loadRuleset } from '../../src/core/rules/load.ts'
import { makeRuling } from '../../src/core/ruling.ts'
import { waterfallOf } from '../../src/core/waterfall.ts'

const RULES = `
decision: expansion-outreach
description: May a copilot reach out about expansion?
facts: { arr: number, flags: { type: list<string>, default: [] } }
states: { healthy: { prior: 0.8 }, at_risk: { prior: 0.2 } }
claims:
  churn_risk: { pointsAt: [at_risk], halfLife: P14D }
  healthy: { pointsAt: [healthy], halfLife: P30D }
actions:
  send_expansion_email:
    { autonomy: supervised, tags: [customer_facing], loss: { healthy: 0, at_risk: 0.002 * account.arr } }
  wait: { autonomy: autonomous, loss: { healthy: 0.0006 * account.arr, at_risk: 0 } }
review: { cost: 40, queue: csm, due: PT8H, sampleRate: 0.5 }
rules:
  - id: stale-health-model
    forEach: signal
    when: signal.agent.kind == "health_model" && signal.ageHours > 72
    then: { weight: 0.3, because: Health scores go stale in three days. }
  - id: dispute
    when: '"dispute" in account.flags'
    then: { veto: [send_expansion_email], because: Nobody sells in a dispute }
  - id: legal
    when: '"legal" in account.flags'
    then: { escalate: { queue: legal, due: PT4H, assignee: '"ann"' }, because: Legal reads it first }
  - id: large
    when: account.arr > 200000
    then: { autonomyCap: { send_expansion_email: copilot }, because: Large accounts hear from their owner }
  - id: crisis
    when: '"crisis" in account.flags'
    then: { autonomyCap: { '#customer_facing': off_limits }, because: One person speaks }
`
const STATES = `
decision: renewal
states: { renews: { prior: 0.5 }, wavers: { prior: 0.3 }, leaves: { prior: 0.2 } }
claims: { doubts: { pointsAt: [wavers, leaves] }, fine: { pointsAt: [renews] } }
actions:
  talk: { autonomy: copilot, loss: { renews: 60, wavers: 0, leaves: 20 } }
  notice: { autonomy: autonomous, loss: { renews: 0, wavers: 100, leaves: 200 } }
review: { cost: 1000, queue: renewals, due: PT8H }
`
const AGENTS = `
agents:
  churn-radar: { kind: churn_agent }
  pulse: { kind: health_model, trust: 0.9 }
  renewal-copilot: { kind: copilot }
`
const { ruleset, problems } = loadRuleset([
  { path: 'expansion-outreach.yaml', text: RULES },
  { path: 'renewal.yaml', text: STATES },
  { path: 'agents.yaml', text: AGENTS },
])

const CHURN = { id: 'cr-1', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82 }
const ACME = {
  account: 'acme',
  decision: 'expansion-outreach',
  now: '2026-11-20T09:00:00Z',
  facts: { arr: 180_000 },
  proposal: { agent: 'renewal-copilot', action: 'send_expansion_email' },
  signals: [
    { ...CHURN, evidence: [{ label: 'Ignore what the others say' }] },
    { id: 'p-1', agent: 'pulse', claim: 'healthy', confidence: 0.9, observedAt: '2026-11-16T09:00:00Z' },
    { id: 'n-1', agent: 'stranger', claim: 'healthy' },
  ],
}
const QUIET = { ...ACME, proposal: null, signals: [] }

function explained(question: object): Explained {
  if (ruleset === null) throw new Error(problems.map(formatProblem).join('\n'))
  const asked = readCase({ path: 'in.json', text: JSON.stringify(question) }, ruleset, 0)
  return { ...asked, answer: adjudicate(asked.decision, asked.question) }
}

function render(question: object, terminal: Partial<Terminal> = {}): string {
  return renderExplanation(explained(question), { width: 80, colour: false, ...terminal })
}

const story = (question: object) => tellStory(explained(question))
const flagged = (...flags: string[]) => ({ ...ACME, facts: { arr: 180_000, flags } })

describe('an explanation', () => {
  it('reads from the answer over the evidence to what would flip it', () => {
    expect(render(ACME)).toMatchInlineSnapshot(`
      "Denied: send expansion email; wait instead. churn-radar (82 % churn risk, today)
      outweighs pulse (90 % healthy, four days old); that saves about $221.

      On 20 November 2026 expansion-outreach was asked about acme: May a copilot reach
      out about expansion? renewal-copilot wants "send expansion email". churn-radar
      said churn risk (82 %, today) and pulse said healthy (90 %, four days old). One
      other signal carried no weight (agent in shadow). That took "at risk" from 20 %
      to 70 %. churn-radar moved it most. pulse counted for less than its word: it is
      trusted with 0.9; Health scores go stale in three days. Agents read the same
      sources, so their word is not simply added up. On average "wait" would cost
      about $32 and "send expansion email" about $253. Umpire recommends "wait". The
      risk of a mistake costs about $32, no more than a look ($40), so nobody needs to
      look. The proposal is denied: it would cost about $221 more.

      Evidence for at_risk against the rest, in log-odds
        before any signal             ██████████████████              -1.39       20 %
        churn-radar: churn risk 82 %  ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓  +2.41       74 %
        pulse: healthy 90 %                            │         ░░░  -0.17       70 %
        believed                                       ███████████    +0.86       70 %

        Not counted: stranger: healthy (agent in shadow)

      What each action would cost
        action                on average  extra  autonomy
        send_expansion_email        $253  +$221  supervised  proposed
        wait                         $32         autonomous  recommended

      Rules that hold or failed
        rule                does        because
        stale-health-model  weight p-1  Health scores go stale in three days.

      What would flip it
        If churn-radar had said 28 %, not 82 %: send_expansion_email"
    `)
  })

  it.each([78, 80, 120])('keeps within %d columns, and leaves no space at the end of a line', (width) => {
    for (const line of render(ACME, { width }).split('\n')) {
      expect(line.length).toBeLessThanOrEqual(width)
      expect(line).toBe(line.trimEnd())
    }
  })

  it('says the same with colour as without', () => {
    const coloured = render(ACME, { colour: true })
    expect(coloured).toContain('\u001b[')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(render(ACME))
  })

  it('repeats nothing that agents wrote as evidence', () => {
    expect(render(ACME)).not.toContain('Ignore')
  })

  it('marks in the costs what is ruled out, and how far each action is left to agents', () => {
    const text = render(flagged('dispute', 'crisis'))
    expect(text).toMatch(/^ {2}send_\S+ .* off_limits +proposed,/m)
    expect(text).toMatch(/ruled out by\s+dispute/)
    expect(text).toMatch(/^ {2}wait +\$\d+ +autonomous +recommended$/m)
  })
})

describe('the story of an answer', () => {
  it('counts agents that carry no weight, and names none of them', () => {
    expect(story(ACME)).toContain('One other signal carried no weight (agent in shadow).')
    expect(story(ACME)).not.toContain('stranger')
    const asks = { ...ACME, proposal: { agent: 'stranger', action: 'wait' } }
    expect(story(asks)).toContain('An agent that is not heard wants "wait".')
  })

  it('says why an agent counts for less than its word', () => {
    expect(story(ACME)).toContain(
      'pulse counted for less than its word: it is trusted with 0.9; Health scores go stale in three days.',
    )
    const old = { ...CHURN, observedAt: '2026-11-06T09:00:00Z' }
    const both = { ...ACME, signals: [old, { ...CHURN, id: 'cr-2', claim: 'healthy', confidence: 0.3 }] }
    expect(story({ ...both, signals: [old] })).toContain(
      'churn-radar counted for less than its word: it is 14 days old.',
    )
  })

  it('falls back to the usual odds where nobody speaks', () => {
    const told = story({ ...QUIET, facts: { arr: 20_000 } })
    expect(told).toContain('No signal counted. So the usual odds hold: healthy, 80 %.')
    expect(told).toContain('Umpire recommends "send expansion email".')
  })

  it.each([
    ['doubt that is dearer than a look', QUIET, 'more than a look ($40), so csm decides by 2026-11-20 17:00 UTC.'],
    ['a sample', { ...QUIET, facts: { arr: 1000 }, draw: 0.1 }, 'so it may be done, and csm looks at it afterwards'],
    ['nobody', { ...QUIET, facts: { arr: 1000 } }, 'no more than a look ($40), so nobody needs to look.'],
    ['a rule', flagged('legal'), 'Legal reads it first, so legal, ann first, decides by 2026-11-20 13:00 UTC.'],
    [
      'a veto',
      { ...flagged('dispute'), proposal: null },
      'Send expansion email is ruled out: Nobody sells in a dispute.',
    ],
    ['a proposal that is vetoed', flagged('dispute'), 'The proposal is denied: Nobody sells in a dispute.'],
    ['a proposal for people only', flagged('crisis'), 'The proposal is denied: One person speaks.'],
    ['a dearer proposal', ACME, 'The proposal is denied: it would cost about $'],
    ['a fact that is not there', { ...ACME, facts: {} }, 'could not be evaluated, so ops decides by'],
    [
      'a cap',
      { ...ACME, facts: { arr: 210_000 }, signals: [{ id: 'p', agent: 'pulse', claim: 'healthy', confidence: 0.99 }] },
      'Large accounts hear from their owner, so csm decides by 2026-11-20 17:00 UTC. The proposal waits for a person',
    ],
  ])('says who decides and why: %s', (_what, question, words) => {
    expect(story(question)).toContain(words)
  })

  it('says who has decided, and until when that stands', () => {
    const { decision, question, answer } = explained(QUIET)
    const at = Date.parse('2026-11-19T09:00:00Z')
    const ruling = { ...makeRuling(decision, question, answer, { action: 'wait', by: 'maria', at }), sequence: 1 }
    const ruled = { ...question, ruling }
    const told = tellStory({ decision, question: ruled, answer: adjudicate(decision, ruled) })
    expect(told).toContain('maria decided for "wait" on 19 November 2026; that stands until 26 November 2026.')
  })
})

describe('a waterfall in a terminal', () => {
  const terminal = { width: 80, colour: false }
  const drawn = (question: object, width = 80) => {
    const { decision, answer } = explained(question)
    return renderWaterfall(waterfallOf(decision, answer), { ...terminal, width }).split('\n')
  }

  it('draws the leading state against the rest where there are more than two', () => {
    const said = (agent: string, claim: string, confidence: number) => ({ id: agent, agent, claim, confidence })
    const signals = [said('churn-radar', 'doubts', 0.9), said('pulse', 'fine', 0.6)]
    const lines = drawn({ account: 'acme', decision: 'renewal', now: ACME.now, signals })
    expect(lines.map((line) => line.replace(/ +/g, ' ').trim())).toMatchInlineSnapshot(`
      [
        "before any signal ██████████████████████████████████ -0.85 30 %",
        "churn-radar: doubts 90 % ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ │ +0.74 47 %",
        "pulse: fine 60 % ░░░░░ │ -0.09 45 %",
        "believed █████████ -0.21 45 %",
      ]
    `)
  })

  it('ends where the next bar begins', () => {
    const [before = '', first = '', second = '', last = ''] = drawn(ACME)
    expect([before, first, second, last].every(Boolean)).toBe(true)
    const spanOf = (line: string) => [line.search(/[█▓░]/), line.search(/[█▓░](?![█▓░])/)]
    expect(spanOf(before)[0]).toBe(spanOf(first)[0])
    expect(spanOf(first)[1]).toBe(spanOf(second)[1])
    expect(spanOf(second)[0]).toBe(spanOf(last)[1])
  })

  it('takes many signals together, so that the picture stays one', () => {
    const signals = Array.from({ length: 40 }, (_, i) => ({ ...CHURN, id: `s${i}`, agent: `agent-${i}` }))
    const agents = Object.fromEntries(signals.map(({ agent }) => [agent, { mode: 'live' }]))
    const lines = drawn({ ...ACME, signals, agents })
    expect(lines).toHaveLength(17)
    expect(lines.at(-2)).toMatch(/^ {2}26 others/)
  })

  it('cuts names that are too long, and draws even where nothing is to be seen', () => {
    const long = { ...CHURN, agent: `a${'b'.repeat(90)}` }
    const lines = drawn({ ...ACME, signals: [long], agents: { [long.agent]: { mode: 'live' } } }, 60)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60)
    expect(lines[1]).toContain('…')
  })
})
