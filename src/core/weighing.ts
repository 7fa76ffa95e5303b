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

  const pulls = pullsOf(conclusion)
  const pro = sideOf(conclusion, pulls, 1)
  const con = sideOf(conclusion, pulls, -1)
  if (con === null) {
    if (pro === null) return `${silence(conclusion)}, so the usual odds decide`
    return `${speakers(pro)} ${verb(pro, 'point')} that way`
  }
  const best = nameOf(decision, conclusion.best as number)
  if (pro === null) return `${speakers(con)} ${verb(con, 'speak')} against ${best}, ${nonetheless(conclusion)}`
  if (isSame(pro.push, con.push)) {
    return `${speakers(pro)} ${verb(pro, 'cancel')} out ${speakers(con)}, so the usual odds decide`
  }
  if (pro.push > con.push) return `${speakers(pro)} ${verb(pro, 'outweigh')} ${speakers(con)}`
  const louder = `${speakers(con)} ${verb(con, 'speak')} louder against ${best} than ${speakers(pro)}`
  return `${louder} ${verb(pro, 'speak')} for it, ${nonetheless(conclusion)}`
}

/** Against the evidence either the odds before it still decide, or the costs do. */
function nonetheless({ stakes }: Conclusion): string {
  return stakes.confidence >= 0.5 ? 'but it is still more likely right than wrong' : 'but it costs less if it is wrong'
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

/** Those who pull the same way. */
interface Side {
  readonly agents: number
  readonly push: number
  /** Who pulls hardest. */
  readonly strongest: UsedSignal
  readonly evidence: Evidence
}

/** Those who pull for the recommended action (`way` 1) or against it (−1); null: nobody does. */
function sideOf({ used, evidence }: Conclusion, pulls: readonly number[], way: 1 | -1): Side | null {
  let agents = 0
  let push = 0
  let strongest = -1
  for (let i = 0; i < used.length; i += 1) {
    const pull = (pulls[i] as number) * way
    if (pull <= 0) continue
    push += pull
    if (strongest === -1 || pull > (pulls[strongest] as number) * way) strongest = i
    if (isFirst(used, pulls, i)) agents += 1
  }
  if (strongest === -1) return null
  return { agents, push, strongest: used[strongest] as UsedSignal, evidence: evidence[strongest] as Evidence }
}

/** Whether no earlier signal of the agent pulls the same way. */
function isFirst(used: readonly UsedSignal[], pulls: readonly number[], i: number): boolean {
  const { voice } = used[i] as UsedSignal
  if (voice.used === 1) return true
  const way = Math.sign(pulls[i] as number)
  return !used.some((other, k) => k < i && other.voice === voice && Math.sign(pulls[k] as number) === way)
}

/**
 * How each used signal pulls: for the recommended action if it adds to the belief in the states in which that costs
 * least, which is the sign of its contribution times their covariance with its claim.
 */
function pullsOf({ used, contributions, beliefs, stakes: { favourable } }: Conclusion): number[] {
  let favour = 0
  let disfavour = 0
  for (let s = 0; s < beliefs.length; s += 1) {
    if (favourable[s]) favour += beliefs[s] as number
    else disfavour += beliefs[s] as number
  }
  const pulls = new Array<number>(used.length)
  for (let i = 0; i < pulls.length; i += 1) {
    let inside = 0
    let outside = 0
    for (const s of (used[i] as UsedSignal).claim.pointsAt) {
      if (favourable[s]) inside += beliefs[s] as number
      else outside += beliefs[s] as number
    }
    pulls[i] = (contributions[i] as number) * (inside * disfavour - outside * favour)
  }
  return pulls
}

/** But for rounding. */
function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(a, b)
}

/** `churn-radar (82 % churn risk, today) and two others`. */
function speakers({ strongest, evidence, agents }: Side): string {
  const first = `${strongest.agent.name} (${statement(strongest, evidence)}, ${age(strongest.ageHours)})`
  return agents === 1 ? first : `${first} and ${count(agents - 1, 'other')}`
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
  return agents > 1 ? plural : `${plural}s`
}

/** An operator's sentence, to be gone on from. */
export function reasonOf({ because }: LedgerRule): string {
  return because.trim().replace(/\.$/, '')
}

export function nameOf({ actions }: Decision, action: number): string {
  return spoken(actions[action]?.name ?? '')
}
