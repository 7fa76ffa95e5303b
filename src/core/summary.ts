import type { Conclusion } from './conclude.ts'
import type { Disposal } from './disposition.ts'
import type { Effects } from './effects.ts'
import type { UsedSignal } from './live.ts'
import type { Decision, Handoff, LedgerRule } from './model.ts'
import { age, capitalised, count, money, percent, spoken } from './phrases.ts'
import type { Judgement } from './verdict.ts'

export interface Findings {
  readonly decision: Decision
  readonly conclusion: Conclusion
  readonly effects: Effects
  readonly disposal: Disposal
  readonly judgement: Judgement | null
  /** Expressions that failed. */
  readonly failures: readonly LedgerRule[]
  readonly handoff: Handoff | null
}

/**
 * What to do and why, in words that need no explanation.
 *
 * Made only of operators' text, numbers, and the names of agents that carry weight: nothing that an agent wrote as
 * evidence, nor the name of one that nobody admitted, can speak through it.
 */
export function summarise(findings: Findings): string {
  return `${answer(findings)}. ${grounds(findings)}.`
}

function answer({ decision, conclusion: { best }, judgement, handoff }: Findings): string {
  const recommended = best === null ? null : nameOf(decision, best)
  if (judgement === null) return recommended === null ? 'No action is permitted' : capitalised(recommended)

  const wanted = nameOf(decision, judgement.action)
  const other = judgement.action === best ? null : recommended
  switch (judgement.verdict) {
    case 'allow':
      return other === null ? `Go ahead: ${wanted}` : `Go ahead: ${wanted}, about as good as ${other}`
    case 'ask':
      return other === null ? `A person decides on ${wanted}` : `A person decides on ${wanted}; ${other} looks better`
    case 'deny':
      if (handoff?.kind === 'decision') return `Denied: ${wanted}; ${spoken(handoff.queue)} decides what to do`
      return other === null ? `Denied: ${wanted}` : `Denied: ${wanted}; ${other} instead`
  }
}

/** Why: what decided about the proposal, or else about the recommendation. */
function grounds(findings: Findings): string {
  const { decision, judgement, effects } = findings
  const { risks, best } = findings.conclusion
  switch (judgement?.reasons[0]) {
    case 'vetoed':
      return because(effects.vetoedBy[judgement.action]?.because ?? '')
    case 'off_limits':
      return 'Only people may do that'
    case 'out_of_scope':
      return 'The account is outside the scope of the agent that asks'
    case 'costlier': {
      const more = (risks[judgement.action] as number) - (risks[best as number] as number)
      return `${weighing(findings)}; ${nameOf(decision, judgement.action)} would cost about ${money(more)} more`
    }
    case 'copilot':
      return `${weighing(findings)}; a person decides on that every time`
    default:
      return standing(findings)
  }
}

function standing(findings: Findings): string {
  const { decision, effects, disposal, failures, handoff } = findings
  const queue = spoken(handoff?.queue ?? decision.review.queue)
  const { regret } = findings.conclusion.stakes
  const mistake = regret === 0 ? 'nothing' : `about ${money(regret)}`
  const stakes = `a mistake would cost ${mistake}, a look ${money(decision.review.cost)}`
  switch (disposal.reasons[0]) {
    case 'no_permitted_action': {
      const veto = effects.vetoedBy.find((rule) => rule !== null)
      return `${veto ? because(veto.because) : failed(failures)}, so ${queue} decides`
    }
    case 'rule_error':
      return `${failed(failures)}, so ${queue} decides`
    case 'rule':
      return `${because(effects.escalations[0]?.rule.because ?? '')}, so ${queue} decides`
    case 'people_only':
      return `Only people may do that, so ${queue} decides`
    case 'uncertain':
      return `${weighing(findings)}; ${stakes}, so ${queue} decides`
    case 'copilot':
      return `${weighing(findings)}; ${queue} decides on that every time`
    default:
      if (handoff !== null) return `${weighing(findings)}; ${queue} reviews it afterwards`
      return `${weighing(findings)}; ${stakes}, so nobody needs to look`
  }
}

/** What tipped the scales: a rule that ruled out what would have cost less, or the agents that carry most weight. */
function weighing(findings: Findings): string {
  const { decision, effects } = findings
  const { contributions, risks, best } = findings.conclusion
  const least = best === null ? Number.POSITIVE_INFINITY : (risks[best] as number)
  const ruledOut = risks.findIndex((risk, a) => risk !== null && risk < least && effects.vetoedBy[a] !== null)
  const veto = effects.vetoedBy[ruledOut]
  if (veto) return `${because(veto.because)}, so ${nameOf(decision, ruledOut)} is out`

  const { pro, con } = sides(findings.conclusion)
  if (pro.strongest === null && con.strongest === null) {
    const silent = contributions.every((x) => x === 0)
    return silent ? 'No signal counts, so what is usual decides' : 'It costs least whatever the signals say'
  }
  if (con.strongest === null) return `${speakers(pro)} ${pro.agents.size > 1 ? 'point' : 'points'} that way`
  if (pro.strongest === null) {
    return `${speakers(con)} ${con.agents.size > 1 ? 'point' : 'points'} the other way, but erring that way costs more`
  }
  const [heavier, lighter] = pro.push >= con.push ? [pro, con] : [con, pro]
  const outweighs = `${speakers(heavier)} ${heavier.agents.size > 1 ? 'outweigh' : 'outweighs'} ${speakers(lighter)}`
  return heavier === pro ? outweighs : `${outweighs}, but erring that way costs more`
}

interface Side {
  readonly agents: Set<string>
  strongest: UsedSignal | null
  most: number
  push: number
}

/**
 * Who speaks for the recommended action and who against it: a signal speaks for it if it adds to the belief in the
 * states in which the action costs least, which is the sign of its contribution times their covariance with its claim.
 */
function sides({ used, contributions, beliefs, stakes }: Conclusion): { pro: Side; con: Side } {
  const pro: Side = { agents: new Set(), strongest: null, most: 0, push: 0 }
  const con: Side = { agents: new Set(), strongest: null, most: 0, push: 0 }
  const inFavour = beliefs.reduce((sum, belief, s) => (stakes.favourable[s] ? sum + belief : sum), 0)
  used.forEach((live, i) => {
    let claimed = 0
    let both = 0
    for (const s of live.claim.pointsAt) {
      claimed += beliefs[s] as number
      if (stakes.favourable[s]) both += beliefs[s] as number
    }
    const push = (contributions[i] as number) * (both - claimed * inFavour)
    if (push === 0) return
    const side = push > 0 ? pro : con
    side.agents.add(live.agent.name)
    side.push += Math.abs(push)
    if (Math.abs(push) > side.most) {
      side.most = Math.abs(push)
      side.strongest = live
    }
  })
  return { pro, con }
}

function speakers({ strongest, agents }: Side): string {
  if (strongest === null) return ''
  const { agent, signal, confidence, ageHours } = strongest
  const claim = spoken(signal.claim)
  const statement = confidence === null ? claim : `${percent(confidence)} ${claim}`
  const first = `${agent.name} (${statement}, ${age(ageHours)})`
  return agents.size === 1 ? first : `${first} and ${count(agents.size - 1, 'other')}`
}

function failed(failures: readonly LedgerRule[]): string {
  const others = failures.length - 1
  const first = subject(failures[0]?.id ?? '')
  return `${first}${others > 0 ? ` and ${count(others, 'other expression')}` : ''} could not be evaluated`
}

function subject(id: string): string {
  if (id.startsWith('agent:')) return `The scope of ${id.slice('agent:'.length)}`
  if (id.startsWith('loss:')) return `The loss of ${spoken(id.slice('loss:'.length)).replace('.', ' when ')}`
  return `The rule ${id}`
}

/** An operator's sentence, to be gone on from. */
function because(text: string): string {
  return text.trim().replace(/\.$/, '')
}

function nameOf(decision: Decision, action: number): string {
  return spoken(decision.actions[action]?.name ?? '')
}
