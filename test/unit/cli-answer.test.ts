import { describe, expect, it } from 'vitest'
import { renderAnswer } from '../../src/cli/answer.ts'
import { readCase } from '../../src/cli/case.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { adjudicate } from '../../src/core/adjudicate.ts'
import { loadRuleset } from '../../src/core/rules/load.ts'

const RULES = `
decision: expansion-outreach
facts: { arr: number, flags: { type: list<string>, default: [] } }
states: { healthy: { prior: 0.8 }, at_risk: { prior: 0.2 } }
claims:
  churn_risk: { pointsAt: [at_risk], halfLife: P14D }
  healthy: { pointsAt: [healthy], halfLife: P30D }
actions:
  send_expansion_email: { autonomy: supervised, loss: { healthy: 0, at_risk: 0.002 * account.arr } }
  wait: { autonomy: autonomous, loss: { healthy: 0.0006 * account.arr, at_risk: 0 } }
review: { cost: 40, queue: csm, due: PT8H }
rules:
  - id: stale-health-model
    forEach: signal
    when: signal.agent.kind == "health_model" && signal.ageHours > 72
    then: { weight: 0.3, because: Health scores go stale in three days }
  - id: dispute
    when: '"dispute" in account.flags'
    then: { veto: [send_expansion_email, wait], tag: dispute, because: Nobody writes to a customer in a dispute }
`
const AGENTS = `
agents:
  churn-radar: { kind: churn_agent }
  pulse: { kind: health_model }
  quiet: { mode: muted }
`

const { ruleset } = loadRuleset([
  { path: 'expansion-outreach.yaml', text: RULES },
  { path: 'agents.yaml', text: AGENTS },
])

const ACME = {
  account: 'acme',
  decision: 'expansion-outreach',
  now: '2026-11-20T09:00:00Z',
  facts: { arr: 180_000 },
  proposal: { agent: 'renewal-copilot', action: 'send_expansion_email' },
  signals: [
    { id: 'cr-1', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82 },
    { id: 'cr-0', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.42, observedAt: '2026-11-10T09:00:00Z' },
    { id: 'p-1', agent: 'pulse', claim: 'healthy', confidence: 0.9, observedAt: '2026-11-16T09:00:00Z' },
    { id: 'n-1', agent: 'nobody', claim: 'healthy' },
    { id: 'q-1', agent: 'quiet', claim: 'healthy' },
    { id: 'e-1', agent: 'pulse', claim: 'churn_risk', observedAt: '2026-11-01', expiresAt: '2026-11-02' },
  ],
}

function render(question: object, terminal: Partial<Terminal> = {}): string {
  if (ruleset === null) throw new Error('the rules of this test do not load')
  const asked = readCase({ path: 'in.json', text: JSON.stringify(question) }, ruleset, 0)
  return renderAnswer(adjudicate(asked.decision, asked.question), asked, { width: 80, colour: false, ...terminal })
}

describe('an answer on a terminal', () => {
  it('reads from the sentence down to what would change it', () => {
    expect(render(ACME)).toMatchInlineSnapshot(`
      "Denied: send expansion email; wait instead. churn-radar (82 % churn risk, today)
      outweighs pulse (90 % healthy, four days old); that saves about $215.

        decision       expansion-outreach about acme
        recommended    wait, right with 69 %
        disposition    act (autonomous)
        proposal       send_expansion_email by renewal-copilot: deny (costlier)
        beliefs        healthy 31 % · at_risk 69 %
        expected loss  send_expansion_email $248 · wait $33
        regret         $33; asking a person costs $40
        conflict       0.14
        valid until    2026-11-20 10:00 UTC

      Signals
        agent        claim         sure  age  weight    llr   adds  not used
        churn-radar  churn_risk    82 %  0 h    0.82  +2.90  +2.37
        pulse        healthy       90 %  4 d    0.22  +0.81  +0.18
        nobody       healthy     (75 %)  0 h    0.00  +1.10   0.00  agent in shadow

        Not read: cr-0 of churn-radar (a newer one says the same), q-1 of quiet (agent
        muted), e-1 of pulse (expired)

      Rules that hold
        rule                does        because
        stale-health-model  weight p-1  Health scores go stale in three days

      What would change the answer
        If churn-radar had said 28 %, not 82 %: send_expansion_email"
    `)
  })

  it('says who decides, by when and why, where a person does', () => {
    const text = render({ ...ACME, facts: { arr: 180_000, flags: ['dispute'] } })
    expect(text).toContain('recommended    nothing')
    expect(text).toContain('disposition    escalate (no_permitted_action)')
    expect(text).toContain('a person       csm decides by 2026-11-20 17:00 UTC')
    expect(text).toContain('tags           dispute')
    expect(text).toMatch(/dispute +veto +Nobody writes to a customer in a dispute/)
    expect(text).not.toContain('What would change the answer')
  })

  it('names the rule that failed, its expression and the reason', () => {
    const text = render({ ...ACME, facts: {} }, { width: 200 })
    expect(text).toContain('rule_error')
    expect(text).toMatch(/loss:wait\.healthy +failed +`0\.0006 \* account\.arr`: .*arr/)
    expect(text).toContain('wait unknown')
  })

  it('has something to say where nobody said anything', () => {
    expect(render({ ...ACME, signals: [] })).toContain('Signals\n  none')
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
})
