import type { Agent, Claim, Decision, Effect, Question, Review, Rule, Signal } from '../../src/core/model.ts'
import { NO_QUEUES } from '../../src/core/queues.ts'
import { outcomesOf } from '../../src/core/rules/evaluate.ts'
import { type Expression, ExpressionError, type Scope } from '../../src/core/rules/expression.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const NOW = Date.UTC(2026, 10, 20, 9)

/** An expression from a function; a rule file's would be compiled from its source. */
export function expression<T>(source: string, evaluate: (scope: Scope) => T): Expression<T> {
  return { source, evaluate }
}

export function constant<T>(value: T): Expression<T> {
  return expression(String(value), () => value)
}

export const ALWAYS = constant(true)

export function failing<T>(source: string, reason: string): Expression<T> {
  return expression(source, () => {
    throw new ExpressionError(reason)
  })
}

/** A fact as a number, missing facts fail. */
export function timesArr(factor: number): Expression<number> {
  return expression(`${factor} * account.arr`, ({ account }) => {
    if (typeof account.arr !== 'number') throw new ExpressionError('the account has no fact `account.arr`')
    return factor * account.arr
  })
}

export function agent(name: string, fields: Partial<Agent> = {}): Agent {
  return {
    name,
    kind: 'model',
    mode: 'live',
    trust: 1,
    defaultConfidence: 0.75,
    confidence: 'probability',
    scale: null,
    scope: null,
    until: null,
    owner: null,
    ...fields,
  }
}

let sequence = 0

export function signal(agentName: string, claim: string, fields: Partial<Signal> = {}): Signal {
  sequence += 1
  return {
    sequence,
    id: `${agentName}-${claim}-${sequence}`,
    agent: agentName,
    claim,
    confidence: null,
    score: null,
    observedAt: NOW,
    expiresAt: null,
    ...fields,
  }
}

export function claim(states: Decision['states'], pointsAt: readonly number[], halfLife: number | null = null): Claim {
  return { pointsAt, halfLife, priorMass: pointsAt.reduce((sum, s) => sum + (states[s]?.prior ?? 0), 0) }
}

export function rule(id: string, effects: readonly Effect[], fields: Partial<Omit<Rule, 'outcomes'>> = {}): Rule {
  const stated = {
    id,
    shared: false,
    when: ALWAYS,
    forEachSignal: false,
    effects,
    because: `Because of ${id}`,
    ...fields,
  }
  return { ...stated, outcomes: outcomesOf(id, stated.effects, stated.because) }
}

const STATES = [
  { name: 'healthy', prior: 0.8 },
  { name: 'at_risk', prior: 0.2 },
]

export const HEALTHY = 0
export const AT_RISK = 1
export const SEND = 0
export const WAIT = 1

export const REVIEW: Review = {
  cost: 40,
  queue: 'csm',
  due: 8 * HOUR,
  sampleRate: 0.1,
  assignee: null,
  holdsFor: 7 * DAY,
  fallback: null,
}

/** The decision of the design: send an expansion e-mail or wait. */
export function expansion(fields: Partial<Decision> = {}): Decision {
  return {
    name: 'expansion-outreach',
    description: 'May a copilot reach out about expansion?',
    facts: null,
    states: STATES,
    claims: new Map([
      ['churn_risk', claim(STATES, [AT_RISK], 14 * DAY)],
      ['healthy', claim(STATES, [HEALTHY], 30 * DAY)],
      ['expansion_ready', claim(STATES, [HEALTHY])],
    ]),
    actions: [
      {
        name: 'send_expansion_email',
        autonomy: 'supervised',
        tags: ['customer_facing'],
        loss: [constant(0), timesArr(0.002)],
        cooldown: null,
      },
      { name: 'wait', autonomy: 'autonomous', tags: [], loss: [timesArr(0.0006), constant(0)], cooldown: null },
    ],
    rules: [],
    review: REVIEW,
    dependence: 0.75,
    evidenceCap: 3,
    tolerance: 0,
    validFor: HOUR,
    lease: 10 * 60_000,
    cooldowns: new Map(),
    longestCooldown: 0,
    adjudicateOn: [],
    reads: ['arr'],
    meaning: 'a meaning',
    queues: NO_QUEUES,
    ...fields,
  }
}

export const CHURN = signal('churn-radar', 'churn_risk', { confidence: 0.82 })
export const PULSE = signal('pulse', 'healthy', { confidence: 0.9 })

export function agents(...list: readonly Agent[]): ReadonlyMap<string, Agent> {
  return new Map(list.map((one) => [one.name, one]))
}

/** About an account of 180,000 ARR; a draw that samples nothing. Agents that `agents` lacks are live, with trust 1. */
export function question(signals: readonly Signal[], fields: Partial<Question> = {}): Question {
  const named = [...signals.map((one) => one.agent), ...(fields.proposal ? [fields.proposal.agent] : [])]
  const everyone = new Map(named.map((name) => [name, agent(name)]))
  for (const [name, one] of fields.agents ?? []) everyone.set(name, one)
  return {
    account: 'acme',
    now: NOW,
    draw: 0.5,
    facts: { arr: 180_000 },
    signals,
    proposal: null,
    ruling: null,
    ...fields,
    agents: everyone,
  }
}
