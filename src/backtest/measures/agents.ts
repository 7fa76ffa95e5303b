import type { UsedSignal } from '../../core/live.ts'
import type { AgentWeight } from '../report.ts'
import type { Said } from '../side.ts'
import { byName, type Compared } from './compared.ts'

/** How much each agent's word weighed, by its name. */
export type AgentsTally = Map<string, { questions: number; baseline: number; candidate: number }>

export function addAgents(tally: AgentsTally, { case: { signals }, baseline, candidate }: Compared): void {
  const spoke: string[] = []
  for (const { agent } of signals) {
    if (spoke.includes(agent)) continue
    spoke.push(agent)
    const known = tally.get(agent)
    if (known === undefined) tally.set(agent, { questions: 1, baseline: 0, candidate: 0 })
    else known.questions += 1
  }
  addWeights(tally, 'baseline', baseline)
  addWeights(tally, 'candidate', candidate)
}

function addWeights(tally: AgentsTally, side: 'baseline' | 'candidate', { of }: Said): void {
  const { used, weights } = of
  for (let i = 0; i < used.length; i += 1) {
    const of = tally.get((used[i] as UsedSignal).signal.agent)
    if (of !== undefined) of[side] += weights.weight[i] as number
  }
}

export function mergeAgents(into: AgentsTally, from: AgentsTally): void {
  for (const [agent, { questions, baseline, candidate }] of from) {
    const known = into.get(agent) ?? { questions: 0, baseline: 0, candidate: 0 }
    known.questions += questions
    known.baseline += baseline
    known.candidate += candidate
    into.set(agent, known)
  }
}

export function agentsOf(tally: AgentsTally): readonly AgentWeight[] {
  const moved = (one: AgentWeight) => Math.abs(one.candidate - one.baseline)
  return [...tally]
    .map(([agent, { questions, baseline, candidate }]) => ({
      agent,
      questions,
      baseline: baseline / questions,
      candidate: candidate / questions,
    }))
    .sort((a, b) => moved(b) - moved(a) || byName(a.agent, b.agent))
}
