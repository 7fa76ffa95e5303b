import type { Adjudication, Decision, LedgerSignal } from './model.ts'

/** How the belief in one state came about, signal by signal, in log-odds of that state against all others. */
export interface Waterfall {
  /** The most believed state; of equals the one declared first. */
  readonly state: string
  /** Before any signal. */
  readonly prior: number
  /** Of the signals that were used, those that add most first. */
  readonly steps: readonly WaterfallStep[]
  /** After all of them. */
  readonly belief: number
}

export interface WaterfallStep {
  readonly signal: LedgerSignal
  /** Log-odds before the signal and after it. */
  readonly from: number
  readonly to: number
}

/**
 * The evidence of an answer as steps from what was believed before to what is believed now.
 *
 * With two states a step is the signal's contribution, its sign turned where its claim points at the other. With more,
 * what a signal does to one of them depends on what was believed of the others, and so on the signals before it.
 */
export function waterfallOf(
  { states, claims }: Decision,
  { beliefs, signals }: Pick<Adjudication, 'beliefs' | 'signals'>,
): Waterfall {
  const believed = states.map(({ name }) => beliefs[name] ?? 0)
  const leading = believed.indexOf(Math.max(...believed))
  const evidence = states.map(({ prior }) => Math.log(prior))
  const used = signals.filter((signal) => signal.used)
  used.sort((one, other) => Math.abs(other.contribution) - Math.abs(one.contribution))
  const prior = oddsOf(evidence, leading)
  let from = prior
  const steps = used.map((signal) => {
    for (const s of claims.get(signal.claim)?.pointsAt ?? [])
      evidence[s] = (evidence[s] as number) + signal.contribution
    const step = { signal, from, to: oddsOf(evidence, leading) }
    from = step.to
    return step
  })
  return { state: states[leading]?.name ?? '', prior, steps, belief: from }
}

/** The log-odds of one state against the rest, from log-masses that need not be normalised. */
function oddsOf(evidence: readonly number[], state: number): number {
  const others = evidence.filter((_, s) => s !== state)
  const strongest = Math.max(...others)
  const rest = others.reduce((sum, mass) => sum + Math.exp(mass - strongest), 0)
  return (evidence[state] as number) - strongest - Math.log(rest)
}
