import type { Conclusion } from './conclude.ts'
import type { Effects } from './effects.ts'
import type { Evidence } from './evidence.ts'
import type { UsedSignal } from './live.ts'
import type { Decision, LedgerRule } from './model.ts'
import { age, count, percent, spoken } from './phrases.ts'

export interface Scales {
  readonly decision: Decision
  readonly conclusion: Conclusion
  readonly effects: Effects
}

/**
 * What tipped the scales, in words: a rule that ruled out what would have cost less, the losses alone, or the agents
 * that carry most weight for and against.
 */
export function weighing({ decision, conclusion, effects }: Scales): string {
  const out = ruledOut(conclusion, effects)
  if (out !== null) return `${reasonOf(effects.vetoedBy[out] as LedgerRule)}, so ${nameOf(decision, out)} is out`

  const { stakes, losses } = conclusion
  if (losses.permitted.length === 1) return 'It is the only action'
  if (stakes.favourable.every(Boolean)) return 'It costs least whatever is true'
  if (!stakes.favourable.includes(true)) return 'It is the safest while nobody knows for sure'

  const { pro, con } = sides(conclusion)
  if (pro.push === 0 && con.push === 0) return `${silence(conclusion)}, so the usual odds decide`
  if (con.push === 0) return `${speakers(pro)} ${verb(pro, 'point')} that way`

  // Against the evidence either the odds before it still decide, or the costs do.
  const best = nameOf(decision, conclusion.best as number)
  const still = stakes.confidence >= 0.5 ? 'but not enough' : `but ${best} is the cheaper mistake`
  if (pro.push === 0) return `${speakers(con)} ${verb(con, 'point')} the other way, ${still}`
  if (isSame(pro.push, con.push)) {
    return `${speakers(pro)} ${verb(pro, 'cancel')} out ${speakers(con)}, so the usual odds decide`
  }
  if (pro.push > con.push) return `${speakers(pro)} ${verb(pro, 'outweigh')} ${speakers(con)}`
  return `${speakers(con)} ${verb(con, 'outweigh')} ${speakers(pro)}, ${still}`
}

/** The cheapest vetoed action, if it is cheaper than the recommended one or its veto left nothing else to do. */
function ruledOut({ risks, best, losses }: Conclusion, { vetoedBy }: Effects): number | null {
  let cheapest: number | null = null
  let least = losses.permitted.length === 1 ? Number.POSITIVE_INFINITY : (risks[best as number] as number)
  for (let action = 0; action < risks.length; action += 1) {
    const risk = risks[action] ?? Number.POSITIVE_INFINITY
    if (vetoedBy[action] === null || risk >= least) continue
    cheapest = action
    least = risk
  }
  return cheapest
}

/** Why no signal speaks for or against the recommended action. */
function silence({ contributions, weights }: Conclusion): string {
  if (weights.weight.every((weight) => weight === 0)) return 'No signal counts'
  return contributions.every((x) => x === 0) ? 'The signals say nothing new' : 'The signals do not bear on it'
}

/** Those who push the same way. */
interface Side {
  readonly agents: string[]
  push: number
  /** Who pushes hardest. */
  strongest: { readonly live: UsedSignal; readonly evidence: Evidence; readonly push: number } | null
}

/**
 * Who speaks for the recommended action and who against it: a signal speaks for it if it adds to the belief in the
 * states in which the action costs least, which is the sign of its contribution times their covariance with its claim.
 */
function sides({ used, evidence, contributions, beliefs, stakes: { favourable } }: Conclusion): {
  pro: Side
  con: Side
} {
  const pro: Side = { agents: [], push: 0, strongest: null }
  const con: Side = { agents: [], push: 0, strongest: null }
  let favour = 0
  let disfavour = 0
  for (let s = 0; s < beliefs.length; s += 1) {
    if (favourable[s]) favour += beliefs[s] as number
    else disfavour += beliefs[s] as number
  }
  used.forEach((live, i) => {
    let inside = 0
    let outside = 0
    for (const s of live.claim.pointsAt) {
      if (favourable[s]) inside += beliefs[s] as number
      else outside += beliefs[s] as number
    }
    const pull = (contributions[i] as number) * (inside * disfavour - outside * favour)
    if (pull === 0) return
    const side = pull > 0 ? pro : con
    const push = Math.abs(pull)
    side.push += push
    if (!side.agents.includes(live.agent.name)) side.agents.push(live.agent.name)
    if (push > (side.strongest?.push ?? 0)) side.strongest = { live, evidence: evidence[i] as Evidence, push }
  })
  return { pro, con }
}

/** But for rounding. */
function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(a, b)
}

/** `churn-radar (82 % churn risk, today) and two others`. */
function speakers({ strongest, agents }: Side): string {
  if (strongest === null) return ''
  const { agent, ageHours } = strongest.live
  const first = `${agent.name} (${statement(strongest.live, strongest.evidence)}, ${age(ageHours)})`
  return agents.length === 1 ? first : `${first} and ${count(agents.length - 1, 'other')}`
}

/** `82 % churn risk`, `churn risk`; `only 6 % churn risk` where that speaks against it. */
function statement({ signal, confidence }: UsedSignal, { calibrated, llr }: Evidence): string {
  const claim = spoken(signal.claim)
  const isBare = confidence === null && llr >= 0
  if (isBare) return claim
  const stated = `${percent(calibrated)} ${claim}`
  return llr < 0 && calibrated >= 0.01 ? `only ${stated}` : stated
}

function verb({ agents }: Side, plural: string): string {
  return agents.length > 1 ? plural : `${plural}s`
}

/** An operator's sentence, to be gone on from. */
export function reasonOf({ because }: LedgerRule): string {
  return because.trim().replace(/\.$/, '')
}

export function nameOf({ actions }: Decision, action: number): string {
  return spoken(actions[action]?.name ?? '')
}
