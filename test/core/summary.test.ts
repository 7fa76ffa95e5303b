import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import type { Decision, Effect, Question, Signal } from '../../src/core/model.ts'
import {
  AT_RISK,
  agent,
  agents,
  CHURN,
  constant,
  DAY,
  expansion,
  failing,
  HEALTHY,
  NOW,
  PULSE,
  question,
  rule,
  SEND,
  signal,
  timesArr,
  WAIT,
} from './fixtures.ts'

const SENDING = { agent: 'renewal-copilot', action: 'send_expansion_email' }
const VETO: Effect = { kind: 'veto', actions: [SEND] }
const DISPUTE = rule('procurement-dispute', [VETO], {
  because: 'Pushing expansion in a dispute costs the relationship.',
})
const cap = (action: number, level: 'copilot' | 'off_limits') =>
  rule('cap', [{ kind: 'autonomyCap', caps: [{ action, level }] }])

function summary(signals: readonly Signal[], decision: Partial<Decision> = {}, fields: Partial<Question> = {}): string {
  return adjudicate(expansion(decision), question(signals, fields)).summary
}

describe('the summary', () => {
  it('names who outweighs whom, and what is at stake', () => {
    const stale = { ...PULSE, observedAt: NOW - 3 * DAY }
    expect(summary([CHURN, stale])).toBe(
      'Wait. churn-radar (82 % churn risk, today) outweighs pulse (90 % healthy, three days old); ' +
        'a mistake would cost about $57, a look $40, so csm decides.',
    )
  })

  it('says when nobody needs to look', () => {
    expect(summary([CHURN])).toBe(
      'Wait. churn-radar (82 % churn risk, today) points that way; a mistake would cost about $19, a look $40, so ' +
        'nobody needs to look.',
    )
  })

  it('says when a sample is reviewed', () => {
    expect(summary([PULSE], {}, { draw: 0 })).toBe(
      'Send expansion email. pulse (90 % healthy, today) points that way; csm reviews it afterwards.',
    )
  })

  it('says when a person decides every time', () => {
    expect(summary([PULSE], { rules: [cap(SEND, 'copilot')] })).toBe(
      'Send expansion email. pulse (90 % healthy, today) points that way; csm decides on that every time.',
    )
  })

  it('says when only people may', () => {
    expect(summary([PULSE], { rules: [cap(SEND, 'off_limits')] })).toBe(
      'Send expansion email. Only people may do that, so csm decides.',
    )
  })

  it('says that it rests on the priors when no signal counts', () => {
    expect(summary([])).toBe(
      'Send expansion email. No signal counts, so what is usual decides; a mistake would cost about $72, a look $40, ' +
        'so csm decides.',
    )
  })

  it('counts those who agree', () => {
    const others = ['ada', 'bob', 'cleo'].map((name) => signal(name, 'healthy', { confidence: 0.85 }))
    expect(summary([PULSE, ...others, CHURN])).toMatch(
      /^Wait\. churn-radar \(82 % churn risk, today\) outweighs pulse \(90 % healthy, today\) and three others; /,
    )
    const bare = signal('dan', 'churn_risk')
    expect(summary([CHURN, bare])).toMatch(
      /^Wait\. churn-radar \(82 % churn risk, today\) and one other point that way; /,
    )
    expect(summary([bare])).toMatch(/^Wait\. dan \(churn risk, today\) points that way; /)
  })

  it('says when the costs decide against the agents', () => {
    const calm = signal('calm', 'healthy', { confidence: 0.9 })
    const costly = { name: 'send', autonomy: 'supervised' as const, tags: [], loss: [constant(0), constant(10_000)] }
    const careful: Partial<Decision> = { actions: [costly, expansion().actions[WAIT] as Decision['actions'][number]] }
    expect(summary([calm], careful)).toMatch(
      /^Wait\. calm \(90 % healthy, today\) points the other way, but erring that way costs more; /,
    )
    const doubt = signal('doubt', 'churn_risk', { confidence: 0.3 })
    expect(summary([calm, doubt], careful)).toMatch(
      /^Wait\. calm \(90 % healthy, today\) outweighs doubt \(30 % churn risk, today\), but erring that way costs more; /,
    )
  })

  it('says when the action is the best whatever is true', () => {
    const free = { name: 'wait', autonomy: 'autonomous' as const, tags: [], loss: [constant(0), constant(0)] }
    expect(summary([CHURN], { actions: [free] })).toBe(
      'Wait. It costs least whatever the signals say; a mistake would cost nothing, a look $40, so nobody needs to look.',
    )
  })

  it('gives the reason of a rule that escalates', () => {
    const people = rule('first-thirty-days', [{ kind: 'escalate', queue: 'onboarding', priority: null, due: null }], {
      because: 'People own the first thirty days',
    })
    expect(summary([CHURN], { rules: [people] })).toBe('Wait. People own the first thirty days, so onboarding decides.')
  })

  it('gives the reason of a veto that ruled out what would have cost less', () => {
    expect(summary([PULSE], { rules: [DISPUTE] })).toBe(
      'Wait. Pushing expansion in a dispute costs the relationship, so send expansion email is out; a mistake would ' +
        'cost nothing, a look $40, so nobody needs to look.',
    )
  })

  it('says when no action is permitted, and why', () => {
    const never = rule('never', [{ kind: 'veto', actions: [SEND, WAIT] }], { because: 'The account is in court' })
    expect(summary([PULSE], { rules: [never] })).toBe(
      'No action is permitted. The account is in court, so csm decides.',
    )
    expect(summary([PULSE], {}, { facts: {} })).toBe(
      'No action is permitted. The loss of send expansion email when at risk and one other expression could not be ' +
        'evaluated, so ops decides.',
    )
  })

  it('names a rule that failed', () => {
    const broken = rule('stale-model', [VETO], { when: failing('account.x', 'the account has no fact `account.x`') })
    expect(summary([CHURN], { rules: [broken] })).toBe(
      'Wait. The rule stale-model could not be evaluated, so ops decides.',
    )
  })

  it('names the agent whose scope failed', () => {
    const cast = agents(agent('pulse', { scope: failing('account.x', 'the account has no fact `account.x`') }))
    expect(summary([PULSE, CHURN], {}, { agents: cast })).toBe(
      'Wait. The scope of pulse could not be evaluated, so ops decides.',
    )
  })
})

describe('the summary of a proposal', () => {
  it('lets it go ahead', () => {
    expect(summary([PULSE], {}, { proposal: SENDING })).toBe(
      'Go ahead: send expansion email. pulse (90 % healthy, today) points that way; a mistake would cost about $36, ' +
        'a look $40, so nobody needs to look.',
    )
  })

  it('lets it go ahead within the tolerance', () => {
    expect(summary([CHURN], { tolerance: 1_000 }, { proposal: SENDING })).toMatch(
      /^Go ahead: send expansion email, about as good as wait\. /,
    )
  })

  it('sends it to a person', () => {
    expect(summary([CHURN, PULSE], {}, { proposal: SENDING })).toMatch(
      /^A person decides on send expansion email; wait looks better\. .* so csm decides\.$/,
    )
    expect(summary([CHURN, PULSE], {}, { proposal: { ...SENDING, action: 'wait' } })).toMatch(
      /^A person decides on wait\. /,
    )
    const loss = [timesArr(0.0006), constant(0)]
    const nudge = { name: 'nudge', autonomy: 'copilot' as const, tags: [], loss }
    const actions = [...expansion().actions, nudge]
    expect(summary([CHURN], { actions }, { proposal: { ...SENDING, action: 'nudge' } })).toBe(
      'A person decides on nudge; wait looks better. churn-radar (82 % churn risk, today) points that way; ' +
        'a person decides on that every time.',
    )
  })

  it('denies it with the better action and what it would have cost', () => {
    expect(summary([CHURN], {}, { proposal: SENDING })).toBe(
      'Denied: send expansion email; wait instead. churn-radar (82 % churn risk, today) points that way; ' +
        'send expansion email would cost about $276 more.',
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
      'Denied: send expansion email; wait instead. Only people may do that.',
    )
    const cast = agents(agent('renewal-copilot', { scope: constant(false) }))
    expect(summary([PULSE], {}, { proposal: SENDING, agents: cast })).toBe(
      'Denied: send expansion email. The account is outside the scope of the agent that asks.',
    )
  })

  it('says that the loss of what is proposed is unknown', () => {
    const [send, wait] = expansion().actions as [Decision['actions'][number], Decision['actions'][number]]
    const loss = [...send.loss]
    loss[AT_RISK] = failing('account.x', 'the account has no fact `account.x`')
    loss[HEALTHY] = constant(0)
    expect(summary([CHURN], { actions: [{ ...send, loss }, wait] }, { proposal: SENDING })).toBe(
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
