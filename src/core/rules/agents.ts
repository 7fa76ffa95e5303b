import type { Agent, AgentMode } from '../model.ts'
import { compileExpression } from './cel/compile.ts'
import { createVocabulary, type Vocabulary } from './cel/vocabulary.ts'
import { type Expression, ExpressionError } from './expression.ts'
import type { RuleProblem } from './problem.ts'
import { compileAt, type Place } from './rule.ts'
import { agentSchema, agentsSchema } from './schema/agents.ts'
import { checkSchema, entriesOf, isMap, partOf } from './schema/check.ts'
import type { Path, YamlFile } from './yaml.ts'

/** What `agents.yaml` says of an agent; what it leaves out is null. */
export interface AgentDeclaration {
  readonly kind: string | null
  readonly mode: AgentMode | null
  readonly trust: number | null
  readonly defaultConfidence: number | null
  readonly confidence: Agent['confidence'] | null
  readonly scale: Agent['scale']
  readonly scope: Expression<boolean> | null
  /** Milliseconds since the epoch. */
  readonly until: number | null
  readonly owner: string | null
}

export interface AgentDeclarations {
  readonly declared: ReadonlyMap<string, AgentDeclaration>
  /** How an agent counts that nobody declared. */
  readonly unknown: { readonly mode: AgentMode; readonly trust: number }
}

/** What an admin changed over the API; it wins over the file. Null takes scope or owner away. */
export interface AgentOverrides {
  readonly mode?: AgentMode
  readonly trust?: number
  readonly kind?: string
  readonly owner?: string | null
  readonly defaultConfidence?: number
  /** A CEL expression that `compileScope` has accepted. */
  readonly scope?: string | null
}

export const NO_AGENTS: AgentDeclarations = { declared: new Map(), unknown: { mode: 'shadow', trust: 0.5 } }

/** The names of all facts that rule files declare; null where a decision leaves them open. */
export type KnownFacts = ReadonlySet<string> | null

/**
 * A scope is asked for in every decision, and each file has facts and types of its own, so facts are dynamic. It may
 * read one that no file declares; only what is nearly the name of one that a file does declare is taken for a slip.
 */
function scopeVocabulary(knownFacts: KnownFacts): Vocabulary {
  return { ...createVocabulary(null, ['account', 'now']), knownFacts }
}

const OPEN_VOCABULARY = scopeVocabulary(null)

/** Compiles `agents.yaml`. The agents are null where anything is wrong. */
export function compileAgents(
  yaml: YamlFile,
  facts: KnownFacts,
): {
  readonly agents: AgentDeclarations | null
  readonly problems: readonly RuleProblem[]
} {
  const { value: text, problems: schemaProblems } = checkSchema(agentsSchema, yaml)
  const problems = [...schemaProblems]
  const file = isMap(yaml.value) ? yaml.value : {}
  const declared = declareAgents(file.agents, ['agents'], { yaml, problems }, facts)
  return { agents: text === null || problems.length > 0 ? null : { declared, unknown: text.unknown }, problems }
}

/** Compiles the declarations at `path` that are in order; the schema tells what is wrong with the others. */
export function declareAgents(
  texts: unknown,
  path: Path,
  place: Place,
  facts: KnownFacts = null,
): ReadonlyMap<string, AgentDeclaration> {
  const vocabulary = scopeVocabulary(facts)
  const declared = new Map<string, AgentDeclaration>()
  for (const [name, text] of entriesOf(texts)) {
    const source = isMap(text) ? text.scope : undefined
    const scope =
      typeof source === 'string' ? compileAt(source, 'boolean', [...path, name, 'scope'], vocabulary, place) : null
    const agent = partOf(agentSchema, text)
    if (agent === null) continue
    const { kind = null, mode = null, trust = null, defaultConfidence = null, confidence = null } = agent
    const { scale = null, until = null, owner = null } = agent
    declared.set(name, { kind, mode, trust, defaultConfidence, confidence, scale, scope, until, owner })
  }
  return declared
}

/** Declarations over others; of an agent that both name, each field that the upper one gives. */
export function overlayAgents(
  lower: ReadonlyMap<string, AgentDeclaration>,
  upper: ReadonlyMap<string, AgentDeclaration>,
): ReadonlyMap<string, AgentDeclaration> {
  const merged = new Map(lower)
  for (const [name, declaration] of upper) {
    const given = Object.entries(declaration).filter(([, value]) => value !== null)
    merged.set(name, { ...declaration, ...lower.get(name), ...Object.fromEntries(given) })
  }
  return merged
}

/**
 * An agent as it counts: what an admin said of it, over what the file says, over the defaults. One that the file does
 * not declare has the mode and the trust of unknown agents.
 *
 * Compiles the admin's scope, which takes some 100 µs: call it once per change of an agent, not once per adjudication.
 */
export function resolveAgent(name: string, agents: AgentDeclarations, overrides: AgentOverrides | null): Agent {
  const declaration = agents.declared.get(name)
  const { mode, trust } =
    declaration === undefined ? agents.unknown : { mode: declaration.mode, trust: declaration.trust }
  return {
    name,
    kind: overrides?.kind ?? declaration?.kind ?? 'unknown',
    mode: overrides?.mode ?? mode ?? 'live',
    trust: overrides?.trust ?? trust ?? 1,
    defaultConfidence: overrides?.defaultConfidence ?? declaration?.defaultConfidence ?? 0.75,
    confidence: declaration?.confidence ?? 'probability',
    scale: declaration?.scale ?? null,
    scope: overrides?.scope === undefined ? (declaration?.scope ?? null) : storedScope(overrides.scope),
    until: declaration?.until ?? null,
    owner: overrides?.owner === undefined ? (declaration?.owner ?? null) : overrides.owner,
  }
}

/** Compiles a scope that came over the API, or says what is wrong with it, an unknown fact where they are known. */
export function compileScope(
  source: string,
  facts: KnownFacts,
):
  | { readonly expression: Expression<boolean>; readonly problem: null }
  | { readonly expression: null; readonly problem: string } {
  const vocabulary = facts === null ? OPEN_VOCABULARY : scopeVocabulary(facts)
  const compiled = compileExpression(source, 'boolean', vocabulary)
  if ('expression' in compiled) return { expression: compiled.expression, problem: null }
  const problem = compiled.faults.map(({ offset, message }) => `${message} (at character ${offset + 1})`).join('; ')
  return { expression: null, problem }
}

/**
 * A stored scope that no longer compiles fails whenever it is asked, so that it never silently widens. The rules may
 * have lost a fact since; where an account lacks it, too, the scope fails.
 */
function storedScope(source: string | null): Expression<boolean> | null {
  if (source === null) return null
  const { expression, problem } = compileScope(source, null)
  if (expression !== null) return expression
  return {
    source,
    evaluate() {
      throw new ExpressionError(problem)
    },
  }
}
