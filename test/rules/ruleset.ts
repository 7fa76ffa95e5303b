import { readdirSync, readFileSync } from 'node:fs'
import type { Agent, Question } from '../../src/core/model.ts'
import { formatProblem, loadRuleset, type Ruleset, resolveAgent } from '../../src/core/rules/load.ts'

const DIRECTORY = new URL('../../rules/', import.meta.url)

/** The rule files that come with the service. */
export const RULES: Ruleset = loadShipped()

function loadShipped(): Ruleset {
  const names = readdirSync(DIRECTORY).filter((name) => name.endsWith('.yaml'))
  const files = names.map((path) => ({ path, text: readFileSync(new URL(path, DIRECTORY), 'utf8') }))
  const { ruleset, problems } = loadRuleset(files)
  if (ruleset === null) throw new Error(problems.map(formatProblem).join('\n'))
  return ruleset
}

/** The agents that a question names, as `agents.yaml` has them. */
export function agentsOf({ signals, proposal }: Pick<Question, 'signals' | 'proposal'>): ReadonlyMap<string, Agent> {
  const names = [...signals.map(({ agent }) => agent), ...(proposal === null ? [] : [proposal.agent])]
  return new Map(names.map((name) => [name, resolveAgent(name, RULES.agents, null)]))
}
