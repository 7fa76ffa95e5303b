import type { Agent, Decision } from '../core/model.ts'
import { asksPerson, type Recommended, recommend } from '../core/recommend.ts'
import { type Ruleset, resolveAgent } from '../core/rules/load.ts'
import type { Case, PastAgent } from './case.ts'
import type { Answer } from './report.ts'

/** One of the two rulesets, as it answers. */
export interface Side {
  readonly ruleset: Ruleset
  agent(past: PastAgent): Agent
}

/** Resolves each agent once per change, since that compiles its scope. */
export function createSide(ruleset: Ruleset): Side {
  const known = new Map<string, { readonly sequence: number; readonly agent: Agent }>()
  return {
    ruleset,
    agent({ name, sequence, overrides }) {
      const before = known.get(name)
      if (before?.sequence === sequence) return before.agent
      if (known.size === AGENTS_REMEMBERED) known.clear()
      const agent = resolveAgent(name, ruleset.agents, overrides)
      known.set(name, { sequence, agent })
      return agent
    },
  }
}
const AGENTS_REMEMBERED = 10_000

/** What a side says to a case. */
export interface Said extends Recommended {
  readonly decision: Decision
  /** Name of the recommended action; null: none is permitted. */
  readonly actionName: string | null
  readonly answer: Answer
  /** Whether a person decides. */
  readonly asks: boolean
}

/** @param decision of the side's ruleset, the one that the case asks */
export function ask(side: Side, decision: Decision, one: Case): Said {
  const agents = new Map<string, Agent>()
  for (const past of one.agents) agents.set(past.name, side.agent(past))
  const { account, now, draw, facts, signals, proposal } = one
  const said = recommend(decision, { account, now, draw, facts, signals, agents, proposal })
  const actionName = said.action === null ? null : (decision.actions[said.action]?.name ?? null)
  const answer = answerOf(said, actionName)
  return { ...said, decision, actionName, answer, asks: asksPerson(said.disposition) }
}

function answerOf({ disposition }: Recommended, action: string | null): Answer {
  if (disposition === 'escalate') return 'escalate'
  return disposition === 'suggest' ? `suggest ${action}` : `act ${action}`
}

/**
 * What an action costs in a state by a side's losses, rules' additions included; null: it has no price there, because
 * action or state is not there or the loss could not be evaluated.
 */
export function lossOf({ decision, losses }: Said, action: string | null, state: string): number | null {
  const a = decision.actions.findIndex(({ name }) => name === action)
  const s = decision.states.findIndex(({ name }) => name === state)
  return losses.loss[a]?.[s] ?? null
}

/** What an answer costs in a state by the losses and the review cost of `by`; null: it has no price there. */
export function priceOf({ asks, actionName }: Said, by: Said, state: string): number | null {
  return asks ? by.decision.review.cost : lossOf(by, actionName, state)
}
