import type { z } from 'zod'
import type { Mapping, Matcher, Source, Sources } from '../sources.ts'
import { checkJsonata } from './jsonata.ts'
import type { RuleProblem } from './problem.ts'
import type { Place } from './rule.ts'
import { checkSchema, entriesOf, isMap } from './schema/check.ts'
import { type matcherSchema, type sourceSchema, sourcesSchema } from './schema/sources.ts'
import type { Path, YamlFile } from './yaml.ts'

/** Compiles `sources.yaml`. The sources are null where anything is wrong. */
export function compileSources(yaml: YamlFile): {
  readonly sources: Sources | null
  readonly problems: readonly RuleProblem[]
} {
  const { value: text, problems: schemaProblems } = checkSchema(sourcesSchema, yaml)
  const place = { yaml, problems: [...schemaProblems] }
  for (const [name, source] of entriesOf(isMap(yaml.value) ? yaml.value.sources : undefined)) {
    if (isMap(source)) checkSource(source, ['sources', name], place)
  }
  if (text === null || place.problems.length > 0) return { sources: null, problems: place.problems }
  const sources = Object.entries(text.sources).map(([name, source]) => [name, readSource(name, source)] as const)
  return { sources: new Map(sources), problems: [] }
}

const EXPRESSIONS = ['when', 'account', 'aliases', 'at', 'facts', 'signals']

/** That its expressions can be read, whether or not the rest is in order; its matchers have names and are all reached. */
function checkSource(source: Readonly<Record<string, unknown>>, path: Path, place: Place): void {
  checkExpression(source.forEach, [...path, 'forEach'], place)
  const seen = new Set<string>()
  let isOpen = true
  for (const [index, matcher] of (Array.isArray(source.matchers) ? source.matchers : []).entries()) {
    if (!isMap(matcher)) continue
    const at = [...path, 'matchers', index]
    for (const key of EXPRESSIONS) checkExpression(matcher[key], [...at, key], place)
    const { name } = matcher
    if (typeof name === 'string' && seen.has(name))
      place.problems.push(place.yaml.at([...at, 'name'], `a matcher \`${name}\` is there already; rename one`))
    seen.add(String(name))
    if (!isOpen)
      place.problems.push(
        place.yaml.at([...at, 'name'], 'no event comes this far: the one before takes all; swap them'),
      )
    isOpen = matcher.when !== undefined || (isMap(matcher.match) && Object.keys(matcher.match).length > 0)
  }
}

function checkExpression(source: unknown, path: Path, { yaml, problems }: Place): void {
  if (typeof source !== 'string') return
  for (const { offset, message } of checkJsonata(source)) problems.push(yaml.within(path, offset, message))
}

type SourceText = z.output<typeof sourceSchema>
type MatcherText = z.output<typeof matcherSchema>

function readSource(name: string, text: SourceText): Source {
  const { description = '', auth, format, organizationFrom = null, agents, forEach = null, matchers } = text
  const { scheme, secretFrom, deliveryHeader = 'x-github-delivery' } = auth
  return {
    name,
    description,
    auth: { scheme, secretFrom: [...new Set(secretFrom)], deliveryHeader: deliveryHeader.toLowerCase() },
    format,
    organizationFrom,
    agents: [...new Set(agents)],
    forEach,
    matchers: matchers.map(readMatcher),
  }
}

function readMatcher({ name, match, when, ...makes }: MatcherText): Matcher {
  return { name, match, when: when ?? null, makes: readMapping(makes) }
}

function readMapping(text: Omit<MatcherText, 'name' | 'match' | 'when'>): Mapping | null {
  const { account, aliases = null, at = null, facts = null, signals = null } = text
  return account === undefined ? null : { account, aliases, at, facts, signals }
}
