import { createHash } from 'node:crypto'
import type { Decision } from '../model.ts'
import { NO_QUEUES, type Queues } from '../queues.ts'
import { NO_SOURCES, type Sources as WebhookSources } from '../sources.ts'
import { finish, type Steps } from '../steps.ts'
import { type AgentDeclarations, compileAgents, type KnownFacts, NO_AGENTS } from './agents.ts'
import { compileDecision, type DecisionDraft, draftDecision } from './decision.ts'
import { contentOf, filesOfContent, type Kind, type ParsedFile, parsingFiles, type ReadFiles } from './parsed-files.ts'
import { formatProblem, type RuleProblem, sortProblems } from './problem.ts'
import { checkQueueNames, compileQueues, declaredQueues } from './queues.ts'
import { NO_SHARED_RULES, readShared, type SharedRules } from './shared.ts'
import { compileSources } from './sources.ts'
import type { RuleFile, YamlFile } from './yaml.ts'

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
  /** Who may post to webhooks. */
  readonly sources: WebhookSources
  /** What a scope may ask for. */
  readonly facts: KnownFacts
}

/** The files that a ruleset was made of, and so where its parts stand. */
export interface Sources {
  readonly decisions: ReadonlyMap<string, YamlFile>
  /** Null where the file is not there. */
  readonly shared: YamlFile | null
  readonly agents: YamlFile | null
  readonly webhooks: YamlFile | null
}

/** What earlier loads came to. What has not changed since is taken over, to the same effect as if it were made again. */
export interface Known {
  /** The last that had no error. */
  readonly ruleset: Ruleset | null
  readonly files: ReadFiles
}

const NOTHING: Known = { ruleset: null, files: new Map() }

export interface Loaded {
  /** Null where any problem is an error. */
  readonly ruleset: Ruleset | null
  /** All problems of all files, by file, line and column. */
  readonly problems: readonly RuleProblem[]
  readonly sources: Sources
  /** For the next load. */
  readonly known: Known
}

/**
 * Compiles rule files into a ruleset, or says everything that is wrong with all of them at once.
 *
 * Tests (`_test.yaml`) and files that are not YAML are left out. Where a directory lies does not count for the hash,
 * names of files do.
 *
 * @param unread what kept files of the set from being read at all
 */
export function loadRuleset(files: readonly RuleFile[], unread: readonly RuleProblem[] = [], known?: Known): Loaded {
  return finish(loadingRuleset(files, unread, known))
}

/** `loadRuleset` in steps, of a file each: a hundred files of fifty rules take half a second. */
export function* loadingRuleset(
  files: readonly RuleFile[],
  unread: readonly RuleProblem[] = [],
  known: Known = NOTHING,
): Steps<Loaded> {
  const problems = [...unread]
  const { parsed, read } = yield* parsingFiles(files, known.files, problems)
  const compiled = yield* compilingFiles(parsed, problems, known.ruleset)
  return { ...compiled, known: { ruleset: compiled.ruleset ?? known.ruleset, files: read } }
}

/**
 * Compiles the stored content of a ruleset again, to the same ruleset with the same hash.
 * @param known any other: decisions that are the same in it are taken over
 * @throws Error where it is not the content of a ruleset that this version loads
 */
export function rulesetFromContent(content: string, known?: Ruleset): Ruleset {
  return finish(compilingContent(content, known))
}

/** `rulesetFromContent` in steps, of a decision each. */
export function* compilingContent(content: string, known: Ruleset | null = null): Steps<Ruleset> {
  const { ruleset, problems } = yield* compilingFiles(filesOfContent(content), [], known)
  if (ruleset === null) throw new Error(`the stored rules no longer load: ${problems.map(formatProblem).join('; ')}`)
  return ruleset
}

/**
 * What keeps a set from answering though it loads: nothing could be asked of it. Said of its first file.
 * @returns nothing where it has a decision
 */
export function lackOfDecision({ decisions }: Ruleset, files: readonly RuleFile[]): readonly RuleProblem[] {
  if (decisions.size > 0) return []
  const message = 'there is no decision in it, nor in any other file; begin one with `decision: <name>`'
  return [{ file: files[0]?.path ?? '', line: 1, column: 1, severity: 'error', message }]
}

function* compilingFiles(
  files: readonly ParsedFile[],
  problems: RuleProblem[],
  known: Ruleset | null,
): Steps<Omit<Loaded, 'known'>> {
  const isWhole = problems.length === 0
  const ofKind = (kind: Kind) => files.filter((file) => file.kind === kind)
  const [[all], [queuesFile], [agentsFile]] = [ofKind('shared'), ofKind('queues'), ofKind('agents')]
  const [sourcesFile] = ofKind('sources')
  const unchanged = comparedWith(known)

  const drafts: DecisionDraft[] = []
  for (const { yaml } of ofKind('decision')) {
    drafts.push(draftDecision(yaml))
    yield
  }
  checkDecisionNames(drafts, problems)
  const shared = all === undefined ? NO_SHARED_RULES : readShared(all.yaml, drafts)
  problems.push(...shared.problems)
  const queues = unchanged('queues.yaml', queuesFile)?.queues ?? readQueues(queuesFile, problems)

  const webhooks = unchanged('sources.yaml', sourcesFile)?.sources ?? readSources(sourcesFile, problems)

  const decisions: Decision[] = []
  const sameShared = unchanged('_all.yaml', all)
  for (const [index, file] of ofKind('decision').entries()) {
    const draft = drafts[index]!
    const same = sameShared && unchanged(file.name, file)?.decisions.get(draft.name ?? '')
    if (same) decisions.push(same.queues === queues ? same : { ...same, queues: queues ?? NO_QUEUES })
    else {
      const { decision, problems: found } = compileDecision(draft, shared, queues ?? NO_QUEUES)
      problems.push(...found)
      if (decision !== null) decisions.push(decision)
    }
    yield
  }

  // A file that can't be read may declare what the others don't.
  const facts = isWhole ? knownFacts(drafts, shared) : null
  const sameAgents = unchanged('agents.yaml', agentsFile)
  const agents =
    sameAgents && areEqual(sameAgents.facts, facts) ? sameAgents.agents : readAgents(agentsFile, facts, problems)
  if (queuesFile !== undefined) {
    const declared = declaredQueues(queuesFile.yaml)
    for (const { yaml } of [...ofKind('shared'), ...ofKind('decision')])
      problems.push(...checkQueueNames(yaml, declared))
  }

  const sorted = sortProblems(problems)
  const named = drafts.flatMap(({ name, yaml }) => (name === null ? [] : [[name, yaml] as const]))
  const sources: Sources = {
    decisions: new Map(named),
    shared: all?.yaml ?? null,
    agents: agentsFile?.yaml ?? null,
    webhooks: sourcesFile?.yaml ?? null,
  }
  const isWrong = sorted.some(({ severity }) => severity === 'error')
  if (agents === null || queues === null || webhooks === null || isWrong)
    return { ruleset: null, problems: sorted, sources }

  const content = contentOf(files)
  const hash = `sha256:${createHash('sha256').update(content).digest('hex')}`
  const byName = new Map(decisions.map((decision) => [decision.name, decision]))
  const ruleset = { hash, content, decisions: byName, agents, queues, sources: webhooks, facts }
  return { ruleset, problems: sorted, sources }
}

/** What is known, for whoever asks about a file that says what it said then, or that is not there as it was not. */
function comparedWith(known: Ruleset | null): (name: string, file: ParsedFile | undefined) => Ruleset | null {
  if (known === null) return () => null
  const before = new Map(filesOfContent(known.content).map(({ name, json }) => [name, json]))
  return (name, file) => (before.get(name) === file?.json ? known : null)
}

function readQueues(file: ParsedFile | undefined, problems: RuleProblem[]): Queues | null {
  if (file === undefined) return NO_QUEUES
  const { queues, problems: found } = compileQueues(file.yaml)
  problems.push(...found)
  return queues
}

function readSources(file: ParsedFile | undefined, problems: RuleProblem[]): WebhookSources | null {
  if (file === undefined) return NO_SOURCES
  const { sources, problems: found } = compileSources(file.yaml)
  problems.push(...found)
  return sources
}

function readAgents(
  file: ParsedFile | undefined,
  facts: KnownFacts,
  problems: RuleProblem[],
): AgentDeclarations | null {
  if (file === undefined) return NO_AGENTS
  const { agents, problems: found } = compileAgents(file.yaml, facts)
  problems.push(...found)
  return agents
}

function areEqual(one: KnownFacts, other: KnownFacts): boolean {
  if (one === null || other === null) return one === other
  return one.size === other.size && [...one].every((fact) => other.has(fact))
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
