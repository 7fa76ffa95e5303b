import type { Escalation, Resolution } from '../../core/escalation/escalation.ts'
import type { Adjudication } from '../../core/model.ts'
import { capitalised, spoken } from '../../core/phrases.ts'

/** What of an answer is told, beside the ids of what it is about. */
export function toldOfAnswer({ recommendation, proposal, summary }: Adjudication) {
  const { action, confidence, disposition } = recommendation
  return {
    recommendation: { action, confidence, disposition },
    proposal: proposal && { agent: proposal.agent, action: proposal.action, verdict: proposal.verdict },
    summary,
  }
}

/** What of a decision is told: what to do now, and who says so. Comments are by people for people, so they are not told. */
export function toldOfDecision({ asked }: Escalation, resolution: Resolution) {
  const { action, reason, state, by, at } = resolution
  const who = resolution.resolution === 'fallback' ? 'Nobody decided in time' : `${by} decided so (${spoken(reason)})`
  return {
    recommendation: { action, confidence: null, disposition: null },
    proposal: asked.proposal && { ...asked.proposal, verdict: null },
    resolution: { resolution: resolution.resolution, action, reason, state, by, at },
    summary: `${capitalised(spoken(action ?? 'nothing'))}. ${who}.`,
  }
}
