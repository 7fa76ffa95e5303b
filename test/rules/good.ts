import { loadRuleset } from '../../src/core/rules/load.ts'
import { formatProblem } from '../../src/core/rules/problem.ts'

/** A decision file in which everything that can be written is written. */
export const GOOD = `# yaml-language-server: $schema=./decision.schema.json
decision: expansion-outreach
description: May a copilot reach out about expansion?
facts: { arr: number, segment: string, flags: { type: list<string>, default: [] }, onboardedAt: timestamp }
states:
  healthy: { prior: 0.8 }
  at_risk: { prior: 0.2 }
claims:
  churn_risk: { pointsAt: [at_risk], halfLife: P14D }
  healthy: { pointsAt: [healthy], halfLife: P30D }
  expansion_ready: { pointsAt: [healthy] }
actions:
  send_email:
    autonomy: supervised
    tags: [customer_facing]
    loss: { healthy: 0, at_risk: 0.002 * account.arr }
  wait:
    autonomy: autonomous
    loss: { healthy: 0.0006 * account.arr, at_risk: 0 }
review: { cost: 40, queue: csm, due: PT8H, sampleRate: 0.1 }
rules:
  - id: dispute
    when: '"procurement_dispute" in account.flags'
    then: { veto: [send_email], because: Pushing expansion in a dispute costs the relationship }
  - id: first-thirty-days
    when: daysSince(account.onboardedAt) <= 30
    then:
      because: People own the first thirty days
      escalate: { queue: onboarding, priority: 5, due: PT1H }
      autonomyCap: { '#customer_facing': copilot }
      addLoss: { send_email: { at_risk: 100, healthy: account.arr * 0.001 } }
      tag: newcomer
  - id: stale-health-model
    forEach: signal
    when: signal.agent.kind == "health_model" && signal.ageHours > 72
    then: { weight: 0.3, because: Health scores go stale in three days }
dependence: 0.5
evidenceCap: 2
tolerance: 1
validFor: PT2H
`

/** The good file with pieces replaced; each piece must be there. */
export function edited(...edits: readonly (readonly [from: string, to: string])[]): string {
  return edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the good file has no ${from}`)
    return text.replace(from, () => to)
  }, GOOD)
}

/** What is wrong with files, given by name, as lines. */
export function problemsOf(files: Readonly<Record<string, string>>): readonly string[] {
  const entries = Object.entries(files).map(([path, text]) => ({ path, text }))
  return loadRuleset(entries).problems.map(formatProblem)
}
