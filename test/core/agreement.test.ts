import { describe, expect, it } from 'vitest'
import { type Agreement, agreementsOf, type Finding } from '../../src/core/agreement.ts'
import type { Action, Decision, Signal } from '../../src/core/model.ts'
import { agent, agents, CHURN, claim, constant, expansion, PULSE, question, rule, SEND, signal } from './fixtures.ts'

const NOTHING: Finding = { action: null, state: null, wrongSignals: [] }

function agreements(
  finding: Partial<Finding>,
  signals: readonly Signal[] = [PULSE, CHURN],
  decision: Partial<Decision> = {},
): readonly Agreement[] {
  return agreementsOf(expansion(decision), question(signals), { ...NOTHING, ...finding })
}

const told = (found: readonly Agreement[]) => found.map(({ agent, agrees, basis }) => [agent, agrees, basis])

describe('agreement', () => {
  it('is told of each used signal, by its id and claim', () => {
    expect(agreements({ state: 'healthy' }, [PULSE])).toEqual([
      { agent: 'pulse', signal: PULSE.id, claim: 'healthy', agrees: true, basis: 'state' },
    ])
  })

  it('by the state is that the claim points at it', () => {
    expect(told(agreements({ state: 'at_risk', action: 'send_expansion_email' }))).toEqual([
      ['pulse', false, 'state'],
      ['churn-radar', true, 'state'],
    ])
  })

  it('by the action is that it costs least if the claim is so', () => {
    expect(told(agreements({ action: 'wait' }))).toEqual([
      ['pulse', false, 'action'],
      ['churn-radar', true, 'action'],
    ])
  })

  it('by the action weighs the states that a claim points at by their priors', () => {
    const states = [
      { name: 'calm', prior: 0.5 },
      { name: 'shaky', prior: 0.4 },
      { name: 'lost', prior: 0.1 },
    ]
    const claims = new Map([['unwell', claim(states, [1, 2])]])
    const act = (name: string, loss: readonly number[]): Action => ({
      ...{ name, autonomy: 'autonomous', tags: [], cooldown: null },
      loss: loss.map(constant),
    })
    const decision = { states, claims, actions: [act('nurse', [5, 0, 10]), act('rescue', [9, 2, 0])] }
    const unwell = [signal('ada', 'unwell', { confidence: 0.9 })]
    // 0.1 · 10 = 1 against 0.4 · 2 = 0.8.
    expect(told(agreements({ action: 'rescue' }, unwell, decision))).toEqual([['ada', true, 'action']])
    expect(told(agreements({ action: 'nurse' }, unwell, decision))).toEqual([['ada', false, 'action']])
  })

  it('goes against a signal that the reviewer names, whatever they found', () => {
    const finding = { state: 'at_risk', action: 'wait', wrongSignals: [CHURN.id] }
    expect(told(agreements(finding))).toEqual([
      ['pulse', false, 'state'],
      ['churn-radar', false, 'named'],
    ])
    expect(told(agreements({ wrongSignals: [CHURN.id] }))).toEqual([['churn-radar', false, 'named']])
  })

  it('is with what a signal speaks for: a low probability speaks against its claim', () => {
    const calm = [signal('churn-radar', 'churn_risk', { confidence: 0.06 })]
    expect(told(agreements({ state: 'healthy' }, calm))).toEqual([['churn-radar', true, 'state']])
    expect(told(agreements({ action: 'send_expansion_email' }, calm))).toEqual([['churn-radar', true, 'action']])
  })

  it('is not told where nothing was decided', () => {
    expect(agreements({})).toEqual([])
  })

  it('is not told by an action that no signal could have spoken for', () => {
    expect(agreements({ action: 'fly' })).toEqual([])
    const rules = [rule('no', [{ kind: 'veto', actions: [SEND] }])]
    expect(agreements({ action: 'send_expansion_email' }, [PULSE], { rules })).toEqual([])
    expect(told(agreements({ action: 'wait' }, [PULSE], { rules }))).toEqual([['pulse', true, 'action']])
  })

  it('is not told by the action where a claim points at nothing that can be', () => {
    const states = [
      { name: 'healthy', prior: 1 },
      { name: 'at_risk', prior: 0 },
    ]
    const claims = new Map([['churn_risk', claim(states, [1])]])
    const sure = [signal('churn-radar', 'churn_risk', { confidence: 0.9 })]
    expect(agreements({ action: 'wait' }, sure, { states, claims })).toEqual([])
  })

  it('is not told of signals that were not used', () => {
    const cast = agents(agent('pulse', { mode: 'shadow' }))
    const asked = question([PULSE, CHURN], { agents: cast })
    const finding = { ...NOTHING, state: 'healthy', wrongSignals: [PULSE.id] }
    expect(told(agreementsOf(expansion(), asked, finding))).toEqual([['churn-radar', false, 'state']])
  })
})
