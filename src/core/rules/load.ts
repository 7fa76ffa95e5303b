import { createHash } from 'node:crypto'
import type { Decision } from '../model.ts'
import { NO_QUEUES, type Queues } from '../queues.ts'
import { type AgentDeclarations, compileAgents, type KnownFacts, NO_AGENTS } from './agents.ts'
import { compileDecision, type DecisionDraft, draftDecision } from './decision.ts'
import { formatProblem, type RuleProblem, sortProblems } from './problem.ts'
import { checkQueueNames, compileQueues, declaredQueues } from './queues.ts'
import { NO_SHARED_RULES, readShared, type SharedRules } from './shared.ts'
import { parsedYaml, parseYaml, type RuleFile, type YamlFile } from './yaml.ts'

export {
  type AgentDeclaration,
  type AgentDeclarations,
  type AgentOverrides,
  compileScope,
  resolveAgent,
} from './agents.ts'
export { formatProblem, type RuleProblem } from './problem.ts'
export type { RuleFile } from './yaml.ts'

/** All rule files together, compiled. */
export interface Ruleset {
  /** `sha256:` and the SHA-256 of `content` in hex. */
  readonly hash: string
  /** Everything the rules say, without comments and layout: JSON, `[[file name, value], …]` sorted by file name. */
  readonly content: string
  readonly decisions: ReadonlyMap<string, Decision>
  readonly agents: AgentDeclarations
  readonly queues: Queues
  /** What a scope may ask for. */
  readonly facts: KnownFacts
}

/** The files that a ruleset was made of, and so where its parts stand. */
export interface Sources {
  readonly decisions: ReadonlyMap<string, YamlFile>
  /** Null where the file is not there. */
  readonly shared: YamlFile | null
  readonly agents: YamlFile | null
}

export interface Loaded {
  /** Null where any problem is an error. */
  readonly ruleset: Ruleset | null
  /** All problems of all files, by file, line and column. */
  readonly problems: readonly RuleProblem[]
  readonly sources: Sources
}

/** What a file is, by its name. Sources are read by others; here they only belong to the content. */
type Kind = 'decision' | 'shared' | 'agents' | 'queues' | 'reserved'

const KINDS: Readonly<Record<string, Kind>> = {
  '_all.yaml': 'shared',
  'agents.yaml': 'agents',
  'queues.yaml': 'queues',
  'sources.yaml': 'reserved',
}

function kindOf(name: string): Kind {
  return KINDS[name] ?? 'decision'
}

interface ParsedFile {
  readonly name: string
  readonly kind: Kind
  readonly yaml: YamlFile
}

/**
 * Compiles rule files into a ruleset, or says everything that is wrong with all of them at once.
 *
 * Tests (`_test.yaml`) and files that are not YAML are left out. Where a directory lies does not count for the hash,
 * names of files do.
 *
 * @param unread what kept files of the set from being read at all
 */
export function loadRuleset(files: readonly RuleFile[], unread: readonly RuleProblem[] = []): Loaded {
  const problems = [...unread]
  return compileFiles(parseFiles(files, problems), problems)
}

function compileFiles(parsed: readonly ParsedFile[], problems: RuleProblem[]): Loaded {
  const isWhole = problems.length === 0
  const ofKind = (kind: Kind) => parsed.filter((file) => file.kind === kind).map((file) => file.yaml)

  const drafts = ofKind('decision').map(draftDecision)
  checkDecisionNames(drafts, problems)
  const [all = null] = ofKind('shared')
  const shared = all === null ? NO_SHARED_RULES : readShared(all, drafts)
  const [queuesFile] = ofKind('queues')
  const { queues, problems: queueProblems } =
    queuesFile === undefined ? { queues: NO_QUEUES, problems: [] } : compileQueues(queuesFile)
  const decisions = drafts.map((draft) => compileDecision(draft, shared, queues ?? NO_QUEUES))
  const [agentsFile = null] = ofKind('agents')
  // A file that can't be read may declare what the others don't.
  const facts = isWhole ? knownFacts(drafts, shared) : null
  const { agents, problems: agentProblems } =
    agentsFile === null ? { agents: NO_AGENTS, problems: [] } : compileAgents(agentsFile, facts)

  problems.push(...shared.problems, ...decisions.flatMap((compiled) => compiled.problems))
  problems.push(...agentProblems, ...queueProblems)
  if (queuesFile !== undefined) {
    const declared = declaredQueues(queuesFile)
    for (const file of [...ofKind('shared'), ...ofKind('decision')]) problems.push(...checkQueueNames(file, declared))
  }
  const sorted = sortProblems(problems)
  const named = drafts.flatMap(({ name, yaml }) => (name === null ? [] : [[name, yaml] as const]))
  const sources: Sources = { decisions: new Map(named), shared: all, agents: agentsFile }
  if (agents === null || queues === null || sorted.some(({ severity }) => severity === 'error'))
    return { ruleset: null, problems: sorted, sources }

  const content = JSON.stringify(parsed.map(({ name, yaml }) => [name, yaml.value]))
  const hash = `sha256:${createHash('sha256').update(content).digest('hex')}`
  const byName = decisions.flatMap(({ decision }) => (decision === null ? [] : [[decision.name, decision] as const]))
  return { ruleset: { hash, content, decisions: new Map(byName), agents, queues, facts }, problems: sorted, sources }
}

/**
 * Compiles the stored content of a ruleset again, to the same ruleset with the same hash.
 * @throws Error where it is not the content of a ruleset that this version loads
 */
export function rulesetFromContent(content: string): Ruleset {
  const entries = JSON.parse(content) as readonly (readonly [string, unknown])[]
  const files = entries.map(([name, value]) => ({ name, kind: kindOf(name), yaml: parsedYaml(name, value) }))
  const { ruleset, problems } = compileFiles(files, [])
  if (ruleset === null) throw new Error(`the stored rules no longer load: ${problems.map(formatProblem).join('; ')}`)
  return ruleset
}

/** The files that count, in the order of their names. */
function parseFiles(files: readonly RuleFile[], problems: RuleProblem[]): readonly ParsedFile[] {
  const byName = new Map<string, string>()
  const parsed: ParsedFile[] = []
  const refuse = ({ path }: RuleFile, message: string) =>
    problems.push({ file: path, line: 1, column: 1, severity: 'error', message })
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const name = file.path.split(/[/\\]/).at(-1) ?? ''
    if (name.endsWith('.yml')) refuse(file, 'rule files end in `.yaml`; rename it')
    if (!name.endsWith('.yaml') || name.endsWith('_test.yaml')) continue
    const same = byName.get(name)
    if (same !== undefined) refuse(file, `there is a file of this name already, \`${same}\`; rename one`)
    byName.set(name, file.path)
    const { yaml, problems: faults } = parseYaml(file)
    problems.push(...faults)
    if (yaml !== null) parsed.push({ name, kind: kindOf(name), yaml })
  }
  return parsed.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function knownFacts(drafts: readonly DecisionDraft[], { facts: shared }: SharedRules): KnownFacts {
  const declared = drafts.flatMap(({ facts }) => (facts === null ? [] : [facts]))
  if (declared.length === 0 || declared.length < drafts.length) return null
  return new Set([shared, ...declared].flatMap((facts) => [...(facts?.keys() ?? [])]))
}

function checkDecisionNames(drafts: readonly DecisionDraft[], problems: RuleProblem[]): void {
  const files = new Map<string, string>()
  for (const { name, yaml } of drafts) {
    if (name === null) continue
    const other = files.get(name)
    if (other === undefined) files.set(name, yaml.path)
    else problems.push(yaml.at(['decision'], `decision \`${name}\` is in \`${other}\` already; rename one`))
  }
}
