import type { Ruleset } from '../load.ts'
import { agentsSchema } from '../schema/agents.ts'
import { allSchema } from '../schema/all.ts'
import { isMap } from '../schema/check.ts'
import { decisionSchema } from '../schema/decision.ts'
import { queuesSchema } from '../schema/queues.ts'
import { sourcesSchema } from '../schema/sources.ts'

/** What is compared, and what people are shown of it: durations in milliseconds, and as they were written. */
export interface Part {
  /** With defaults filled in, in one form whichever was written; undefined: it is not there. */
  readonly meaning: unknown
  /** Undefined where it was left out. */
  readonly written: unknown
}

/** What a file of a ruleset is about. */
export interface Subject {
  /** What the file of another ruleset has, too, that is about the same. */
  readonly key: string
  readonly name: string
  readonly part: Part
}

export const ABSENT: Part = { meaning: undefined, written: undefined }

/** What a declared agent is where the file does not say. */
const AGENT = { kind: 'unknown', mode: 'live', trust: 1, defaultConfidence: 0.75, confidence: 'probability' }

/** What the files of a ruleset say, by their names. */
export function filesOf({ content }: Pick<Ruleset, 'content'>): ReadonlyMap<string, unknown> {
  return new Map(JSON.parse(content) as readonly (readonly [name: string, value: unknown])[])
}

/**
 * The files of a ruleset by what they are about: shared rules, each decision by its name, agents, queues, in this order.
 * Files that may be left out are there without content.
 */
export function* subjectsOf(files: ReadonlyMap<string, unknown>): Iterable<Subject> {
  const written = (name: string, nothing: object) => files.get(name) ?? nothing
  const all = written('_all.yaml', { rules: [] })
  const agents = written('agents.yaml', {})
  const queues = written('queues.yaml', {})
  const sources = written('sources.yaml', {})
  yield { key: '1', name: 'every decision', part: { meaning: allSchema.parse(all), written: all } }
  for (const [name, value] of files) if (!SHARED.has(name)) yield decisionOf(value)
  yield { key: '3', name: 'agents', part: { meaning: withDefaults(agentsSchema.parse(agents)), written: agents } }
  yield { key: '4', name: 'queues', part: { meaning: queuesSchema.parse(queues), written: queues } }
  yield { key: '5', name: 'sources', part: { meaning: sourcesSchema.parse(sources), written: sources } }
}

const SHARED = new Set(['_all.yaml', 'agents.yaml', 'queues.yaml', 'sources.yaml'])

function decisionOf(value: unknown): Subject {
  const meaning = decisionSchema.parse(value)
  return { key: `2 ${meaning.decision}`, name: meaning.decision, part: { meaning, written: value } }
}

function withDefaults({ agents, ...rest }: ReturnType<typeof agentsSchema.parse>): unknown {
  return {
    ...rest,
    agents: Object.fromEntries(Object.entries(agents).map(([name, agent]) => [name, { ...AGENT, ...agent }])),
  }
}

/** The names of what a part holds, in order; null: it is one thing. */
export function namesIn({ meaning }: Part): readonly string[] | null {
  const named = partsOf(meaning)
  return named && [...named.keys()]
}

export function partIn({ meaning, written }: Part, name: string): Part {
  return { meaning: partsOf(meaning)?.get(name), written: partsOf(written)?.get(name) }
}

/** The fields of a map, rules of a list by their ids, targets by their names or else their numbers. */
function partsOf(value: unknown): ReadonlyMap<string, unknown> | null {
  if (isMap(value)) return new Map(Object.entries(value).filter(([, field]) => field !== undefined))
  if (!Array.isArray(value) || !value.every(isMap)) return null
  return new Map(value.map((item, i) => [String(item.id ?? item.name ?? i + 1), item]))
}
