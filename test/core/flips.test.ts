import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import type { Action, Decision, Question, Signal } from '../../src/core/model.ts'
import { agent, agents, claim, constant, expansion, question, rule, signal } from './fixtures.ts'

const EVEN = [
  { name: 'up', prior: 0.5 },
  { name: 'down', prior: 0.5 },
]

function action(name: string, ...loss: readonly number[]): Action {
  return { name, autonomy: 'autonomous', tags: [], loss: loss.map(constant), cooldown: null }
}

/** Two states as likely, two actions as costly: the heavier side wins. */
function even(fields: Partial<Decision> = {}): Decision {
  const actions = [action('rise', 0, 10), action('fall', 10, 0)]
  const claims = new Map([
    ['up', claim(EVEN, [0])],
    ['down', claim(EVEN, [1])],
  ])
  return expansion({ states: EVEN, claims, actions, dependence: 0, ...fields })
}

function flips(signals: readonly Signal[], decision = even(), fields: Partial<Question> = {}) {
  return adjudicate(decision, question(signals, fields)).flips
}

describe('a flip', () => {
  const up = signal('ada', 'up', { confidence: 0.8 })
  const down = signal('bob', 'down', { confidence: 0.7 })

  it('is where the other side weighs as much, and a tie goes to the action declared first', () => {
    const [ofDown, ofUp] = flips([up, down])
    expect(ofDown).toMatchObject({ signal: down.id, action: 'fall' })
    expect(ofDown?.atConfidence).toBeCloseTo(0.8, 12)
    expect(ofDown?.atConfidence).toBeGreaterThan(0.8)
    expect(ofUp).toMatchObject({ signal: up.id, action: 'fall' })
    expect(ofUp?.atConfidence).toBeCloseTo(0.7, 12)
  })

  it('is the very next confidence when the actions cost the same now', () => {
    const [flip] = flips([signal('ada', 'up', { confidence: 0.5 })])
    expect(flip).toMatchObject({ action: 'fall' })
    expect(flip?.atConfidence).toBeCloseTo(0.5, 14)
    expect(flip?.atConfidence).toBeLessThan(0.5)
  })

  it('is missing where the cap on evidence keeps the agent from turning the answer', () => {
    const loud = ['cleo', 'dan', 'eve', 'flo'].map((name) => signal(name, 'down', { confidence: 0.99 }))
    expect(flips([up, ...loud], even({ evidenceCap: 1 }))).toEqual([])
    expect(flips([up, ...loud.slice(0, 1)], even({ evidenceCap: 5 })).length).toBe(2)
  })

  it('lies below the cap for an agent that states more than the cap lets it', () => {
    const [flip] = flips([signal('ada', 'up', { confidence: 0.9999 })], even({ evidenceCap: 1 }))
    expect(flip?.atConfidence).toBeCloseTo(0.5, 12)
  })

  it('may lie beyond certainty as stated', () => {
    const [flip] = flips([signal('ada', 'up', { confidence: 1 })])
    expect(flip?.atConfidence).toBeCloseTo(0.5, 12)
    const [other] = flips([signal('ada', 'up', { confidence: 0 })])
    expect(other?.atConfidence).toBeCloseTo(0.5, 12)
  })

  it('is stated as the agent states its confidence', () => {
    const states = [
      { name: 'up', prior: 0.8 },
      { name: 'down', prior: 0.2 },
    ]
    const claims = new Map([['down', claim(states, [1])]])
    const decision = even({ states, claims })
    const supporter = { agents: agents(agent('bob', { confidence: 'support' })) }
    // Even odds need log-odds of ln 4 on top of the prior: probability .5, or support .8.
    expect(flips([down], decision)[0]?.atConfidence).toBeCloseTo(0.5, 12)
    expect(flips([down], decision, supporter)[0]?.atConfidence).toBeCloseTo(0.8, 12)
  })

  it('is known for a confidence that comes off a scale', () => {
    const cast = agents(
      agent('ada', {
        scale: [
          [0, 0],
          [100, 1],
        ],
      }),
    )
    expect(flips([signal('ada', 'up', { score: 80 })], even(), { agents: cast })[0]?.atConfidence).toBeCloseTo(0.5, 12)
  })

  it('is unknown for a bare claim and for a signal without weight', () => {
    const weightless = rule('none', [{ kind: 'weight', factor: 0 }], { forEachSignal: true })
    expect(flips([signal('ada', 'up')])).toEqual([])
    expect(flips([up], even({ rules: [weightless] }))).toEqual([])
  })

  it('is missing for a claim that points at every state', () => {
    const claims = new Map([['any', claim(EVEN, [0, 1])]])
    expect(flips([signal('ada', 'any', { confidence: 0.9 })], even({ claims }))).toEqual([])
  })

  it('goes to the nearest of the actions on either side', () => {
    // As P(up) grows: fall, then hold, then rise.
    const actions = [action('rise', 0, 10), action('hold', 3, 3), action('fall', 10, 0)]
    const at = (confidence: number) => flips([signal('ada', 'up', { confidence })], even({ actions }))[0]
    expect(at(0.55)).toMatchObject({ action: 'rise', atConfidence: expect.closeTo(0.7, 9) })
    expect(at(0.45)).toMatchObject({ action: 'fall', atConfidence: expect.closeTo(0.3, 9) })
    expect(at(0.9)).toMatchObject({ action: 'hold', atConfidence: expect.closeTo(0.7, 9) })
  })

  it('leaves vetoes and added losses as they are', () => {
    const veto = rule('no', [{ kind: 'veto', actions: [1] }])
    expect(flips([up, down], even({ rules: [veto] }))).toEqual([])
    const dear = rule('dear', [{ kind: 'addLoss', terms: [{ action: 0, state: 1, amount: constant(30) }] }])
    // rise costs 40 where fall costs 10: as good at P(up) = .8.
    expect(flips([up], even({ rules: [dear] }))[0]).toMatchObject({ atConfidence: expect.closeTo(0.8, 12) })
  })
})
