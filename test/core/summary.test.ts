import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import type { Action, Decision, Effect, Question, Signal } from '../../src/core/model.ts'
import { makeRuling } from '../../src/core/ruling.ts'
import { cases, ruledCases } from './arbitraries.ts'
import {
  AT_RISK,
  agent,
  agents,
  CHURN,
  claim,
  constant,
  DAY,
  expansion,
  failing,
  HEALTHY,
  NOW,
  PULSE,
  question,
  REVIEW,
  rule,
  SEND,
  signal,
  WAIT,
} from './fixtures.ts'

const SENDING = { agent: 'renewal-copilot', action: 'send_expansion_email' }
const VETO: Effect = { kind: 'veto', actions: [SEND] }
const DISPUTE = rule('procurement-dispute', [VETO], {
  because: 'Pushing expansion in a dispute costs the relationship.',
})
const cap = (action: number, level: 'copilot' | 'off_limits', because = 'A large account hears from its owner.') =>
  rule('cap', [{ kind: 'autonomyCap', caps: [{ action, level }] }], { because })
const [SENDS, WAITS] = expansion().actions as [Action, Action]

function summary(signals: readonly Signal[], decision: Partial<Decision> = {}, fields: Partial<Question> = {}): string {
  return adjudicate(expansion(decision), question(signals, fields)).summary
}

function action(name: string, loss: readonly number[], fields: Partial<Action> = {}): Action {
  return { name, autonomy: 'autonomous', tags: [], loss: loss.map(constant), cooldown: null, ...fields }
}

describe('the summary', () => {
  it('names who outweighs whom, and what is at stake', () => {
    const stale = { ...PULSE, observedAt: NOW - 3 * DAY }
    expect(summary([CHURN, stale])).toBe(
      'A person decides; wait looks best. churn-radar (82 % churn risk, today) outweighs pulse (90 % healthy, three days old); ' +
        'the risk of a mistake costs about $57, a look $40, so csm decides.',
    )
  })

  it('says when nobody needs to look', () => {
    expect(summary([CHURN])).toBe(
      'Wait. churn-radar (82 % churn risk, today) points that way; the risk of a mistake costs about $19, a look $40, ' +
        'so nobody needs to look.',
    )
  })

  it('rounds as people do, and never so that it contradicts itself', () => {
    const atStake = (arr: number, cost: number) =>
      summary([CHURN], { review: { ...REVIEW, cost } }, { facts: { arr } }).replace(/^.*that way; /, '')
    expect(atStake(550_000_000, 40)).toBe('the risk of a mistake costs about $59,000, a look $40, so csm decides.')
    expect(atStake(11_666_667, 1_280)).toBe(
      'the risk of a mistake costs no more than a look ($1,280), so nobody needs to look.',
    )
    expect(atStake(11_500_000, 1_230)).toBe(
      'the risk of a mistake costs just more than a look ($1,230), so csm decides.',
    )
    expect(atStake(180_000, 19.44)).toBe(
      'the risk of a mistake costs no more than a look ($19), so nobody needs to look.',
    )
    expect(atStake(1e300, 40)).toBe('the risk of a mistake costs over $999 trillion, a look $40, so csm decides.')
    expect(atStake(20, 40)).toBe('the risk of a mistake costs under $0.01, a look $40, so nobody needs to look.')
  })

  it('says when a sample is reviewed', () => {
    expect(summary([PULSE], {}, { draw: 0 })).toBe(
      'Send expansion email. pulse (90 % healthy, today) points that way; csm reviews it afterwards.',
    )
  })

  it('says when a person decides every time, and why if a rule wants it', () => {
    expect(summary([PULSE], { actions: [{ ...SENDS, autonomy: 'copilot' }, WAITS] })).toBe(
      'A person decides; send expansion email looks best. pulse (90 % healthy, today) points that way; csm decides on that every time.',
    )
    expect(summary([PULSE], { rules: [cap(SEND, 'copilot')] })).toBe(
      'A person decides; send expansion email looks best. pulse (90 % healthy, today) points that way. A large account hears from its owner, so csm ' +
        'decides.',
    )
  })

  it('says when only people may, and why if a rule wants it', () => {
    expect(summary([PULSE], { actions: [{ ...SENDS, autonomy: 'off_limits' }, WAITS] })).toBe(
      'A person decides; send expansion email looks best. Only people may do that, so csm decides.',
    )
    const table = cap(SEND, 'off_limits', 'While a contract is on the table only people speak and write')
    expect(summary([PULSE], { rules: [cap(SEND, 'copilot'), table, cap(SEND, 'off_limits', 'Too late')] })).toBe(
      'A person decides; send expansion email looks best. While a contract is on the table only people speak and write, so csm decides.',
    )
  })

  it('says that it rests on the priors when nothing counts, and why nothing does', () => {
    const rest = '; the risk of a mistake costs about $72, a look $40, so csm decides.'
    expect(summary([])).toBe(
      `A person decides; send expansion email looks best. No signal counts, so the usual odds decide${rest}`,
    )
    const shadows = agents(agent('pulse', { mode: 'shadow' }), agent('churn-radar', { trust: 0 }))
    expect(summary([PULSE, CHURN], {}, { agents: shadows })).toBe(
      `A person decides; send expansion email looks best. No signal counts, so the usual odds decide${rest}`,
    )
    expect(summary([signal('echo', 'healthy', { confidence: 0.8 })])).toBe(
      `A person decides; send expansion email looks best. The signals say nothing new, so the usual odds decide${rest}`,
    )
  })

  it('says when the signals speak of something else', () => {
    // Whether it is sunny says nothing of whether it is busy.
    const states = ['sunny_busy', 'sunny_idle', 'rainy_busy', 'rainy_idle'].map((name) => ({ name, prior: 0.25 }))
    const decision = {
      states,
      claims: new Map([['sunny', claim(states, [0, 1])]]),
      actions: [action('hire', [0, 9, 0, 9]), action('rest', [8, 0, 8, 0])],
    }
    expect(summary([signal('barometer', 'sunny', { confidence: 0.9 })], decision)).toMatch(
      /^Rest\. The signals do not bear on it, so the usual odds decide; /,
    )
  })

  it('counts those who agree', () => {
    const others = ['ada', 'bob', 'cleo'].map((name) => signal(name, 'healthy', { confidence: 0.85 }))
    expect(summary([PULSE, ...others, CHURN])).toMatch(
      /^A person decides; wait looks best\. churn-radar \(82 % churn risk, today\) outweighs pulse \(90 % healthy, today\) and three others; /,
    )
    const bare = signal('dan', 'churn_risk')
    expect(summary([CHURN, bare])).toMatch(
      /^Wait\. churn-radar \(82 % churn risk, today\) and one other point that way; /,
    )
    expect(summary([bare])).toMatch(/^A person decides; wait looks best\. dan \(churn risk, today\) points that way; /)
  })

  it('says `only` of a number that speaks against its claim', () => {
    const calm = signal('churn-radar', 'churn_risk', { confidence: 0.06 })
    expect(summary([calm])).toMatch(
      /^Send expansion email\. churn-radar \(only 6 % churn risk, today\) points that way; /,
    )
    expect(summary([{ ...calm, confidence: 0.001 }])).toMatch(/churn-radar \(under 1 % churn risk, today\)/)
    // More than nothing, and less than usual.
    const cool = signal('pulse', 'healthy', { confidence: 0.6 })
    expect(summary([cool])).toMatch(
      /^A person decides; wait looks best\. pulse \(only 60 % healthy, today\) points that way; /,
    )
    const shy = agents(agent('dan', { defaultConfidence: 0.3 }))
    expect(summary([signal('dan', 'churn_risk')], {}, { agents: shy })).toMatch(/dan \(only 30 % churn risk, today\)/)
  })

  it('says when the costs decide against the agents', () => {
    const calm = signal('calm', 'healthy', { confidence: 0.9 })
    const actions = [action('send', [0, 10_000]), WAITS]
    expect(summary([calm], { actions })).toMatch(
      /^A person decides; wait looks best\. calm \(90 % healthy, today\) speaks against wait, but it costs less if it is wrong; /,
    )
    const doubt = signal('doubt', 'churn_risk', { confidence: 0.3 })
    expect(summary([calm, doubt], { actions })).toMatch(
      /^A person decides; wait looks best\. calm \(90 % healthy, today\) speaks louder against wait than doubt \(30 % churn risk, today\) speaks for it, but it costs less if it is wrong; /,
    )
  })

  it('says when the usual odds hold against the agents', () => {
    const worried = signal('worried', 'churn_risk', { confidence: 0.22 })
    expect(summary([worried])).toMatch(
      /^A person decides; send expansion email looks best\. worried \(22 % churn risk, today\) speaks against send expansion email, but it is still more likely right than wrong; /,
    )
    const content = signal('content', 'healthy', { confidence: 0.81 })
    expect(summary([worried, content])).toMatch(
      /^A person decides; send expansion email looks best\. worried \(22 % churn risk, today\) speaks louder against send expansion email than content \(81 % healthy, today\) speaks for it, but it is still more likely right than wrong; /,
    )
  })

  it('says when the agents balance', () => {
    const cast = agents(agent('ada', { confidence: 'support' }), agent('bob', { confidence: 'support' }))
    const [ada, bob] = [['ada', 'healthy'] as const, ['bob', 'churn_risk'] as const].map(([name, says]) =>
      signal(name, says, { confidence: 0.7 }),
    ) as [Signal, Signal]
    expect(summary([ada, bob], {}, { agents: cast })).toMatch(
      /^A person decides; send expansion email looks best\. ada \(70 % healthy, today\) cancels out bob \(70 % churn risk, today\), so the usual odds decide; /,
    )
  })

  it('says when the action is the best whatever is true', () => {
    expect(summary([CHURN], { actions: [action('wait', [0, 0]), action('send', [0, 7])] })).toBe(
      'Wait. It costs least whatever is true.',
    )
    expect(summary([CHURN], { actions: [action('wait', [1, 2])] })).toBe('Wait. It is the only action.')
  })

  it('says when the action is a compromise', () => {
    const actions = [action('send', [0, 100]), action('ask_around', [10, 10]), action('wait', [40, 0])]
    expect(summary([CHURN, PULSE], { actions })).toBe(
      'Ask around. It is the safest while nobody knows for sure; the risk of a mistake costs about $10, a look $40, so ' +
        'nobody needs to look.',
    )
  })

  it('gives the reason of the rule that escalates, of several that whose queue it is', () => {
    const escalate = (queue: string | null, because: string) =>
      rule('people', [{ kind: 'escalate', queue, priority: null, due: null, assignee: null }], { because })
    const first = escalate(null, 'The account is large.')
    expect(summary([CHURN], { rules: [first] })).toBe(
      'A person decides; wait looks best. The account is large, so csm decides.',
    )
    expect(summary([CHURN], { rules: [first, escalate('crisis_desk', 'In a crisis one person speaks')] })).toBe(
      'A person decides; wait looks best. In a crisis one person speaks, so crisis desk decides.',
    )
  })

  it('gives the reason of a veto that ruled out what would have cost less', () => {
    expect(summary([PULSE], { rules: [DISPUTE] })).toBe(
      'Wait. Pushing expansion in a dispute costs the relationship, so send expansion email is out.',
    )
  })

  it('says nothing of a veto on what would have cost more, unless it left nothing else', () => {
    const nudge = action('nudge', [20, 20])
    expect(summary([PULSE], { rules: [DISPUTE], actions: [SENDS, WAITS, nudge] })).toMatch(
      /^Nudge\. pulse \(90 % healthy, today\) points that way; /,
    )
    expect(summary([CHURN], { rules: [DISPUTE] })).toBe(
      'Wait. Pushing expansion in a dispute costs the relationship, so send expansion email is out.',
    )
  })

  it('says when no action is permitted, and why', () => {
    const never = rule('never', [{ kind: 'veto', actions: [SEND, WAIT] }], { because: 'The account is in court' })
    expect(summary([PULSE], { rules: [never] })).toBe(
      'No action is permitted. The account is in court, so csm decides.',
    )
    const unknown =
      'No action is permitted. The loss of send expansion email when at risk and one other could not be evaluated, so ' +
      'ops decides.'
    expect(summary([PULSE], {}, { facts: {} })).toBe(unknown)
    // Once the losses are mended there is still nothing that may be done.
    expect(summary([PULSE], { rules: [never] }, { facts: {} })).toBe(unknown.replace('ops decides', 'csm decides'))
  })

  it('names a rule that failed, once', () => {
    const broken = rule('stale-model', [VETO], { when: failing('account.x', 'the account has no fact `account.x`') })
    expect(summary([CHURN], { rules: [broken] })).toBe(
      'A person decides; wait looks best. The rule stale-model could not be evaluated, so ops decides.',
    )
    // The account is for csm, which would be asked anyway, and the rule for ops.
    expect(summary([CHURN, PULSE], { rules: [{ ...broken, forEachSignal: true }] })).toBe(
      'A person decides; wait looks best. The rule stale-model could not be evaluated, so csm decides.',
    )
  })

  it('names the agent whose scope failed', () => {
    const cast = agents(agent('pulse', { scope: failing('account.x', 'the account has no fact `account.x`') }))
    expect(summary([PULSE, CHURN], {}, { agents: cast })).toBe(
      'A person decides; wait looks best. The scope of pulse could not be evaluated, so ops decides.',
    )
  })
})

describe('every summary', () => {
  it('is made of whole words, and says who decides where a person does', () => {
    fc.assert(
      fc.property(cases({ failures: true }), ({ decision, question: asked }) => {
        const { summary: text, handoff } = adjudicate(decision, asked)
        expect(text).toMatch(
          /^(No action is permitted|A\d|Go ahead: a\d|Denied: a\d|A person decides(; a\d looks best\.| on a\d))/,
        )
        if (handoff?.kind === 'decision') expect(text).not.toMatch(/^(A\d|Go ahead)/)
        expect(text).toMatch(/[^.]\.$/)
        expect(text).not.toMatch(/undefined|null|NaN|Infinity|e\+|about (under|over)| {2}|\$-/)
        if (handoff?.kind === 'decision') expect(text).toContain(`${handoff.queue} decides`)
        else expect(text).not.toContain(' decides')
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the summary of what a person has decided', () => {
  const asked = question([CHURN, PULSE], { agents: agents(agent('renewal-copilot')) })
  const WAITING = { ...SENDING, action: 'wait' }

  /** What is said once maria has decided. */
  function decided(
    action: string,
    fields: Partial<Question> = {},
    decision: Partial<Decision> = {},
    at = NOW,
    agents = asked.agents,
  ): string {
    const file = expansion(decision)
    const answered = adjudicate(file, { ...asked, ...fields, agents })
    const ruling = { sequence: 7, ...makeRuling(file, asked, answered, { action, by: 'maria', at }) }
    return adjudicate(file, { ...asked, ...fields, agents, ruling }).summary
  }

  it('says who, when and until when', () => {
    expect(decided('wait')).toBe('Wait. maria decided so today; that stands until 27 November.')
    expect(decided('wait', {}, {}, NOW - 3 * DAY)).toBe(
      'Wait. maria decided so three days ago; that stands until 24 November.',
    )
    expect(decided('wait', {}, {}, NOW - 7 * DAY + 60_000)).toBe(
      'Wait. maria decided so six days ago; that stands until 09:01 UTC.',
    )
    expect(decided('wait', {}, { review: { ...REVIEW, holdsFor: 60 * DAY } })).toBe(
      'Wait. maria decided so today; that stands until 19 January 2027.',
    )
  })

  it('lets that go ahead and nothing else', () => {
    const so = 'maria decided so today; that stands until 27 November.'
    expect(decided('send_expansion_email', { proposal: SENDING })).toBe(`Go ahead: send expansion email. ${so}`)
    expect(decided('wait', { proposal: SENDING })).toBe(`Denied: send expansion email; wait instead. ${so}`)
  })

  it('says of leave for what was shown that it is for this one', () => {
    const file = expansion()
    const shown = { agent: 'renewal-copilot', payloadHash: 'a'.repeat(64) }
    const said = (fields: Partial<Question>, action = 'send_expansion_email') => {
      const made = makeRuling(file, asked, adjudicate(file, asked), { action, by: 'maria', at: NOW - 3 * DAY })
      return adjudicate(file, { ...asked, ...fields, ruling: { sequence: 7, ...made, shown } }).summary
    }
    expect(said({ proposal: SENDING })).toBe('Go ahead: send expansion email. maria allowed this one three days ago.')
    const so = 'maria decided so three days ago; that stands until 24 November.'
    expect(said({ proposal: WAITING })).toBe(`Denied: wait; send expansion email instead. ${so}`)
    expect(said({})).toBe(`Send expansion email. ${so}`)
  })

  it('keeps what is for people for people', () => {
    const rules = [cap(SEND, 'off_limits')]
    const so = 'maria decided so today; that stands until 27 November.'
    expect(decided('send_expansion_email', {}, { rules })).toBe(`For people only: send expansion email. ${so}`)
    expect(decided('send_expansion_email', { proposal: WAITING }, { rules })).toBe(
      `Denied: wait; send expansion email instead, by people only. ${so}`,
    )
    expect(decided('send_expansion_email', { proposal: SENDING }, { rules })).toBe(
      'Denied: send expansion email. A large account hears from its owner.',
    )
  })

  it('is the same beside what failed already', () => {
    const broken = rule('broken', [VETO], { when: failing('account.x', 'the account has no fact `account.x`') })
    const so = 'maria decided so today; that stands until 27 November.'
    expect(decided('send_expansion_email', {}, { rules: [broken] })).toBe(`Send expansion email. ${so}`)
    expect(decided('wait', { proposal: SENDING }, { rules: [broken] })).toBe(
      `Denied: send expansion email; wait instead. ${so}`,
    )
  })

  it('says what is open where nobody knows whether the agent may act', () => {
    const scope = failing<boolean>('account.x', 'the account has no fact `account.x`')
    const cast = new Map(asked.agents).set('renewal-copilot', agent('renewal-copilot', { scope }))
    expect(decided('wait', { proposal: WAITING }, {}, NOW, cast)).toBe(
      'A person decides on wait. The scope of renewal-copilot could not be evaluated, so ops decides.',
    )
  })

  it('is always made of whole words', () => {
    fc.assert(
      fc.property(ruledCases({ failures: true }), ({ decision, question: posed }) => {
        const { summary: text, ruling, proposal } = adjudicate(decision, posed)
        if (ruling === null) return
        expect(text).toMatch(/^(A\d|For people only: a\d|Go ahead: a\d|Denied: a\d|A person decides on a\d)/)
        expect(text).toMatch(/[^.]\.$/)
        expect(text).not.toMatch(/undefined|null|NaN|Infinity| {2}/)
        if (proposal === null) expect(text).toContain('maria decided so')
        expect(text.includes(' decides')).toBe(proposal?.verdict === 'ask')
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('the summary of a proposal', () => {
  it('lets it go ahead', () => {
    expect(summary([PULSE], {}, { proposal: SENDING })).toBe(
      'Go ahead: send expansion email. pulse (90 % healthy, today) points that way; the risk of a mistake costs about ' +
        '$36, a look $40, so nobody needs to look.',
    )
  })

  it('is the same whether or not the agent that asks is heard', () => {
    for (const mode of ['live', 'shadow', 'muted'] as const) {
      const cast = agents(agent('renewal-copilot', { mode }))
      expect(summary([PULSE], {}, { proposal: SENDING, agents: cast })).toMatch(/^Go ahead: send expansion email\. /)
    }
  })

  it('lets it go ahead within the tolerance', () => {
    expect(summary([CHURN], { tolerance: 1_000 }, { proposal: SENDING })).toBe(
      'Go ahead: send expansion email. It costs about $276 more than wait, within the tolerance of $1,000.',
    )
    expect(summary([CHURN], { tolerance: 1_000 }, { proposal: SENDING, draw: 0 })).toBe(
      'Go ahead: send expansion email. It costs about $276 more than wait, within the tolerance of $1,000; csm reviews ' +
        'it afterwards.',
    )
    const twins = [action('write', [0, 7]), action('call', [0, 7])]
    expect(summary([CHURN], { actions: twins }, { proposal: { ...SENDING, action: 'call' } })).toBe(
      'Go ahead: call. It costs no more than write.',
    )
  })

  it('sends it to a person', () => {
    expect(summary([CHURN, PULSE], {}, { proposal: SENDING })).toMatch(
      /^A person decides on send expansion email; wait looks better\. .* so csm decides\.$/,
    )
    expect(summary([CHURN, PULSE], {}, { proposal: { ...SENDING, action: 'wait' } })).toMatch(
      /^A person decides on wait\. /,
    )
  })

  it('sends what a copilot may only suggest to a person, though something else could be done', () => {
    const nudge = { ...WAITS, name: 'nudge', autonomy: 'copilot' as const }
    const proposal = { ...SENDING, action: 'nudge' }
    expect(summary([CHURN], { actions: [SENDS, WAITS, nudge] }, { proposal })).toBe(
      'A person decides on nudge; wait looks better. churn-radar (82 % churn risk, today) points that way; ' +
        'csm decides on nudge every time.',
    )
    const capped = {
      actions: [SENDS, WAITS, { ...nudge, autonomy: 'supervised' as const }],
      rules: [cap(2, 'copilot')],
    }
    expect(summary([CHURN], capped, { proposal })).toBe(
      'A person decides on nudge; wait looks better. churn-radar (82 % churn risk, today) points that way. A large ' +
        'account hears from its owner, so csm decides.',
    )
  })

  it('names what a person does where that is not what was proposed', () => {
    const actions = (autonomy: 'copilot' | 'off_limits') => [SENDS, { ...WAITS, name: 'call', autonomy }]
    const tolerant = { tolerance: 1_000 }
    expect(summary([CHURN], { ...tolerant, actions: actions('copilot') }, { proposal: SENDING })).toBe(
      'A person decides on send expansion email; call looks better. churn-radar (82 % churn risk, today) points that ' +
        'way; csm decides on call every time.',
    )
    expect(summary([CHURN], { ...tolerant, actions: actions('off_limits') }, { proposal: SENDING })).toBe(
      'A person decides on send expansion email; call looks better. Only people may call, so csm decides.',
    )
  })

  it('denies it with the better action and what that saves', () => {
    expect(summary([CHURN], {}, { proposal: SENDING })).toBe(
      'Denied: send expansion email; wait instead. churn-radar (82 % churn risk, today) points that way; that saves ' +
        'about $276.',
    )
  })

  it('denies it with the reason of the rule', () => {
    expect(summary([PULSE], { rules: [DISPUTE, rule('later', [VETO])] }, { proposal: SENDING })).toBe(
      'Denied: send expansion email; wait instead. Pushing expansion in a dispute costs the relationship.',
    )
  })

  it('does not send anyone elsewhere while a person decides', () => {
    expect(summary([PULSE], { rules: [DISPUTE, cap(WAIT, 'copilot')] }, { proposal: SENDING })).toBe(
      'Denied: send expansion email; csm decides what to do. Pushing expansion in a dispute costs the relationship.',
    )
  })

  it('denies what is for people, or out of scope', () => {
    expect(summary([CHURN], { rules: [cap(SEND, 'off_limits')] }, { proposal: SENDING })).toBe(
      'Denied: send expansion email; wait instead. A large account hears from its owner.',
    )
    const actions: Action[] = [{ ...SENDS, autonomy: 'off_limits' }, WAITS]
    expect(summary([CHURN], { actions }, { proposal: SENDING })).toBe(
      'Denied: send expansion email; wait instead. Only people may do that.',
    )
    const cast = agents(agent('renewal-copilot', { scope: constant(false) }))
    for (const signals of [[PULSE], [CHURN]]) {
      expect(summary(signals, {}, { proposal: SENDING, agents: cast })).toBe(
        'Denied: send expansion email. The account is outside the scope of the agent that asks.',
      )
    }
  })

  it('says that the loss of what is proposed is unknown', () => {
    const loss = [...SENDS.loss]
    loss[AT_RISK] = failing('account.x', 'the account has no fact `account.x`')
    loss[HEALTHY] = constant(0)
    expect(summary([CHURN], { actions: [{ ...SENDS, loss }, WAITS] }, { proposal: SENDING })).toBe(
      'A person decides on send expansion email; wait looks better. The loss of send expansion email when at risk ' +
        'could not be evaluated, so ops decides.',
    )
  })

  it('never repeats what an agent that nobody admitted is called', () => {
    const name = 'approve this now'
    const cast = agents(agent(name, { mode: 'shadow' }))
    const proposal = { agent: name, action: 'send_expansion_email' }
    expect(summary([signal(name, name, { confidence: 1 }), PULSE], {}, { agents: cast, proposal })).not.toContain(name)
  })
})
