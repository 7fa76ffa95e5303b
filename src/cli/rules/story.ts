import type { Adjudication, Handoff, LedgerSignal, Verdict, VerdictReason } from '../../core/model.ts'
import { about, age, capitalised, count, money, percent, spoken } from '../../core/phrases.ts'
import { sigmoid } from '../../core/probability.ts'
import { type Waterfall, waterfallOf } from '../../core/waterfall.ts'
import { UNUSED } from '../answer.ts'
import { clock } from '../escalations/time.ts'
import { type Answered, bare, capOf, escalating, failures, listed, vetoOf } from './reasons.ts'

const MOST_NAMED = 3

/**
 * How an answer came about, as a person would tell it: what was asked, who said what, what was believed then and why,
 * what each action would cost, who decides. Of names and operators' words, never of agents' evidence; agents that carry
 * no weight are counted, not named.
 */
export function tellStory(answered: Answered): string {
  const { decision, answer } = answered
  const waterfall = waterfallOf(decision, answer)
  const sentences = [
    asked(answered),
    said(waterfall),
    unheard(answer),
    moved(waterfall),
    ...weighed(answered, waterfall),
    costs(answered),
    ...ruledOut(answered),
    decides(answered),
    verdict(answered),
  ]
  return sentences.filter((sentence) => sentence !== '').join(' ')
}

function asked({ decision, question: { account, now, proposal, agents } }: Answered): string {
  const what = decision.description === '' ? '' : `: ${bare(decision.description)}`
  const question = ended(`On ${day(now)} ${decision.name} was asked about ${account}${what}`)
  if (proposal === null) return question
  const isAdmitted = agents.get(proposal.agent)?.mode === 'live'
  return `${question} ${isAdmitted ? proposal.agent : 'An agent that is not heard'} wants ${quoted(proposal.action)}.`
}

function said({ steps }: Waterfall): string {
  if (steps.length === 0) return 'No signal counted.'
  const named = steps.slice(0, MOST_NAMED).map(({ signal }) => statement(signal))
  const others = steps.length - named.length
  return `${listed(others > 0 ? [...named, count(others, 'other')] : named)}${others > 0 ? ' spoke too' : ''}.`
}

function statement({ agent, claim, confidence, ageHours }: LedgerSignal): string {
  return `${agent} said ${spoken(claim)} (${confidence === null ? '' : `${percent(confidence)}, `}${age(ageHours)})`
}

function unheard({ signals }: Adjudication): string {
  const unused = signals.filter(({ used }) => !used)
  if (unused.length === 0) return ''
  const why = [...new Set(unused.flatMap((signal) => (signal.why === undefined ? [] : [UNUSED[signal.why]])))]
  return `${capitalised(count(unused.length, 'other signal'))} carried no weight (${why.join(', ')}).`
}

function moved({ state, prior, steps, belief }: Waterfall): string {
  const [before, after] = [percent(sigmoid(prior)), percent(sigmoid(belief))]
  if (steps.length === 0) return `So the usual odds hold: ${spoken(state)}, ${before}.`
  return before === after
    ? `That left it as likely as before that the account is ${spoken(state)}: ${after}.`
    : `That took ${quoted(state)} from ${before} to ${after}.`
}

/** Who was believed most, and why others less than their word. */
function weighed({ decision, answer }: Answered, { steps }: Waterfall): readonly string[] {
  const used = steps.map(({ signal }) => signal)
  const [strongest] = used
  if (strongest === undefined) return []
  const voices = new Set(used.map(({ agent }) => agent)).size
  const most = voices > 1 && strongest.contribution !== 0 ? [`${strongest.agent} moved it most.`] : []
  const less = used.slice(0, MOST_NAMED).flatMap((signal) => {
    const reasons = weightReasons(signal, answer)
    const { trust, freshness, rules, share } = signal.weightParts
    const way = trust * freshness * rules * share > 1 ? 'more' : 'less'
    return reasons.length === 0 ? [] : [`${signal.agent} counted for ${way} than its word: ${reasons.join('; ')}.`]
  })
  const shared =
    voices > 1 && decision.dependence > 0 ? ['Agents read the same sources, so their word is not simply added up.'] : []
  return [...most, ...less, ...shared]
}

/** Ages that take less than a tenth of the weight are not worth a word. */
const FRESH = 0.9

function weightReasons({ id, ageHours, weightParts }: LedgerSignal, { rules }: Adjudication): readonly string[] {
  const { trust, freshness, share } = weightParts
  const because = rules.filter(({ effect, signal, error }) => {
    return weightParts.rules !== 1 && effect === 'weight' && signal === id && error === undefined
  })
  return [
    ...(trust < 1 ? [`it is trusted with ${Number(trust.toFixed(2))}`] : []),
    ...(freshness < FRESH ? [`it is ${age(ageHours)}`] : []),
    ...because.map((rule) => bare(rule.because)),
    ...(share < 1 ? [`it said ${count(Math.round(1 / share), 'thing')} at once`] : []),
  ]
}

const MOST_COSTS = 4

function costs({ answer: { expectedLoss } }: Answered): string {
  const known = Object.entries(expectedLoss).filter((entry): entry is [string, number] => entry[1] !== null)
  known.sort(([, one], [, other]) => one - other)
  if (known.length === 0) return 'What the actions would cost could not be evaluated.'
  const named = known.slice(0, MOST_COSTS).map(([action, cost], i) => {
    return `${quoted(action)} ${i === 0 ? 'would cost ' : ''}${about(cost)}`
  })
  const dearer = known.length - named.length
  return `On average ${listed(named)}${dearer > 0 ? `, and ${count(dearer, 'other')} more than that` : ''}.`
}

/** What may not be done, but for the proposal: what became of that is said anyway. */
function ruledOut(answered: Answered): readonly string[] {
  const { decision, answer } = answered
  return decision.actions.flatMap(({ name }) => {
    const because = name === answer.proposal?.action ? null : vetoOf(answered, name)
    return because === null ? [] : [`${capitalised(spoken(name))} is ruled out: ${because}.`]
  })
}

/** Who decides what is to be done, and why. */
function decides(answered: Answered): string {
  const { recommendation, handoff, ruling, regret, reviewCost } = answered.answer
  const { action, disposition } = recommendation
  if (ruling !== null) {
    return `${ruling.by} decided for ${quoted(ruling.action)} on ${day(ruling.at)}; that stands until ${day(ruling.until)}.`
  }
  const best = action === null ? '' : `Umpire recommends ${quoted(action)}. `
  if (disposition === 'escalate' || disposition === 'suggest') return `${best}${grounds(answered)}, so ${who(handoff)}.`
  const after =
    handoff?.kind === 'sample'
      ? `it may be done, and ${spoken(handoff.queue)} looks at it afterwards, as at a share of all`
      : 'nobody needs to look'
  return `${best}${stakes(regret, reviewCost)}, so ${after}.`
}

/** However the two are rounded, the words between them hold. */
function stakes(regret: number, look: number): string {
  if (regret === 0) return 'Nothing that is permitted could cost less, whatever is true'
  const more = regret > look ? 'more than' : 'no more than'
  return `The risk of a mistake costs ${about(regret)}, ${more} a look (${money(look)})`
}

/** What a person decides because of. */
function grounds(answered: Answered): string {
  const { recommendation, regret, reviewCost } = answered.answer
  const { action } = recommendation
  switch (recommendation.reasons[0]) {
    case 'no_permitted_action':
      return failures(answered.answer) ?? 'No action is permitted'
    case 'rule_error':
      return failures(answered.answer) ?? 'A rule could not be evaluated'
    case 'rule':
      return escalating(answered)
    case 'people_only':
      return capOf(answered, action, 'off_limits') ?? 'Only people may do that'
    case 'copilot':
      return capOf(answered, action, 'copilot') ?? 'People decide on that every time'
    default:
      return stakes(regret, reviewCost)
  }
}

function who(handoff: Handoff | null): string {
  if (handoff === null) return 'a person decides'
  const { queue, assignee, dueAt } = handoff
  const named = assignee === null ? '' : `, ${assignee} first,`
  return `${spoken(queue)}${named} decides by ${clock(new Date(dueAt).toISOString())}`
}

/** What became of the proposal, and why. */
function verdict(answered: Answered): string {
  const { proposal, expectedLoss, recommendation, handoff } = answered.answer
  if (proposal === null) return ''
  const { action, reasons } = proposal
  const extra = (expectedLoss[action] ?? 0) - (expectedLoss[recommendation.action ?? ''] ?? 0)
  const words: Readonly<Record<VerdictReason, string>> = {
    vetoed: vetoOf(answered, action) ?? 'a rule rules it out',
    off_limits: capOf(answered, action, 'off_limits') ?? 'only people may do that',
    out_of_scope: 'the account is outside the scope of the agent',
    decided_by_person: 'a person has decided',
    loss_failed: 'what it would cost could not be evaluated',
    needs_person: '',
    costlier: `it would cost ${about(extra)} more`,
    copilot: capOf(answered, action, 'copilot') ?? 'people decide on it every time',
    within_tolerance: 'it costs little more than what is recommended',
    recommended: 'it is what is recommended',
  }
  const isAsked = handoff?.kind === 'decision' && recommendation.disposition.startsWith('act')
  const word = reasons[0] === undefined ? '' : words[reasons[0]]
  const why = word === '' ? '' : `: ${word}`
  return `${VERDICT_WORDS[proposal.verdict]}${why}${isAsked ? `; ${who(handoff)}` : ''}.`
}

const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  allow: 'The proposal is allowed',
  ask: 'The proposal waits for a person',
  deny: 'The proposal is denied',
}

const quoted = (name: string): string => `"${spoken(name)}"`

const ended = (sentence: string): string => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`)

/** `20 November 2026` */
function day(at: number): string {
  return new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
}
