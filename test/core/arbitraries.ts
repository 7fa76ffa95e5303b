import fc from 'fast-check'
import { adjudicate } from '../../src/core/adjudicate.ts'
import {
  type Action,
  type Agent,
  AUTONOMY,
  type Claim,
  type Decision,
  type Effect,
  type Question,
  type Rule,
  type Ruling,
  type Signal,
} from '../../src/core/model.ts'
import { NO_QUEUES } from '../../src/core/queues.ts'
import type { Expression } from '../../src/core/rules/expression.ts'
import { makeRuling } from '../../src/core/ruling.ts'
import { agent, claim, constant, DAY, expression, failing, HOUR, NOW, rule } from './fixtures.ts'

/** A question with the decision under which it is asked. */
export interface Case {
  readonly decision: Decision
  readonly question: Question
}

export interface RuledCase extends Case {
  readonly question: Question & { readonly ruling: Ruling }
}

export interface Shape {
  /** Whether expressions may fail; false unless told. */
  readonly failures?: boolean
  /** Whether rules apply; true unless told. */
  readonly rules?: boolean
}

/** Few names, so that agents meet and claims repeat. */
const AGENTS = ['ada', 'bob', 'cleo', 'dan', 'eve']
const CLAIMS = ['c0', 'c1', 'c2', 'c3']

/** `fc.double` is uniform over representations, so mostly tiny; this is uniform over values. */
function uniform(min: number, max: number): fc.Arbitrary<number> {
  return fc.nat(2 ** 30).map((n) => min + (n / 2 ** 30) * (max - min))
}

export const probability = fc.oneof(
  { weight: 8, arbitrary: uniform(0, 1) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 1e-6, 1 - 1e-6, 0.5, Number.MIN_VALUE) },
)

const money = fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 4, arbitrary: uniform(0, 1_000) })

/** Two to four states whose priors sum to 1. */
export const states: fc.Arbitrary<Decision['states']> = fc
  .array(uniform(0.01, 1), { minLength: 2, maxLength: 4 })
  .map((masses) => {
    const total = masses.reduce((sum, mass) => sum + mass, 0)
    return masses.map((mass, s) => ({ name: `s${s}`, prior: mass / total }))
  })

function expressionOf<T>(value: fc.Arbitrary<T>, { failures = false }: Shape): fc.Arbitrary<Expression<T>> {
  const failed = fc.constant(failing<T>('account.gone', 'the account has no fact `account.gone`'))
  return failures
    ? fc.oneof({ weight: 19, arbitrary: value.map(constant) }, { weight: 1, arbitrary: failed })
    : value.map(constant)
}

function actions(stateCount: number, shape: Shape): fc.Arbitrary<readonly Action[]> {
  const action = fc.record({
    autonomy: fc.constantFrom(...AUTONOMY),
    loss: fc.array(expressionOf(money, shape), { minLength: stateCount, maxLength: stateCount }),
  })
  return fc
    .array(action, { minLength: 1, maxLength: 4 })
    .map((list) => list.map((fields, a) => ({ name: `a${a}`, tags: [], cooldown: null, ...fields })))
}

function claims(all: Decision['states']): fc.Arbitrary<ReadonlyMap<string, Claim>> {
  const pointsAt = fc.subarray(
    all.map((_, s) => s),
    { minLength: 1 },
  )
  const halfLife = fc.option(fc.integer({ min: HOUR, max: 60 * DAY }))
  const one = fc.tuple(pointsAt, halfLife).map(([at, life]) => claim(all, at, life))
  // The last name stays without a claim: what it says is not mapped.
  return fc
    .array(one, { minLength: 1, maxLength: CLAIMS.length - 1 })
    .map((list) => new Map(list.map((mapped, c) => [CLAIMS[c] as string, mapped])))
}

function effects(stateCount: number, actionCount: number, shape: Shape): fc.Arbitrary<Effect> {
  const action = fc.nat(actionCount - 1)
  const state = fc.nat(stateCount - 1)
  const someActions = fc.uniqueArray(action, { minLength: 1, maxLength: 2 })
  const cap = fc.record({ action, level: fc.constantFrom(...AUTONOMY) })
  const added = fc.record({ action, state, amount: expressionOf(money, shape) })
  const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 2 })
  return fc.oneof(
    fc.record({ kind: fc.constant('veto' as const), actions: someActions }),
    fc.record({
      kind: fc.constant('escalate' as const),
      queue: fc.option(fc.constantFrom('legal', 'onboarding')),
      priority: fc.option(fc.integer({ min: -5, max: 5 })),
      due: fc.option(fc.integer({ min: 0, max: DAY })),
      assignee: fc.constant(null),
    }),
    fc.record({ kind: fc.constant('autonomyCap' as const), caps: some(cap) }),
    fc.record({ kind: fc.constant('addLoss' as const), terms: some(added) }),
    fc.record({ kind: fc.constant('tag' as const), tags: some(fc.constantFrom('crisis', 'vip')) }),
  )
}

/** Rules whose conditions see facts, who speaks and since when, never how confidently. */
function rules(stateCount: number, actionCount: number, shape: Shape): fc.Arbitrary<readonly Rule[]> {
  const crowded = expression('signals.size() > 2', ({ signals }) => signals.length > 2)
  const old = expression('signal.ageHours > 24', ({ signal }) => signal !== undefined && signal.ageHours > 24)
  const condition = fc.oneof(expressionOf(fc.boolean(), shape), fc.constant(crowded))
  const plain = fc.record({
    when: condition,
    effects: fc.array(effects(stateCount, actionCount, shape), { minLength: 1, maxLength: 2 }),
  })
  const weight = fc.record({
    forEachSignal: fc.constant(true),
    when: fc.oneof(expressionOf(fc.boolean(), shape), fc.constant(old)),
    effects: uniform(0, 4).map((factor): readonly Effect[] => [{ kind: 'weight', factor }]),
  })
  return fc
    .array(fc.oneof(plain, weight), { maxLength: 4 })
    .map((list) => list.map((fields, r) => rule(`r${r}`, fields.effects, fields)))
}

/** A decision file as compiled. */
export function decisions(shape: Shape = {}): fc.Arbitrary<Decision> {
  return states
    .chain((all) => fc.tuple(fc.constant(all), actions(all.length, shape), claims(all)))
    .chain(([all, some, mapped]) =>
      fc.record({
        name: fc.constant('d'),
        description: fc.constant('A decision'),
        facts: fc.constant(null),
        states: fc.constant(all),
        claims: fc.constant(mapped),
        actions: fc.constant(some),
        rules: shape.rules === false ? fc.constant([]) : rules(all.length, some.length, shape),
        review: fc.record({
          cost: uniform(0, 1_000),
          queue: fc.constant('csm'),
          due: fc.integer({ min: 0, max: DAY }),
          sampleRate: probability,
          assignee: fc.constant(null),
          holdsFor: fc.integer({ min: 1, max: 30 * DAY }),
          fallback: fc.constant(null),
        }),
        dependence: fc.oneof(fc.constantFrom(0, 0.75, 1), probability),
        evidenceCap: uniform(0.1, 10),
        tolerance: fc.oneof(fc.constant(0), money),
        validFor: fc.integer({ min: HOUR, max: DAY }),
        lease: fc.constant(HOUR),
        cooldowns: fc.constant(new Map<string, number>()),
        longestCooldown: fc.constant(0),
        adjudicateOn: fc.constant([]),
        reads: fc.constant(null),
        meaning: fc.constant('a meaning'),
        queues: fc.constant(NO_QUEUES),
      }),
    )
}

/** Signals of a few agents in no order, some expired, some repeated, each with a place of its own in the stream. */
export const signals: fc.Arbitrary<readonly Signal[]> = fc
  .array(
    fc.record({
      agent: fc.constantFrom(...AGENTS),
      claim: fc.constantFrom(...CLAIMS),
      confidence: fc.option(probability, { freq: 4 }),
      score: fc.option(uniform(-10, 110)),
      observedAt: fc.integer({ min: NOW - 60 * DAY, max: NOW + 5 * 60_000 }),
      expiresAt: fc.option(fc.integer({ min: NOW - DAY, max: NOW + 10 * DAY })),
    }),
    { maxLength: 12 },
  )
  .map((list) => list.map((fields, i) => ({ sequence: i + 1, id: `g${i}`, ...fields })))

function agentsNamed(shape: Shape): fc.Arbitrary<ReadonlyMap<string, Agent>> {
  const one = fc.record({
    mode: fc.oneof({ weight: 8, arbitrary: fc.constant('live' as const) }, fc.constantFrom('shadow', 'muted')),
    trust: probability,
    defaultConfidence: uniform(0.5, 1),
    confidence: fc.constantFrom('probability', 'support'),
    scale: fc.option(
      fc.constant<NonNullable<Agent['scale']>>([
        [0, 0.02],
        [50, 0.4],
        [100, 0.97],
      ]),
    ),
    scope: fc.option(expressionOf(fc.boolean(), shape), { freq: 2 }),
    until: fc.option(fc.integer({ min: NOW - DAY, max: NOW + 30 * DAY }), { freq: 2 }),
  })
  return fc
    .tuple(...AGENTS.map(() => one))
    .map((list) => new Map(AGENTS.map((name, i) => [name, agent(name, list[i] as Partial<Agent>)])))
}

/** A decision and a question that it answers, on which nobody has ruled. */
export function cases(shape: Shape = {}): fc.Arbitrary<Case> {
  return decisions(shape).chain((decision) =>
    fc.record({
      decision: fc.constant(decision),
      question: fc.record({
        account: fc.constant('acme'),
        now: fc.constant(NOW),
        draw: uniform(0, 0.999_999),
        facts: fc.constant({}),
        signals,
        agents: agentsNamed(shape),
        proposal: fc.option(
          fc.record({
            agent: fc.constantFrom(...AGENTS),
            action: fc.constantFrom(...decision.actions.map(({ name }) => name)),
          }),
        ),
        ruling: fc.constant(null),
      }),
    }),
  )
}

/** Cases on which somebody ruled, on the same evidence; some rulings are over, some never stood. */
export function ruledCases(shape: Shape = {}): fc.Arbitrary<RuledCase> {
  const fields = fc.record({ pick: fc.nat(3), at: fc.constantFrom(NOW, NOW - DAY) })
  return fc.tuple(cases(shape), fields).map(([{ decision, question }, { pick, at }]) => {
    const action = (decision.actions[pick % decision.actions.length] as Action).name
    const answer = adjudicate(decision, question)
    const ruling = { sequence: 99, ...makeRuling(decision, question, answer, { action, by: 'maria', at }) }
    return { decision, question: { ...question, ruling } }
  })
}
