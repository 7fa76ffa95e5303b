import { type Answer, byCost, byDecision } from '../../core/comparison.ts'
import type { CostlyFlip, FlipEvidence, FlipPair, Flips, Verdicts } from '../report.ts'
import type { Said } from '../side.ts'
import { byName, type Compared } from './compared.ts'

const COSTLIEST = 10

/** Every question by the answers of both sides, those on which they agree among them. */
export interface FlipsTally {
  /** By `from → to`. */
  readonly pairs: Map<string, PairTally>
  recommendationOnly: number
  costliest: CostlyFlip[]
}

interface PairTally extends EvidenceTally {
  readonly from: Answer
  readonly to: Answer
  count: number
  /** Of the flips whose costs are known, what the candidate's answers cost more. */
  extra: number
}

type Counts = { -readonly [V in keyof Verdicts]: Verdicts[V] }

interface EvidenceTally {
  readonly outcomes: Counts
  readonly people: Counts
  unknown: number
}

export function emptyFlips(): FlipsTally {
  return { pairs: new Map(), recommendationOnly: 0, costliest: [] }
}

/** @param extra by the candidate's costs, what its answer cost more than the baseline's; null: unknown */
export function addFlip(tally: FlipsTally, compared: Compared, extra: number | null): void {
  const { case: one, baseline, candidate } = compared
  const pair = pairOf(tally, baseline.answer, candidate.answer)
  pair.count += 1
  if (pair.from === pair.to) {
    if (baseline.action !== candidate.action) tally.recommendationOnly += 1
    return
  }
  if (extra !== null) pair.extra += extra
  if (extra !== null) pair.outcomes[byCost(extra)] += 1
  else if (one.resolved !== null) pair.people[byDecision(one.resolved, stance(baseline), stance(candidate))] += 1
  else pair.unknown += 1

  const flip: CostlyFlip = {
    id: one.id,
    link: one.link,
    account: one.account,
    at: one.dated ? new Date(one.now).toISOString() : null,
    from: pair.from,
    to: pair.to,
    state: one.state,
    resolved: one.resolved,
    extra,
    regret: { baseline: baseline.of.regret, candidate: candidate.of.regret },
  }
  const last = tally.costliest[COSTLIEST - 1]
  if (last === undefined || costliestFirst(flip, last) < 0) keepCostliest(tally, [flip])
}

const stance = ({ action, of: { disposition } }: Said) => ({ action, disposition })

function pairOf({ pairs }: FlipsTally, from: Answer, to: Answer): PairTally {
  const key = `${from} → ${to}`
  const known = pairs.get(key)
  if (known !== undefined) return known
  const made = { from, to, count: 0, extra: 0, ...emptyEvidence() }
  pairs.set(key, made)
  return made
}

function keepCostliest(tally: FlipsTally, more: readonly CostlyFlip[]): void {
  tally.costliest = [...tally.costliest, ...more].sort(costliestFirst).slice(0, COSTLIEST)
}

/** What cost more, then what is unknown by what is at stake, then what cost no more; links decide between equals. */
function costliestFirst(a: CostlyFlip, b: CostlyFlip): number {
  const stake = ({ extra, regret }: CostlyFlip) => (extra === null ? Math.max(regret.baseline, regret.candidate) : 0)
  return (b.extra ?? 0) - (a.extra ?? 0) || stake(b) - stake(a) || byPlace(a.link, b.link)
}

/** Lines of a file in their order, all else by name. */
function byPlace(a: string, b: string): number {
  const [[file, line], [otherFile, otherLine]] = [placeOf(a), placeOf(b)]
  return byName(file, otherFile) || line - otherLine
}

function placeOf(link: string): readonly [file: string, line: number] {
  const [, file = link, line = 0] = /^(.*):(\d+)$/.exec(link) ?? []
  return [file, Number(line)]
}

export function mergeFlips(into: FlipsTally, from: FlipsTally): void {
  for (const pair of from.pairs.values()) {
    const known = pairOf(into, pair.from, pair.to)
    known.count += pair.count
    known.extra += pair.extra
    mergeEvidence(known, pair)
  }
  into.recommendationOnly += from.recommendationOnly
  keepCostliest(into, from.costliest)
}

export function flipsOf({ pairs, recommendationOnly, costliest }: FlipsTally, questions: number): Flips {
  const all = [...pairs.values()]
  const answers = [...new Set(all.flatMap(({ from, to }) => [from, to]))].sort(byName)
  const matrix = answers.map((from) => answers.map((to) => pairs.get(`${from} → ${to}`)?.count ?? 0))
  const flipped = all
    .filter(({ from, to }) => from !== to)
    .sort((a, b) => b.count - a.count || byName(a.from, b.from) || byName(a.to, b.to))
  const evidence = emptyEvidence()
  for (const pair of flipped) mergeEvidence(evidence, pair)
  const count = flipped.reduce((sum, pair) => sum + pair.count, 0)
  return {
    count,
    share: count / questions,
    answers,
    matrix,
    pairs: flipped.map(flipPair),
    evidence,
    recommendationOnly,
    costliest,
  }
}

function flipPair({ extra, ...pair }: PairTally): FlipPair {
  const { agree, contradict, neither } = pair.outcomes
  const known = agree + contradict + neither
  return { ...pair, meanExtra: known === 0 ? null : extra / known }
}

function emptyEvidence(): EvidenceTally {
  const none = (): Counts => ({ agree: 0, contradict: 0, neither: 0 })
  return { outcomes: none(), people: none(), unknown: 0 }
}

function mergeEvidence(into: EvidenceTally, from: FlipEvidence): void {
  for (const by of ['outcomes', 'people'] as const) {
    for (const verdict of ['agree', 'contradict', 'neither'] as const) into[by][verdict] += from[by][verdict]
  }
  into.unknown += from.unknown
}
