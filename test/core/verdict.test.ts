import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import type { Decision, Question, Verdict, VerdictReason } from '../../src/core/model.ts'
import { type Contest, judge } from '../../src/core/verdict.ts'
import { agent, agents, CHURN, constant, expansion, HOUR, NOW, PULSE, question, rule, SEND, WAIT } from './fixtures.ts'

const WELCOME: Contest = {
  action: 0,
  vetoed: false,
  autonomy: 'autonomous',
  inScope: true,
  ruled: false,
  disposition: 'act',
  recommended: true,
  risk: 10,
  leastRisk: 10,
  tolerance: 0,
}

describe('a verdict', () => {
  it.each<[Partial<Contest>, Verdict, VerdictReason[]]>([
    [{}, 'allow', ['recommended']],
    [{ recommended: false }, 'allow', ['within_tolerance']],
    [{ recommended: false, risk: 15, tolerance: 5 }, 'allow', ['within_tolerance']],
    [{ recommended: false, risk: 15, tolerance: 4 }, 'deny', ['costlier']],
    [{ vetoed: true }, 'deny', ['vetoed']],
    [{ autonomy: 'off_limits' }, 'deny', ['off_limits']],
    [{ inScope: false }, 'deny', ['out_of_scope']],
    [{ risk: null, disposition: 'escalate' }, 'ask', ['loss_failed', 'needs_person']],
    [{ disposition: 'escalate' }, 'ask', ['needs_person']],
    [{ disposition: 'suggest', autonomy: 'copilot' }, 'ask', ['needs_person', 'copilot']],
    [{ disposition: 'suggest', risk: 15 }, 'ask', ['needs_person', 'costlier']],
    [{ recommended: false, autonomy: 'copilot' }, 'ask', ['copilot']],
    [{ recommended: false, autonomy: 'copilot', risk: 15 }, 'deny', ['costlier', 'copilot']],
    [{ disposition: 'act_and_review', autonomy: 'supervised' }, 'allow', ['recommended']],
    [{ inScope: null, disposition: 'escalate' }, 'ask', ['needs_person']],
    [
      { vetoed: true, autonomy: 'off_limits', inScope: false, risk: null, leastRisk: null, disposition: 'escalate' },
      'deny',
      ['vetoed', 'off_limits', 'out_of_scope', 'loss_failed', 'needs_person'],
    ],
    [{ ruled: true }, 'allow', ['decided_by_person']],
    [{ ruled: true, autonomy: 'copilot' }, 'allow', ['decided_by_person']],
    [{ ruled: true, autonomy: 'off_limits', disposition: 'escalate' }, 'deny', ['off_limits']],
    [{ ruled: true, inScope: false }, 'deny', ['out_of_scope']],
    [{ ruled: true, inScope: null }, 'ask', ['needs_person']],
    [{ ruled: true, recommended: false }, 'deny', ['decided_by_person']],
    [{ ruled: true, recommended: false, risk: 5 }, 'deny', ['decided_by_person']],
    [{ ruled: true, recommended: false, risk: 15, tolerance: 5 }, 'deny', ['decided_by_person']],
    [{ ruled: true, recommended: false, risk: null, autonomy: 'copilot' }, 'deny', ['decided_by_person']],
    [{ ruled: true, recommended: false, inScope: null }, 'deny', ['decided_by_person']],
    [{ ruled: true, recommended: false, vetoed: true }, 'deny', ['vetoed', 'decided_by_person']],
    [{ ruled: true, recommended: false, disposition: 'escalate' }, 'deny', ['decided_by_person']],
  ])('on %o is %s', (contest, verdict, reasons) => {
    expect(judge({ ...WELCOME, ...contest })).toMatchObject({ verdict, reasons })
  })
})

describe('a proposal', () => {
  const SENDING = { agent: 'renewal-copilot', action: 'send_expansion_email' }
  const judged = (signals: Question['signals'], decision: Partial<Decision> = {}, fields: Partial<Question> = {}) =>
    adjudicate(expansion(decision), question(signals, { proposal: SENDING, ...fields }))

  it('outside the scope of the agent is denied, though nothing else speaks against it', () => {
    const { proposal, recommendation } = judged(
      [PULSE],
      {},
      {
        agents: agents(agent('renewal-copilot', { scope: constant(false) })),
      },
    )
    expect(proposal).toEqual({ ...SENDING, verdict: 'deny', reasons: ['out_of_scope'] })
    expect(recommendation.disposition).toBe('act')
  })

  it('under the caps of the rules is for people', () => {
    const caps = [{ action: SEND, level: 'off_limits' as const }]
    expect(judged([PULSE], { rules: [rule('cap', [{ kind: 'autonomyCap', caps }])] }).proposal?.reasons[0]).toBe(
      'off_limits',
    )
  })

  it('that is not the best is allowed within the tolerance, and sampled as if it were the best', () => {
    const costs = judged([CHURN]).expectedLoss as { send_expansion_email: number; wait: number }
    const tolerance = costs.send_expansion_email - costs.wait + 1
    const allowed = judged([CHURN], { tolerance }, { draw: 0.05 })
    expect(allowed.recommendation).toMatchObject({ action: 'wait', disposition: 'act' })
    expect(allowed.proposal).toMatchObject({ verdict: 'allow', reasons: ['within_tolerance'] })
    expect(allowed.handoff).toMatchObject({ kind: 'sample', queue: 'csm', priority: 0 })
    expect(judged([CHURN], { tolerance }, { draw: 0.1 }).handoff).toBeNull()
    expect(judged([CHURN], { tolerance: tolerance - 2 }, { draw: 0.05 }).handoff).toBeNull()
  })

  it('that a person decides on opens a case, though what is recommended could go ahead', () => {
    const nudge = { ...expansion().actions[WAIT], name: 'nudge', autonomy: 'copilot' } as Decision['actions'][number]
    const actions = [...expansion().actions, nudge]
    const { recommendation, proposal, handoff } = judged(
      [CHURN],
      { actions },
      { proposal: { ...SENDING, action: 'nudge' } },
    )
    expect(recommendation).toMatchObject({ action: 'wait', disposition: 'act' })
    expect(proposal).toMatchObject({ verdict: 'ask', reasons: ['copilot'] })
    expect(handoff).toMatchObject({ kind: 'decision', queue: 'csm', priority: 0, dueAt: NOW + 8 * HOUR })
  })

  it('that is autonomous is never sampled', () => {
    const proposal = { agent: 'renewal-copilot', action: 'wait' }
    const { handoff, proposal: verdict } = judged([CHURN], {}, { proposal, draw: 0 })
    expect(verdict?.verdict).toBe('allow')
    expect(handoff).toBeNull()
  })

  it('that rules rule out is denied whatever else holds', () => {
    const rules = [rule('no', [{ kind: 'veto', actions: [SEND, WAIT] }])]
    expect(judged([PULSE], { rules }).proposal).toMatchObject({ verdict: 'deny', reasons: ['vetoed', 'needs_person'] })
  })
})
