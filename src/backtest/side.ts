import { type Answer, answerOf } from '../core/comparison.ts'
import type { Agent, Decision, Question } from '../core/model.ts'
import { asksPerson, type Recommended, recommend } from '../core/recommend.ts'
import { type Ruleset, resolveAgent } from '../core/rules/load.ts'
import type { Case, PastAgent } from './case.ts'

/** One of the two rulesets, as it answers. */
export interface Side {
  readonly ruleset: Ruleset
  /** The agents that were named so far, those just named as they stood then: to be read before others are named. */
  standing(named: readonly PastAgent[]): ReadonlyMap<string, Agent>
}

/** Resolves each agent once per change, since that compiles its scope. */
export function createSide(ruleset: Ruleset): Side {
  const agents = new Map<string, Agent>()
  const sequences = new Map<string, number>()
  return {
    ruleset,
    standing(named) {
      for (const { name, sequence, overrides } of named) {
        if (sequences.get(name) === sequence) continue
        agents.set(name, resolveAgent(name, ruleset.agents, overrides))
        sequences.set(name, sequence)
      }
      return agents
    },
  }
}

/** A case as a side is asked it: before others are, since agents stand as they then did. */
export function questionOf(side: Side, one: Case): Omit<Question, 'ruling'> {
  const { account, now, draw, facts, signals, proposal, taken } = one
  return { account, now, draw, facts, signals, proposal, taken, agents: side.standing(one.agents) }
}

/** What a side says to a case. */
export interface Said {
  readonly decision: Decision
  readonly of: Recommended
  /** Name of the recommended action; null: none is permitted. */
  readonly action: string | null
  readonly answer: Answer
  /** Whether a person decides. */
  readonly asks: boolean
}

/** @param decision of the side's ruleset, the one that the case asks */
export function ask(side: Side, decision: Decision, one: Case): Said {
  const of = recommend(decision, questionOf(side, one))
  const action = of.action === null ? null : (decision.actions[of.action]?.name ?? null)
  return {
    decision,
    of,
    action,
    answer: answerOf({ action, disposition: of.disposition }),
    asks: asksPerson(of.disposition),
  }
}

/**
 * What an action costs in a state by a side's losses, rules' additions included; null: it has no price there, because
 * action or state is not there or the loss could not be evaluated.
 */
export function lossOf({ decision, of }: Said, action: string | null, state: string): number | null {
  const a = decision.actions.findIndex(({ name }) => name === action)
  const s = decision.states.findIndex(({ name }) => name === state)
  return of.losses.loss[a]?.[s] ?? null
}

/** What an answer costs in a state by the losses and the review cost of `by`; null: it has no price there. */
export function priceOf({ asks, action }: Pick<Said, 'asks' | 'action'>, by: Said, state: string): number | null {
  return asks ? by.decision.review.cost : lossOf(by, action, state)
}
