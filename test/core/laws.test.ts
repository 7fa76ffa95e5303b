import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import {
  type Adjudication,
  AUTONOMY,
  type Decision,
  DISPOSITIONS,
  type LedgerSignal,
  type Question,
  type Signal,
} from '../../src/core/model.ts'
import { type Case, cases, probability } from './arbitraries.ts'
import { agent, claim, constant, DAY, HOUR, NOW, question, rule, signal } from './fixtures.ts'

const RUNS = { numRuns: 500 }

function answer({ decision, question }: Case): Adjudication {
  return adjudicate(decision, question)
}

function used({ signals }: Adjudication): readonly LedgerSignal[] {
  return signals.filter((one) => one.used)
}

function totalWeight(adjudication: Adjudication): number {
  return adjudication.signals.reduce((sum, { weight }) => sum + weight, 0)
}

/** A weight before dependence. */
function alone({ weightParts: { trust, freshness, rules, share } }: LedgerSignal): number {
  return Math.min(trust * freshness * rules * share, 3)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, x) => total + x, 0)
}

function withSignals(asked: Question, extra: readonly Signal[]): Question {
  return { ...asked, signals: [...asked.signals, ...extra] }
}

function restated(asked: Question, sequence: number, confidence: number): Question {
  const signals = asked.signals.map((one) => (one.sequence === sequence ? { ...one, confidence } : one))
  return { ...asked, signals }
}

describe('belief', () => {
  it('sums to 1', () => {
    fc.assert(
      fc.property(cases(), (one) => {
        const beliefs = Object.values(answer(one).beliefs)
        expect(sum(beliefs)).toBeCloseTo(1, 9)
        for (const belief of beliefs) expect(belief).toSatisfy((p: number) => p >= 0 && p <= 1)
      }),
      RUNS,
    )
  })

  it('follows from the priors and the contributions of the ledger', () => {
    fc.assert(
      fc.property(cases(), (one) => {
        const { states, claims } = one.decision
        const result = answer(one)
        const masses = states.map(({ prior }, s) => {
          const evidence = used(result).filter((entry) => claims.get(entry.claim)?.pointsAt.includes(s))
          return prior * Math.exp(sum(evidence.map(({ weight, llr }) => weight * llr)))
        })
        states.forEach(({ name }, s) => {
          expect(result.beliefs[name]).toBeCloseTo((masses[s] as number) / sum(masses), 9)
        })
      }),
      RUNS,
    )
  })

  it('is the prior when every stated probability is', () => {
    fc.assert(
      fc.property(cases({ rules: false }), ({ decision, question: asked }) => {
        const signals = asked.signals.map((one) => ({
          ...one,
          confidence: decision.claims.get(one.claim)?.priorMass ?? null,
        }))
        const agents = new Map(
          [...asked.agents].map(([name, one]) => [name, { ...one, confidence: 'probability' as const }]),
        )
        const { beliefs } = adjudicate(decision, { ...asked, signals, agents })
        for (const { name, prior } of decision.states) expect(beliefs[name]).toBeCloseTo(prior, 9)
      }),
      RUNS,
    )
  })

  it('never falls in what a bare claim points at', () => {
    fc.assert(
      fc.property(cases(), fc.nat(2), ({ decision, question: asked }, pick) => {
        const [name, { pointsAt, priorMass }] = [...decision.claims][pick % decision.claims.size] as [
          string,
          ReturnType<typeof claim>,
        ]
        const { beliefs } = adjudicate(decision, { ...asked, signals: [signal('ada', name)], proposal: null })
        const believed = sum(pointsAt.map((s) => beliefs[decision.states[s]?.name ?? ''] as number))
        expect(believed).toBeGreaterThanOrEqual(priorMass - 1e-12)
      }),
      RUNS,
    )
  })
})

describe('the answer', () => {
  it('does not depend on the order of the signals, nor touches them', () => {
    const shuffled = cases({ failures: true }).chain((one) =>
      fc.tuple(
        fc.constant(one),
        fc.shuffledSubarray([...one.question.signals], { minLength: one.question.signals.length }),
      ),
    )
    fc.assert(
      fc.property(shuffled, ([{ decision, question: asked }, signals]) => {
        const frozen = { ...asked, signals: Object.freeze([...asked.signals]) }
        expect(adjudicate(decision, { ...asked, signals })).toEqual(adjudicate(decision, frozen))
      }),
      RUNS,
    )
  })

  it('is the same twice, to the last digit', () => {
    fc.assert(
      fc.property(cases({ failures: true }), (one) => {
        expect(JSON.stringify(answer(one))).toBe(JSON.stringify(answer(one)))
      }),
    )
  })

  it('has no number that is not finite, whatever comes in', () => {
    const huge = fc.constantFrom(0, Number.MIN_VALUE, 1, 1e300, Number.MAX_VALUE)
    const extremes = fc.record({
      one: cases(),
      loss: fc.array(huge, { minLength: 16, maxLength: 16 }),
      factor: huge,
      added: huge,
      halfLife: fc.constantFrom(1, Number.MAX_SAFE_INTEGER),
      observedAt: fc.constantFrom(0, -8.64e15, NOW, NOW + 1e15),
      prior: fc.constantFrom(0, Number.MIN_VALUE, 1e-300),
      confidence: probability,
    })
    fc.assert(
      fc.property(extremes, ({ one, loss, factor, added, halfLife, observedAt, prior, confidence }) => {
        const [first, second, ...others] = one.decision.states.map(({ name }, s) => ({
          name,
          prior: s === 0 ? 1 : prior,
        }))
        const states = [first, second, ...others] as Decision['states']
        const decision: Decision = {
          ...one.decision,
          states,
          evidenceCap: 1e6,
          claims: new Map(
            [...one.decision.claims].map(([name, { pointsAt }]) => [name, claim(states, pointsAt, halfLife)]),
          ),
          actions: one.decision.actions.map((action, a) => ({
            ...action,
            loss: states.map((_, s) => constant(loss[a * 4 + s] as number)),
          })),
          rules: [
            ...one.decision.rules,
            rule('heavy', [{ kind: 'weight', factor }], { forEachSignal: true }),
            rule('heavier', [{ kind: 'weight', factor }], { forEachSignal: true }),
            rule('costly', [{ kind: 'addLoss', terms: [{ action: 0, state: 0, amount: constant(added) }] }]),
          ],
        }
        const signals = one.question.signals.map((each) => ({ ...each, observedAt, confidence, expiresAt: null }))
        const numbers: number[] = []
        JSON.stringify(adjudicate(decision, { ...one.question, signals }), (_, value) => {
          if (typeof value === 'number') numbers.push(value)
          return value
        })
        expect(numbers.filter((x) => !Number.isFinite(x))).toEqual([])
      }),
      RUNS,
    )
  })

  it('stays valid until a used signal expires, at most', () => {
    fc.assert(
      fc.property(cases(), (one) => {
        const result = answer(one)
        const expiries = used(result).map(
          ({ sequence }) => one.question.signals.find((each) => each.sequence === sequence)?.expiresAt ?? Infinity,
        )
        expect(result.validUntil).toBe(Math.min(NOW + one.decision.validFor, ...expiries))
        expect(result.validUntil).toBeGreaterThan(NOW)
      }),
    )
  })
})

describe('cost', () => {
  it('is least for the recommended action, the first among equals', () => {
    fc.assert(
      fc.property(cases({ rules: false, failures: true }), (one) => {
        const { recommendation, expectedLoss } = answer(one)
        const risks = Object.entries(expectedLoss).filter((entry): entry is [string, number] => entry[1] !== null)
        const least = Math.min(...risks.map(([, risk]) => risk))
        expect(recommendation.action).toBe(risks.find(([, risk]) => risk === least)?.[0] ?? null)
      }),
      RUNS,
    )
  })

  it('leaves a regret between 0 and the expected loss', () => {
    fc.assert(
      fc.property(cases({ failures: true }), (one) => {
        const { recommendation, expectedLoss, regret } = answer(one)
        expect(regret).toBeGreaterThanOrEqual(0)
        if (recommendation.action === null) expect(regret).toBe(0)
        else expect(regret).toBeLessThanOrEqual(expectedLoss[recommendation.action] as number)
      }),
      RUNS,
    )
  })

  it('asks a person when the regret exceeds what asking costs', () => {
    fc.assert(
      fc.property(cases({ rules: false }), (one) => {
        const { recommendation, regret, reviewCost } = answer(one)
        expect(recommendation.reasons.includes('uncertain')).toBe(regret > reviewCost)
        if (regret > reviewCost) expect(recommendation.disposition).toBe('escalate')
      }),
      RUNS,
    )
  })
})

describe('weight', () => {
  it('in total never falls when one more agent speaks', () => {
    fc.assert(
      fc.property(
        cases(),
        probability,
        fc.integer({ min: 0, max: 60 }),
        ({ decision, question: asked }, trust, days) => {
          const agents = new Map(asked.agents).set('zoe', agent('zoe', { trust }))
          const zoe = signal('zoe', 'c0', { confidence: 0.6, observedAt: NOW - days * DAY })
          const before = adjudicate(decision, asked)
          const after = adjudicate(decision, withSignals({ ...asked, agents }, [zoe]))
          expect(totalWeight(after)).toBeGreaterThanOrEqual(totalWeight(before) - 1e-12)
        },
      ),
      RUNS,
    )
  })

  it('adds up at ρ = 0 and averages at ρ = 1', () => {
    fc.assert(
      fc.property(cases(), ({ decision, question: asked }) => {
        const added = used(adjudicate({ ...decision, dependence: 0 }, asked))
        for (const entry of added) expect(entry.weight).toBeCloseTo(alone(entry), 12)

        const averaged = used(adjudicate({ ...decision, dependence: 1 }, asked))
        const total = sum(averaged.map(alone))
        for (const entry of averaged) {
          const expected = total === 0 ? 0 : (alone(entry) / total) * Math.max(...averaged.map(alone))
          expect(entry.weight).toBeCloseTo(expected, 12)
        }
      }),
      RUNS,
    )
  })

  it('of all that one agent says is at most that of one statement', () => {
    fc.assert(
      fc.property(cases({ rules: false }), (one) => {
        const entries = used(answer(one))
        for (const name of new Set(entries.map((entry) => entry.agent))) {
          const voice = entries.filter((entry) => entry.agent === name)
          const trust = one.question.agents.get(name)?.trust as number
          expect(sum(voice.map(({ weight }) => weight))).toBeLessThanOrEqual(trust + 1e-12)
        }
      }),
      RUNS,
    )
  })

  it('is bounded, and so is the evidence that it multiplies', () => {
    fc.assert(
      fc.property(cases(), (one) => {
        for (const { weight, llr, contribution } of answer(one).signals) {
          expect(weight).toBeGreaterThanOrEqual(0)
          expect(weight).toBeLessThanOrEqual(3)
          expect(Math.abs(llr)).toBeLessThanOrEqual(one.decision.evidenceCap)
          expect(contribution).toBe(weight * llr + 0)
        }
      }),
      RUNS,
    )
  })
})

describe('who is not heard', () => {
  const loud = fc.array(fc.record({ claim: fc.constantFrom('c0', 'c1', 'c2', 'c3'), confidence: probability }), {
    minLength: 1,
    maxLength: 5,
  })
  const silenced = fc.constantFrom(
    agent('zoe', { mode: 'shadow' }),
    agent('zoe', { mode: 'muted' }),
    agent('zoe', { until: NOW }),
    agent('zoe', { scope: constant(false) }),
  )

  it('moves nothing, not through rules either', () => {
    fc.assert(
      fc.property(cases({ failures: true }), silenced, loud, ({ decision, question: asked }, zoe, says) => {
        const agents = new Map(asked.agents).set('zoe', zoe)
        const shouted = says.map((said) => signal('zoe', said.claim, said))
        const { signals, ...before } = adjudicate(decision, asked)
        const { signals: ledger, ...after } = adjudicate(decision, withSignals({ ...asked, agents }, shouted))
        expect(after).toEqual(before)
        expect(ledger.filter((entry) => entry.agent !== 'zoe')).toEqual(signals)
      }),
      RUNS,
    )
  })

  it('includes the agent that proposes', () => {
    fc.assert(
      fc.property(cases({ rules: false }), loud, ({ decision, question: asked }, says) => {
        const agents = new Map(asked.agents).set('zoe', agent('zoe'))
        const proposal = { agent: 'zoe', action: decision.actions[0]?.name ?? '' }
        const own = says.map((said) => signal('zoe', said.claim, said))
        const alone = { ...asked, agents, proposal }
        const { signals, ...before } = adjudicate(decision, alone)
        const { signals: ledger, ...after } = adjudicate(decision, withSignals(alone, own))
        expect(after).toEqual(before)
        expect(ledger.filter((entry) => entry.agent !== 'zoe')).toEqual(signals)
      }),
      RUNS,
    )
  })
})

describe('rules', () => {
  it('that veto an action keep it from being recommended or allowed', () => {
    fc.assert(
      fc.property(cases(), fc.nat(3), ({ decision, question: asked }, pick) => {
        const vetoed = pick % decision.actions.length
        const { name } = decision.actions[vetoed] as Decision['actions'][number]
        const rules = [...decision.rules, rule('no', [{ kind: 'veto', actions: [vetoed] }])]
        const proposal = { agent: 'ada', action: name }
        const result = adjudicate({ ...decision, rules }, { ...asked, proposal })
        expect(result.recommendation.action).not.toBe(name)
        expect(result.proposal?.verdict).toBe('deny')
      }),
      RUNS,
    )
  })

  it('that cap autonomy only make the disposition stricter', () => {
    fc.assert(
      fc.property(cases(), fc.nat(3), fc.constantFrom(...AUTONOMY), ({ decision, question: asked }, pick, level) => {
        const caps = [{ action: pick % decision.actions.length, level }]
        const rules = [...decision.rules, rule('cap', [{ kind: 'autonomyCap', caps }])]
        const before = adjudicate(decision, asked).recommendation
        const after = adjudicate({ ...decision, rules }, asked).recommendation
        expect(after.action).toBe(before.action)
        expect(DISPOSITIONS.indexOf(after.disposition)).toBeGreaterThanOrEqual(DISPOSITIONS.indexOf(before.disposition))
      }),
      RUNS,
    )
  })

  it('that fail always bring a person in', () => {
    fc.assert(
      fc.property(cases({ failures: true }), (one) => {
        const { rules, recommendation, handoff } = answer(one)
        const failed = rules.some(({ error }) => error !== undefined)
        expect(recommendation.reasons.includes('rule_error')).toBe(failed)
        if (!failed) return
        expect(recommendation.disposition).toBe('escalate')
        expect(handoff).toMatchObject({ kind: 'decision', aboutAccount: handoff?.queue !== 'ops' })
        expect(handoff?.faults).not.toEqual([])
      }),
      RUNS,
    )
  })
})

describe('a verdict', () => {
  it('allows only what may be done and costs no more than the tolerance', () => {
    fc.assert(
      fc.property(cases({ failures: true }), (one) => {
        const { recommendation, proposal, expectedLoss, handoff } = answer(one)
        if (proposal?.verdict !== 'allow') return
        expect(['act', 'act_and_review']).toContain(recommendation.disposition)
        const risk = expectedLoss[proposal.action] as number
        const least = expectedLoss[recommendation.action ?? ''] as number
        expect(risk - least).toBeLessThanOrEqual(one.decision.tolerance)
        expect(handoff?.kind).not.toBe('decision')
      }),
      RUNS,
    )
  })

  it('that a person is asked always opens a case for one', () => {
    fc.assert(
      fc.property(cases({ failures: true }), (one) => {
        const { proposal, handoff } = answer(one)
        if (proposal?.verdict === 'ask') expect(handoff?.kind).toBe('decision')
      }),
      RUNS,
    )
  })
})

describe('conflict', () => {
  it('lies between 0 and 1', () => {
    fc.assert(
      fc.property(cases(), (one) => {
        const { conflict } = answer(one)
        expect(conflict).toBeGreaterThanOrEqual(0)
        expect(conflict).toBeLessThanOrEqual(1)
      }),
      RUNS,
    )
  })

  it('is 0 when all say the same', () => {
    fc.assert(
      fc.property(cases(), probability, ({ decision, question: asked }, confidence) => {
        const signals = asked.signals.map((one) => ({ ...one, claim: 'c0', confidence }))
        const agents = new Map(
          [...asked.agents].map(([name, one]) => [name, { ...one, confidence: 'support' as const }]),
        )
        expect(adjudicate(decision, { ...asked, signals, agents }).conflict).toBe(0)
      }),
      RUNS,
    )
  })
})

describe('a flip', () => {
  it('changes the recommendation to what it says', () => {
    fc.assert(
      fc.property(cases(), ({ decision, question: asked }) => {
        const { flips, recommendation } = adjudicate(decision, asked)
        for (const flip of flips) {
          const { sequence } = asked.signals.find(({ id }) => id === flip.signal) as Signal
          const { action } = adjudicate(decision, restated(asked, sequence, flip.atConfidence)).recommendation
          expect(action).toBe(flip.action)
          expect(action).not.toBe(recommendation.action)
          expect(flip.atConfidence).toSatisfy((p: number) => p > 0 && p < 1)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('is the nearest, on either side; without one, nothing flips', () => {
    fc.assert(
      fc.property(cases(), fc.double({ min: 0, max: 1, noNaN: true }), ({ decision, question: asked }, part) => {
        const result = adjudicate(decision, asked)
        for (const entry of used(result)) {
          if (entry.confidence === null) continue
          const flip = result.flips.find(({ signal }) => signal === entry.id)
          // Short of it by more than what rounding may move.
          const reach = flip ? Math.abs(flip.atConfidence - entry.confidence) - 1e-9 : 1
          if (reach <= 0) continue
          for (const confidence of [entry.confidence - part * reach, entry.confidence + part * reach]) {
            if (confidence <= 0 || confidence >= 1) continue
            const { action } = adjudicate(decision, restated(asked, entry.sequence, confidence)).recommendation
            expect(action).toBe(result.recommendation.action)
          }
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('two hundred', () => {
  it('signals are used, the newest', () => {
    const agents = new Map(Array.from({ length: 230 }, (_, i) => [`n${i}`, agent(`n${i}`)]))
    const crowd = [...agents.keys()].map((name, i) =>
      signal(name, 'c0', { confidence: 0.6, observedAt: NOW - i * HOUR }),
    )
    fc.assert(
      fc.property(cases({ rules: false }), ({ decision }) => {
        const { signals } = adjudicate(decision, question(crowd, { agents }))
        expect(signals.slice(0, 200).every((entry) => entry.used)).toBe(true)
        expect(signals.slice(200).map((entry) => entry.why)).toEqual(Array(30).fill('beyond_newest_200'))
      }),
      { numRuns: 20 },
    )
  })
})
