import type { Agent, Decision, Facts } from '../core/model.ts'
import type { Ruleset } from '../core/rules/load.ts'
import type { StoredAgent } from '../storage/load.ts'
import type { App } from './app.ts'
import { Problem } from './problem.ts'

/** The agents of a question, each as it stood then. */
export function standing(
  { rules }: { readonly rules: Pick<App['rules'], 'agent'> },
  ruleset: Ruleset,
  names: Iterable<string>,
  stored: (name: string) => StoredAgent | undefined,
): ReadonlyMap<string, Agent> {
  const agents = new Map<string, Agent>()
  for (const name of names) agents.set(name, rules.agent(ruleset, name, stored(name)))
  return agents
}

/** Stored facts under those of the request; a null takes a fact away. */
export function overlaid(facts: Facts, overlay: Facts | undefined): Facts {
  if (!overlay) return facts
  return Object.fromEntries(Object.entries({ ...facts, ...overlay }).filter(([, value]) => value !== null))
}

/** @throws Problem `unknown_action`, naming those that there are */
export function knownAction({ name, actions }: Decision, action: string): void {
  if (actions.some((one) => one.name === action)) return
  const known = actions.map((one) => `\`${one.name}\``).join(', ')
  throw new Problem('unknown_action', `\`${name}\` has no action \`${action}\`; it has ${known}`)
}
