import { z } from 'zod'
import type { Decision, Question } from '../core/model.ts'
import { NAME_MAX, NAME_PATTERN } from '../core/names.ts'
import { type AgentOverrides, compileScope, formatProblem, type Ruleset, resolveAgent } from '../core/rules/load.ts'
import { type RuleProblem, sortProblems } from '../core/rules/problem.ts'
import { agentSchema } from '../core/rules/schema/agents.ts'
import { checkSchema } from '../core/rules/schema/check.ts'
import { didYouMeanOr } from '../core/rules/suggest.ts'
import { parseTime } from '../core/rules/time.ts'
import { parseYaml, type RuleFile, type YamlFile } from '../core/rules/yaml.ts'
import { CommandError } from './failure.ts'

/** How far an observation may lie ahead of `now`, as over HTTP. Milliseconds. */
const AHEAD_AT_MOST = 5 * 60_000

const NAME_RULE = `a name has 1 to ${NAME_MAX} characters, none of them invisible, and no space around it`
const nameSchema = z.string().max(NAME_MAX, NAME_RULE).regex(NAME_PATTERN, NAME_RULE)

const timeSchema = z.string().transform((text, context) => {
  const time = parseTime(text)
  if (time !== null) return time
  context.issues.push({
    code: 'custom',
    message: `\`${text}\` is no time; write it as in \`2026-11-20T09:00:00Z\``,
    input: text,
  })
  return z.NEVER
})

/** A signal as it goes over HTTP; what has no bearing on the answer is let through unread. */
const signalSchema = z.strictObject({
  id: nameSchema.optional(),
  agent: nameSchema,
  account: nameSchema.optional(),
  claim: nameSchema,
  confidence: z.number().min(0).max(1).nullish(),
  score: z.number().nullish(),
  observedAt: timeSchema.nullish(),
  expiresAt: timeSchema.nullish(),
  agentVersion: z.unknown().optional(),
  recommends: z.unknown().optional(),
  evidence: z.unknown().optional(),
  attributes: z.unknown().optional(),
})

const caseSchema = z.strictObject({
  account: nameSchema,
  decision: z.string().min(1),
  facts: z.record(z.string(), z.unknown()).default({}),
  signals: z.array(signalSchema).max(1000).default([]),
  proposal: z.strictObject({ agent: nameSchema, action: z.string().min(1) }).nullish(),
  agents: z
    .record(
      nameSchema,
      agentSchema
        .pick({ kind: true, mode: true, trust: true, defaultConfidence: true })
        .extend({ scope: z.string().nullish(), owner: z.string().nullish() }),
    )
    .default({}),
  now: timeSchema.nullish(),
  draw: z.number().min(0).lt(1).nullish(),
})
type CaseText = z.output<typeof caseSchema>

export interface Case {
  readonly decision: Decision
  readonly question: Question
}

/**
 * Reads a question as JSON, the body of `POST /v1/adjudications` with `agents`, `now` and `draw` besides (or the same as
 * YAML). What `agents` says wins over the file. Left out, `now` is the time given here and `draw` ½.
 *
 * @throws CommandError with everything that is wrong with it, by line and column
 */
export function readCase(file: RuleFile, ruleset: Ruleset, now: number): Case {
  const { yaml, problems } = parseYaml(file)
  if (yaml === null) throw invalid(inJson(problems))
  const { value, problems: faults } = checkSchema(caseSchema, yaml)
  if (value === null) throw invalid(inJson(faults))
  return toCase(value, yaml, ruleset, value.now ?? now)
}

function toCase(text: CaseText, yaml: YamlFile, ruleset: Ruleset, now: number): Case {
  const problems: RuleProblem[] = []
  const decision = ruleset.decisions.get(text.decision)
  if (decision === undefined) {
    const hint = didYouMeanOr(text.decision, ruleset.decisions.keys())
    problems.push(yaml.at(['decision'], `unknown decision \`${text.decision}\`${hint}`))
  }
  const { proposal } = text
  if (proposal && decision && !decision.actions.some(({ name }) => name === proposal.action)) {
    const hint = didYouMeanOr(
      proposal.action,
      decision.actions.map(({ name }) => name),
    )
    problems.push(yaml.at(['proposal', 'action'], `\`${decision.name}\` has no action \`${proposal.action}\`${hint}`))
  }
  for (const [name, { scope }] of Object.entries(text.agents)) {
    const problem = scope ? compileScope(scope, ruleset.facts).problem : null
    if (problem !== null) problems.push(yaml.at(['agents', name, 'scope'], problem))
  }
  if (problems.length > 0 || decision === undefined) throw invalid(problems)

  const names = new Set([...text.signals.map(({ agent }) => agent), ...(proposal ? [proposal.agent] : [])])
  const overrides = (name: string) => (Object.hasOwn(text.agents, name) ? (text.agents[name] as AgentOverrides) : null)
  const agents = new Map([...names].map((name) => [name, resolveAgent(name, ruleset.agents, overrides(name))]))
  problems.push(...signalProblems(text, yaml, agents, now))
  if (problems.length > 0) throw invalid(problems)

  const { account, facts, draw } = text
  const signals = text.signals.map((signal, i) => ({
    sequence: i + 1,
    id: signal.id ?? `signal-${i + 1}`,
    agent: signal.agent,
    claim: signal.claim,
    confidence: signal.confidence ?? null,
    score: signal.score ?? null,
    observedAt: signal.observedAt ?? now,
    expiresAt: signal.expiresAt ?? null,
  }))
  const asked = { account, now, draw: draw ?? 0.5, facts, signals, agents, proposal: proposal ?? null }
  return { decision, question: { ...asked, ruling: null } }
}

/** What a schema can't see. */
function signalProblems(text: CaseText, yaml: YamlFile, agents: Question['agents'], now: number): RuleProblem[] {
  const problems: RuleProblem[] = []
  const seen = new Set<string>()
  text.signals.forEach((signal, i) => {
    const report = (field: string, message: string) => problems.push(yaml.at(['signals', i, field], message))
    const observedAt = signal.observedAt ?? now
    const key = JSON.stringify([signal.agent, signal.id])
    if (signal.id !== undefined && seen.has(key))
      report('id', `\`${signal.agent}\` has sent \`${signal.id}\` already; give it another id`)
    seen.add(key)
    if (signal.account !== undefined && signal.account !== text.account) {
      report('account', `this signal is about \`${signal.account}\`, the question about \`${text.account}\`; remove it`)
    }
    if (typeof signal.score === 'number') {
      if (typeof signal.confidence === 'number')
        report('score', "`score` can't be given beside `confidence`; give one of them")
      else if (agents.get(signal.agent)?.scale === null) {
        report(
          'score',
          `agent \`${signal.agent}\` has no scale that turns a score into a confidence; declare one in agents.yaml or give a confidence`,
        )
      }
    }
    if (observedAt > now + AHEAD_AT_MOST)
      report('observedAt', `\`observedAt\` lies ahead of now, ${new Date(now).toISOString()}`)
    if (typeof signal.expiresAt === 'number' && signal.expiresAt <= observedAt) {
      report('expiresAt', '`expiresAt` must be after `observedAt`')
    }
  })
  return problems
}

/** The parser's words are for rule files, which are YAML and hold expressions. Where it stumbles, it does so again. */
function inJson(problems: readonly RuleProblem[]): readonly RuleProblem[] {
  const [stumble] = sortProblems(problems).filter(({ message }) => message.startsWith('not YAML'))
  if (stumble !== undefined) return [{ ...stumble, message: NOT_JSON }]
  return problems.map((problem) => ({
    ...problem,
    message: problem.message
      .replace(/; if this is an expression.*$/, '')
      .replace(/^the file must be a map/, 'the question must be an object')
      .replace(/^the file is/, 'the question is'),
  }))
}

const NOT_JSON = 'not JSON: a comma, quotation mark or bracket is missing or too many, here or just before'

function invalid(problems: readonly RuleProblem[]): CommandError {
  const count = problems.length === 1 ? 'this' : `these ${problems.length} problems`
  return new CommandError(
    `the question can't be read; mend ${count}:\n${sortProblems(problems).map(formatProblem).join('\n')}`,
  )
}
