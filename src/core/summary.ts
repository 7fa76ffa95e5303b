import type { Disposal } from './disposition.ts'
import type { Handoff, LedgerRule, Ruling } from './model.ts'
import { about, ago, capitalised, count, moment, money, rough, spoken } from './phrases.ts'
import type { Judgement } from './verdict.ts'
import { nameOf, reasonOf, type Scales, weighing } from './weighing.ts'

export interface Findings extends Scales {
  readonly disposal: Disposal
  readonly judgement: Judgement | null
  /** Expressions that failed. */
  readonly failures: readonly LedgerRule[]
  readonly handoff: Handoff | null
  /** The person's answer that stands, if any. */
  readonly ruling: Ruling | null
  readonly now: number
}

const HOUR = 3_600_000

/**
 * What to do and why, in words that need no explanation.
 *
 * Made only of operators' text, numbers, and the names of agents that carry weight: nothing that an agent wrote as
 * evidence, nor the name of one that nobody admitted, can speak through it.
 */
export function summarise(findings: Findings): string {
  return `${answer(findings)}. ${grounds(findings)}.`
}

/**
 * Why, out of a summary and on one line: what stands behind the answer. No name in that has a space, so that the first
 * stop ends it.
 */
export function because(summary: string): string {
  return summary.slice(summary.indexOf('. ') + 2).replace(/\p{Cc}+/gu, ' ')
}

function answer(findings: Findings): string {
  const { decision, judgement, handoff, disposal, ruling } = findings
  const { best } = findings.conclusion
  const recommended = best === null ? null : nameOf(decision, best)
  const isOpen = handoff?.kind === 'decision' && ruling === null
  const forPeople = ruling !== null && disposal.reasons[0] === 'people_only'
  if (judgement === null) {
    if (recommended === null) return 'No action is permitted'
    // Whoever reads no further must not take for an order what nobody has cleared.
    if (forPeople) return `For people only: ${recommended}`
    return isOpen ? `A person decides; ${recommended} looks best` : capitalised(recommended)
  }

  const wanted = nameOf(decision, judgement.action)
  const other = judgement.action === best ? null : recommended
  switch (judgement.verdict) {
    case 'allow':
      return `Go ahead: ${wanted}`
    case 'ask':
      return other === null ? `A person decides on ${wanted}` : `A person decides on ${wanted}; ${other} looks better`
    case 'deny':
      if (isOpen) return `Denied: ${wanted}; ${queueOf(findings)} decides what to do`
      // An agent that may not act here may not act in another way either.
      if (other === null || judgement.reasons[0] === 'out_of_scope') return `Denied: ${wanted}`
      return `Denied: ${wanted}; ${other} instead${forPeople ? ', by people only' : ''}`
  }
}

/** Why: what decided about the proposal, or else about the recommendation. */
function grounds(findings: Findings): string {
  const { judgement, effects, failures, ruling } = findings
  if (judgement === null) return standing(findings)
  const { action, reasons } = judgement
  switch (reasons[0]) {
    case 'vetoed':
      return reasonOf(effects.vetoedBy[action] as LedgerRule)
    case 'off_limits':
      return peopleOnly(findings, action, 'do that')
    case 'out_of_scope':
      return 'The account is outside the scope of the agent that asks'
    case 'costlier':
      return `${weighing(findings)}; that saves ${about(extraCost(findings, action))}`
    case 'copilot':
      return `${weighing(findings)}${everyTime(findings, action)}`
    case 'within_tolerance':
      return tolerated(findings, action)
    case 'needs_person':
      // Of what a person has decided no more is open than whether the agent may act here.
      return ruling === null ? standing(findings) : decided(findings, failed(failures))
    case 'decided_by_person':
    case 'loss_failed':
    case 'recommended':
      return standing(findings)
  }
}

function standing(findings: Findings): string {
  const { effects, disposal, failures, handoff, judgement, ruling, now } = findings
  const { best, stakes } = findings.conclusion
  if (ruling !== null) return ruled(ruling, judgement, now)
  switch (disposal.reasons[0]) {
    case 'no_permitted_action':
      if (failures.length > 0) return decided(findings, failed(failures))
      return decided(findings, reasonOf(effects.vetoedBy[0] as LedgerRule))
    case 'rule_error':
      return decided(findings, failed(failures))
    case 'rule':
      return decided(findings, reasonOf(escalating(effects.escalations)))
    case 'people_only':
      return decided(findings, peopleOnly(findings, best as number, named(findings, best as number, 'do that')))
    case 'uncertain':
      return decided(findings, `${weighing(findings)}; ${risk(findings)}`)
    case 'copilot':
      return `${weighing(findings)}${everyTime(findings, best as number)}`
    case 'decided_by_person':
    case 'sampled':
    case 'supervised':
    case 'autonomous':
      if (handoff !== null) return `${weighing(findings)}; ${queueOf(findings)} reviews it afterwards`
      if (stakes.regret === 0) return weighing(findings)
      return `${weighing(findings)}; ${risk(findings)}, so nobody needs to look`
  }
}

/** `maria decided so today; that stands until 27 November`, or `maria allowed this one today` of what is good for once. */
function ruled({ by, at, until, shown }: Ruling, judgement: Judgement | null, now: number): string {
  const when = ago((now - at) / HOUR)
  if (shown !== undefined && judgement?.verdict === 'allow') return `${by} allowed this one ${when}`
  return `${by} decided so ${when}; that stands until ${moment(until, now)}`
}

/** What mistakes cost on average, beside what a look costs; rounding never puts the two the wrong way round. */
function risk({ decision: { review }, conclusion: { stakes } }: Findings): string {
  const mistakes = rough(stakes.regret)
  const isWorthIt = stakes.regret > review.cost
  const look = money(review.cost)
  if (money(mistakes) === look || mistakes > review.cost !== isWorthIt) {
    return `the risk of a mistake costs ${isWorthIt ? 'just more' : 'no more'} than a look (${look})`
  }
  return `the risk of a mistake costs ${about(stakes.regret)}, a look ${look}`
}

function peopleOnly({ effects }: Findings, action: number, doIt: string): string {
  const cap = effects.cappedBy[action] as LedgerRule | null
  return cap === null ? `Only people may ${doIt}` : reasonOf(cap)
}

/** Who decides on an action that no agent takes by itself. */
function everyTime(findings: Findings, action: number): string {
  const cap = findings.effects.cappedBy[action] as LedgerRule | null
  return cap === null
    ? `; ${queueOf(findings)} decides on ${named(findings, action, 'that')} every time`
    : `. ${decided(findings, reasonOf(cap))}`
}

function decided(findings: Findings, reason: string): string {
  return `${reason}, so ${queueOf(findings)} decides`
}

function tolerated(findings: Findings, action: number): string {
  const { decision, conclusion, handoff } = findings
  const best = nameOf(decision, conclusion.best as number)
  const extra = extraCost(findings, action)
  const within = `within the tolerance of ${money(decision.tolerance)}`
  const cost = extra > 0 ? `${about(extra)} more than ${best}, ${within}` : `no more than ${best}`
  return `It costs ${cost}${handoff === null ? '' : `; ${queueOf(findings)} reviews it afterwards`}`
}

/** What an action costs on average beyond the recommended one. */
function extraCost({ conclusion: { risks, best } }: Findings, action: number): number {
  return (risks[action] as number) - (risks[best as number] as number)
}

/** An action after the answer: by a pronoun, unless the answer names two, so that it could be misread. */
function named({ decision, conclusion: { best }, judgement }: Findings, action: number, pronoun: string): string {
  return judgement === null || judgement.action === best ? pronoun : nameOf(decision, action)
}

function queueOf({ decision, handoff }: Findings): string {
  return spoken(handoff?.queue ?? decision.review.queue)
}

/** The rule whose queue decides, or else the first. */
function escalating(escalations: Findings['effects']['escalations']): LedgerRule {
  return (escalations.find(({ effect }) => effect.queue !== null) ?? (escalations[0] as (typeof escalations)[0])).rule
}

function failed(failures: readonly LedgerRule[]): string {
  const [first = '', ...others] = new Set(failures.map(({ id }) => id))
  return `${subject(first)}${others.length > 0 ? ` and ${count(others.length, 'other')}` : ''} could not be evaluated`
}

function subject(id: string): string {
  if (id.startsWith('agent:')) return `The scope of ${id.slice('agent:'.length)}`
  if (id.startsWith('loss:')) return `The loss of ${spoken(id.slice('loss:'.length)).replace('.', ' when ')}`
  return `The rule ${id}`
}
