import { describe, expect, it } from 'vitest'
import { hideRecommendation } from '../../src/app/escalations/item-view.ts'
import type { EscalationDetail } from '../../src/app/escalations/reading.ts'
import { viewOf } from '../../src/app/view.ts'
import { readCase } from '../../src/cli/case.ts'
import { renderEscalation } from '../../src/cli/escalations/detail.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { adjudicate } from '../../src/core/adjudicate.ts'
import { loadRuleset } from '../../src/core/rules/load.ts'
import { ended, item, later, NOW } from './escalations.ts'

const RULES = `
decision: expansion-outreach
facts: { arr: number, flags: { type: list<string>, default: [] } }
states: { healthy: { prior: 0.8 }, at_risk: { prior: 0.2 } }
claims: { churn_risk: { pointsAt: [at_risk] }, healthy: { pointsAt: [healthy] } }
actions:
  send_expansion_email: { autonomy: supervised, loss: { healthy: 0, at_risk: 0.002 * account.arr } }
  wait: { autonomy: autonomous, loss: { healthy: 0.0006 * account.arr, at_risk: 0 } }
review: { cost: 40, queue: csm, due: PT8H }
rules:
  - id: stale-health-model
    forEach: signal
    when: signal.ageHours > 72
    then: { weight: 0.9, because: Health scores go stale in three days }
`

function answer() {
  const { ruleset } = loadRuleset([{ path: 'expansion-outreach.yaml', text: RULES }])
  if (!ruleset) throw new Error('the rules of this test do not load')
  const question = {
    account: 'acme',
    decision: 'expansion-outreach',
    now: later(0),
    facts: { arr: 180_000 },
    agents: { 'churn-radar': { mode: 'live', trust: 1 }, pulse: { mode: 'live', trust: 1 } },
    signals: [
      { id: 'c-1', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82 },
      { id: 'p-1', agent: 'pulse', claim: 'healthy', confidence: 0.9, observedAt: later(-96) },
    ],
    proposal: { agent: 'renewal-copilot', action: 'send_expansion_email' },
  }
  const asked = readCase({ path: 'in.json', text: JSON.stringify(question) }, ruleset, 0)
  return viewOf(adjudicate(asked.decision, asked.question), {
    id: '019ab000-0000-7000-8000-000000000001',
    ruleset: ruleset.hash,
    engine: 1,
    createdAt: NOW,
    escalation: null,
    audit: null,
  })
}

function detail(changes: Partial<EscalationDetail> = {}): EscalationDetail {
  return {
    ...item({ recommended: 'wait', proposal: { agent: 'renewal-copilot', action: 'send_expansion_email' } }),
    adjudicationDetail: answer(),
    accountDetail: {
      account: 'acme',
      aliases: ['hubspot:4711'],
      facts: { arr: 180_000, flags: ['vip'] },
      signals: [],
      adjudications: [],
      escalations: [],
    },
    decide: {
      actions: ['send_expansion_email', 'wait'],
      states: ['healthy', 'at_risk'],
      reasons: { agreed: 'The recommendation is right', in_touch: 'Somebody is talking with the customer already' },
    },
    untrusted: null,
    error: null,
    history: [
      { at: later(-1), kind: 'opened', by: null, changed: null, comment: null },
      { at: later(-0.5), kind: 'commented', by: 'ben', changed: null, comment: 'They call\r\nback\tat noon' },
    ],
    ...changes,
  }
}

const render = (changes: Partial<EscalationDetail> = {}, terminal: Partial<Terminal> = {}) =>
  renderEscalation(detail(changes), NOW, { width: 80, colour: false, ...terminal })

describe('an escalation on a terminal', () => {
  it('shows what an agent is going to send, as it wrote it, and how to allow that and nothing else', () => {
    const payload = { subject: 'More seats?\u009b31m', lines: ['Dear Kim,', 'yours'] }
    const shown = render({ untrusted: { agent: 'renewal-copilot', payload, payloadHash: 'a'.repeat(64) } })
    expect(shown).toContain(
      [
        'What renewal-copilot is going to send',
        '  {',
        '    "subject": "More seats?\ufffd31m",',
        '    "lines": [',
        '      "Dear Kim,",',
        '      "yours"',
        '    ]',
        '  }',
        '',
        'To decide it',
      ].join('\n'),
    )
    expect(shown).toMatch(/--adjudication +019ab000-0000-7000-8000-/)
    expect(render()).not.toContain('--adjudication')
  })

  it('reads from the question down to what others did', () => {
    expect(render()).toMatchInlineSnapshot(`
      "A person decides on send expansion email; wait looks better. churn-radar (82 %
      churn risk, today) outweighs pulse (90 % healthy, four days old); the risk of a
      mistake costs about $57, a look $40, so csm decides.

        id             019ab000-0000-7000-8000-00005b0af9a1
        question       expansion-outreach about acme
        status         open
        queue          csm
        due            2026-11-23 17:00 UTC, in 8 h
        recommended    wait (uncertain)
        proposal       send_expansion_email by renewal-copilot
        beliefs        healthy 52 % · at_risk 48 %
        expected loss  send_expansion_email $171 · wait $57
        regret         $57; asking a person costs $40

      Account
        id       acme
        aliases  hubspot:4711
        arr      180000
        flags    vip

      Signals
        agent        claim       sure  age  weight    llr   adds
        churn-radar  churn_risk  82 %  0 h    0.59  +2.90  +1.72
        pulse        healthy     90 %  4 d    0.53  +0.81  +0.43

      Rules that hold
        rule                does        because
        stale-health-model  weight p-1  Health scores go stale in three days

      What would change the recommendation
        If churn-radar had said 41 %, not 82 %: send_expansion_email
        If pulse had said 99 %, not 90 %: send_expansion_email

      To decide it
        umpire escalations resolve 5b0af9a1
        --uphold    wait
        --override  send_expansion_email, wait
        --dismiss   nothing is decided
        --reason    agreed (The recommendation is right), in_touch (Somebody is
                    talking with the customer already)
        --state     if you know it: healthy, at_risk
        --wrong     signals that were: c-1 (churn-radar), p-1 (pulse)

      What was done
        2026-11-23 08:00 UTC  opened
        2026-11-23 08:30 UTC  commented by ben: They call back at noon"
    `)
  })

  it('says who holds it, for whom it is and that it is late', () => {
    const held = { status: 'claimed', claimedBy: 'maria', claimedUntil: later(0.2), assignee: 'ben' } as const
    const text = render({ ...held, dueAt: later(-2), priority: 50, queue: 'support' })
    expect(text).toMatch(/status +held by maria for another 12 min/)
    expect(text).toMatch(/for +ben/)
    expect(text).toMatch(/due +2026-11-23 07:00 UTC, overdue 2 h/)
    expect(text).toMatch(/queue +support, priority 50/)
  })

  it('says what has changed', () => {
    const changed = { action: { from: 'wait', to: null }, reasons: { from: ['uncertain'], to: ['rule', 'uncertain'] } }
    const step = { at: later(0), kind: 'changed', by: null, changed, comment: null }
    const text = render({ changes: 2, history: [step] }, { width: 200 })
    const what = 'action wait → none; reasons uncertain → rule, uncertain'
    expect(text).toMatch(new RegExp(`changed +2 times, last 2026-11-23 09:00 UTC: ${what}`))
    expect(text).toContain(`2026-11-23 09:00 UTC  changed: ${what}`)
  })

  it('tells nothing that gives the recommendation away where the queue is blind', () => {
    const hidden = { blind: true, recommended: null, reasons: null, regret: null } as const
    const text = render({ ...hidden, adjudicationDetail: hideRecommendation(answer()) })
    expect(text).toMatch(/^expansion-outreach about acme: what should be done\?/)
    expect(text).toMatch(/recommended +hidden until it is decided/)
    expect(text).not.toContain('--uphold')
    expect(text).toMatch(/churn-radar +churn_risk +82 % +0 h +c-1/)
    expect(text).toContain('Health scores go stale in three days')
    expect(text).not.toMatch(/beliefs|expected loss|regret|weight +llr|What would change|uncertain|\$/)
  })

  it('says how it ended, and offers no choice any more', () => {
    const resolution = {
      ...ended('override', 'wait', 'in_touch', 'maria'),
      state: 'at_risk',
      wrongSignals: ['p-1'],
    }
    const text = render({ status: 'resolved', resolution })
    expect(text).toMatch(/status +resolved 2026-11-23 09:00 UTC/)
    expect(text).toMatch(/answer +override: wait, by maria \(in_touch\)/)
    expect(text).toMatch(/state +at_risk/)
    expect(text).toMatch(/wrong signals +p-1/)
    expect(text).not.toContain('To decide it')
  })

  it('says which rule fails and how to end that', () => {
    const text = render({ rule: 'expansion-outreach.tier', error: '`account.tier`: no such fact' })
    expect(text).toMatch(/^expansion-outreach\.tier can't be evaluated: `account\.tier`: no such fact/)
    expect(text).toMatch(/--dismiss +once it is mended/)
    expect(text).not.toMatch(/--uphold|--override|recommended/)
  })

  it('says that what it was asked for has been erased', () => {
    const text = render({ adjudicationDetail: null })
    expect(text).toMatch(/^expansion-outreach about acme: what it was asked for has been erased/)
    expect(text).not.toContain('Signals')
  })

  it('tells of a sample how it was drawn', () => {
    expect(render({ kind: 'sample', probability: 0.1 })).toMatch(/sample +drawn with a probability of 10 %/)
  })

  it('lets nothing through that a terminal would obey', () => {
    const comment = 'a\u001b[31mb\u009b2Jc\u202ed'
    const step = { at: later(0), kind: 'commented', by: 'ben', changed: null, comment }
    const { accountDetail } = detail()
    const text = render({ history: [step], accountDetail: { ...accountDetail, facts: { 'x\u001b]0;y': comment } } })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(text).toContain('a\ufffd[31mb\ufffd2Jc\ufffdd')
  })

  it.each([78, 80, 120])('keeps within %d columns, and leaves no space at the end of a line', (width) => {
    for (const line of render({}, { width }).split('\n')) {
      expect(line.length).toBeLessThanOrEqual(width)
      expect(line).toBe(line.trimEnd())
    }
  })
})
