/**
 * The rules of the figures: 50 conditions over the facts of an account, of the kinds that operators write (ten of one
 * part, twenty of two, twenty of three), of which 30 hold for `FACTS`. Each engine gets them in its own language.
 */
export const FACTS = {
  arr: 180_000,
  segment: 'mid_market',
  region: 'emea',
  seats: 120,
  nps: 42,
  openTickets: 3,
  stage: 'live',
  flags: ['champion_left', 'multi_year', 'reference'],
  daysToRenewal: 75,
  discount: 0.12,
}

/** One part of a condition, in terms that each engine's language has. */
export type Part =
  | { readonly fact: keyof typeof FACTS; readonly is: '>' | '<' | '>=' | '<='; readonly value: number }
  | { readonly fact: keyof typeof FACTS; readonly is: '==' | '!='; readonly value: string }
  | { readonly fact: 'flags'; readonly is: 'has'; readonly value: string }

/** Holds when all its parts do. */
export type Condition = readonly Part[]

const NUMBERS = ['arr', 'seats', 'nps', 'openTickets', 'daysToRenewal', 'discount'] as const
const STRINGS = ['segment', 'region', 'stage'] as const

/** The i-th part that holds, and a part that does not. */
function part(i: number, holds: boolean): Part {
  const number = NUMBERS[i % NUMBERS.length]!
  const text = STRINGS[i % STRINGS.length]!
  switch (i % 4) {
    case 0:
      return { fact: number, is: '>', value: FACTS[number] * (holds ? 0.5 : 2) }
    case 1:
      return { fact: text, is: holds ? '==' : '!=', value: FACTS[text] }
    case 2:
      return { fact: number, is: '<=', value: FACTS[number] * (holds ? 1.5 : 0.25) }
    default:
      return { fact: 'flags', is: 'has', value: holds ? FACTS.flags[i % FACTS.flags.length]! : 'procurement_dispute' }
  }
}

export const CONDITIONS: readonly Condition[] = Array.from({ length: 50 }, (_, i) => {
  const parts = i < 10 ? 1 : i < 30 ? 2 : 3
  const holds = i % 5 < 3
  // Of those that do not hold, the last part is why: no engine gets away with reading the first.
  return Array.from({ length: parts }, (_, k) => part(i + k, holds || k < parts - 1))
})

export function toCel(condition: Condition): string {
  const parts = condition.map(({ fact, is, value }) =>
    is === 'has' ? `${JSON.stringify(value)} in account.${fact}` : `account.${fact} ${is} ${JSON.stringify(value)}`,
  )
  return parts.join(' && ')
}

/** ZEN expressions read the facts at the top level. */
export function toZen(condition: Condition): string {
  const parts = condition.map(({ fact, is, value }) =>
    is === 'has' ? `contains(${fact}, ${JSON.stringify(value)})` : `${fact} ${is} ${JSON.stringify(value)}`,
  )
  return parts.join(' and ')
}

const JSON_RULES_OPERATORS = {
  '>': 'greaterThan',
  '>=': 'greaterThanInclusive',
  '<': 'lessThan',
  '<=': 'lessThanInclusive',
  '==': 'equal',
  '!=': 'notEqual',
  has: 'contains',
} as const

export function toJsonRules(condition: Condition): object {
  return { all: condition.map(({ fact, is, value }) => ({ fact, operator: JSON_RULES_OPERATORS[is], value })) }
}

/** A decision file with one rule per condition; effects are the kinds that rules have, and none silences the answer. */
export function decisionFile(name = 'bench'): string {
  const effects = [
    'tag: seen',
    'addLoss: { send: { at_risk: 1 } }',
    'autonomyCap: { send: supervised }',
    'tag: [checked, twice]',
  ]
  const rules = CONDITIONS.map(
    (condition, i) =>
      `  - { id: rule-${i}, when: '${toCel(condition)}', then: { ${effects[i % effects.length]}, because: Reason ${i} } }`,
  )
  return `decision: ${name}
description: Fifty rules over an account
facts:
  arr: number
  segment: string
  region: string
  seats: number
  nps: number
  openTickets: number
  stage: string
  flags: { type: list<string>, default: [] }
  daysToRenewal: number
  discount: number
states:
  healthy: { prior: 0.8 }
  at_risk: { prior: 0.2 }
claims:
  churn_risk: { pointsAt: [at_risk], halfLife: P14D }
  healthy: { pointsAt: [healthy], halfLife: P30D }
actions:
  send: { autonomy: autonomous, loss: { healthy: 0, at_risk: 0.002 * account.arr } }
  wait: { autonomy: autonomous, loss: { healthy: 0.0006 * account.arr, at_risk: 0 } }
review: { cost: 4000, queue: csm, due: PT8H, sampleRate: 0.1 }
rules:
${rules.join('\n')}
`
}

/** A case for a decision file. */
export const casesFile = `now: 2026-11-20T09:00:00Z
facts: ${JSON.stringify(FACTS)}
cases:
  - name: the health model alone
    signals: [{ agent: pulse, claim: healthy, confidence: 0.9, age: PT5H }]
    expect: { action: send }
`

/** Six live agents that do not agree. */
export const AGENTS = ['churn-radar', 'pulse', 'usage', 'support', 'renewals', 'billing'] as const

export const agentsFile = `agents:\n${AGENTS.map((name) => `  ${name}: { kind: health_model, trust: 0.9 }`).join('\n')}\n`

export const CLAIMS = [
  { claim: 'churn_risk', confidence: 0.82 },
  { claim: 'healthy', confidence: 0.9 },
  { claim: 'healthy', confidence: 0.71 },
  { claim: 'churn_risk', confidence: 0.55 },
  { claim: 'healthy', confidence: 0.88 },
  { claim: 'churn_risk', confidence: 0.34 },
] as const
