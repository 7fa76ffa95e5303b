import { adjudicate } from '../../../src/core/adjudicate.ts'
import type { Adjudication, Question, Ruling } from '../../../src/core/model.ts'
import { formatProblem, loadRuleset, type Ruleset, resolveAgent } from '../../../src/core/rules/load.ts'

/** Questions with the answers that one engine gave them, once and for all. */
export interface Golden {
  readonly engine: number
  /** Texts of rule files, by file name. */
  readonly rulesets: Readonly<Record<string, RuleTexts>>
  readonly records: readonly GoldenRecord[]
}

export type RuleTexts = Readonly<Record<string, string>>

export interface GoldenQuestion {
  readonly name: string
  readonly ruleset: string
  readonly decision: string
  /** Agents count as the ruleset declares them. */
  readonly question: Omit<Question, 'agents' | 'ruling'> & { readonly ruling?: GoldenRuling }
}

/** Given under the decision file as it is. */
export type GoldenRuling = Omit<Ruling, 'meaning'>

export interface GoldenRecord extends GoldenQuestion {
  /** The older ones have a handoff too. */
  readonly answer: GoldenAnswer & { readonly handoff?: unknown }
}

/**
 * All of an answer but its summary and its handoff: words and the ways to people may become better ones. Where a ruling
 * stands its sequence is there.
 */
export type GoldenAnswer = Omit<Adjudication, 'summary' | 'handoff' | 'ruling'> & { readonly ruling?: number }

export function compileTexts(texts: RuleTexts): Ruleset {
  const { ruleset, problems } = loadRuleset(Object.entries(texts).map(([path, text]) => ({ path, text })))
  if (ruleset === null) throw new Error(problems.map(formatProblem).join('\n'))
  return ruleset
}

export function answerOf(ruleset: Ruleset, { decision: name, question }: GoldenQuestion): GoldenAnswer {
  const decision = ruleset.decisions.get(name)
  if (decision === undefined) throw new Error(`the ruleset has no decision \`${name}\``)
  const { signals, proposal } = question
  const names = [...signals.map(({ agent }) => agent), ...(proposal === null ? [] : [proposal.agent])]
  const agents = new Map(names.map((agent) => [agent, resolveAgent(agent, ruleset.agents, null)]))
  const ruled = question.ruling ? { ...question.ruling, meaning: decision.meaning } : null
  const { summary, handoff, ruling, ...answer } = adjudicate(decision, { ...question, agents, ruling: ruled })
  return ruling === null ? answer : { ...answer, ruling: ruling.sequence }
}
