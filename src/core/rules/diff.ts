import { finish, type Steps } from '../steps.ts'
import { parseExpression, textOf } from './cel/text.ts'
import { ABSENT, filesOf, namesIn, type Part, partIn, type Subject, subjectsOf } from './diff/subjects.ts'
import {
  changeInWords,
  isDescription,
  isExpression,
  isReading,
  isThing,
  nameInWords,
  orderInWords,
  type Place,
  shownAt,
  tight,
} from './diff/words.ts'
import type { Ruleset } from './load.ts'
import { isMap } from './schema/check.ts'

/** One thing that another ruleset says otherwise. */
export interface RulesetChange {
  /** The decision, or else `every decision`, `agents`, `queues`. */
  readonly about: string
  /** `reworded`: what people read is otherwise, no answer is. */
  readonly kind: 'added' | 'removed' | 'changed' | 'reworded'
  /** Where in it, rules by their ids: `states.healthy.prior`; empty: all of it. */
  readonly path: string
  /** As written, or the default where it was left out; undefined: it was not there. Addresses of targets are hidden. */
  readonly from: unknown
  /** Undefined: it is not there any more. */
  readonly to: unknown
  /** In words, for where it is known what it is about: `state healthy: prior 0.8 → 0.75`. */
  readonly what: string
  /** The same, on its own: `expansion-outreach: state healthy: prior 0.8 → 0.75`. */
  readonly text: string
}

/** What of a ruleset is compared; it need not be compiled. */
type Contents = Pick<Ruleset, 'content'>

/** Of what is equal the first is taken, and effects apply in the order of the rules. */
const ORDERED = new Set(['states', 'actions', 'rules'])

/** Whether the order of what stands at a place means something: of matchers the first that fits counts. */
const isOrdered = (place: Place): boolean =>
  place.length === 1 ? ORDERED.has(place[0] ?? '') : place.length === 3 && place[2] === 'matchers'

/**
 * How two rulesets differ in what they mean: not in lines, comments, layout, descriptions or names of files, nor where
 * one writes out what the other leaves to the default. Decisions are compared by their names, rules by their ids; the
 * order of rules, actions and states counts.
 *
 * @returns what holds for every decision first, then each decision by name, then agents and queues; in the order of
 *   the files
 */
export function diffRulesets(from: Contents, to: Contents): readonly RulesetChange[] {
  return finish(diffingRulesets(from, to))
}

/** `diffRulesets` in steps, of a file each. */
export function* diffingRulesets(from: Contents, to: Contents): Steps<readonly RulesetChange[]> {
  const [one, other] = [filesOf(from), filesOf(to)]
  const before = yield* subjectsByKey(without(one, other))
  const after = yield* subjectsByKey(without(other, one))
  const subjects = [...new Map([...before, ...after])].sort(([one], [other]) => (one < other ? -1 : 1))
  const changes: RulesetChange[] = []
  for (const [key, { name }] of subjects) {
    const found = differences([], before.get(key)?.part ?? ABSENT, after.get(key)?.part ?? ABSENT)
    changes.push(...found.map((change) => ({ about: name, ...change, text: `${name}: ${change.what}` })))
    yield
  }
  return changes
}

/** Files without those that another set has, too, word for word: there is nothing to compare. */
function without(files: ReadonlyMap<string, unknown>, others: ReadonlyMap<string, unknown>): Map<string, unknown> {
  return new Map(
    [...files].filter(
      ([name, value]) => !others.has(name) || JSON.stringify(value) !== JSON.stringify(others.get(name)),
    ),
  )
}

function* subjectsByKey(files: ReadonlyMap<string, unknown>): Steps<ReadonlyMap<string, Subject>> {
  const subjects = new Map<string, Subject>()
  for (const subject of subjectsOf(files)) {
    subjects.set(subject.key, subject)
    yield
  }
  return subjects
}

type Difference = Omit<RulesetChange, 'about' | 'text'>

function differences(place: Place, from: Part, to: Part): readonly Difference[] {
  if (isDescription(place)) return []
  const [before, after] = [namesIn(from), namesIn(to)]
  if (before === null || after === null) {
    return isSame(place, from.meaning, to.meaning) ? [] : [differenceAt(place, from, to)]
  }
  const renamed = renames(place, from, to)
  const names = new Set([...before, ...after].filter((name) => ![...renamed.values()].includes(name)))
  const inside = [...names].flatMap((name) => {
    const newName = renamed.get(name)
    if (newName !== undefined) return [renaming([...place, name], newName)]
    return differences([...place, name], partIn(from, name), partIn(to, name))
  })
  return [...inside, ...(isOrdered(place) ? reordered(place, before, after) : [])]
}

function differenceAt(place: Place, from: Part, to: Part): Difference {
  return {
    kind: kindOf(place, from, to),
    path: place.join('.'),
    from: shownAt(place, from),
    to: shownAt(place, to),
    what: changeInWords(place, from, to),
  }
}

function kindOf(place: Place, from: Part, to: Part): RulesetChange['kind'] {
  if (isThing(place) && from.meaning === undefined) return 'added'
  if (isThing(place) && to.meaning === undefined) return 'removed'
  return isReading(place) ? 'reworded' : 'changed'
}

/** Of what is in both, the order, where that is another. */
function reordered(place: Place, before: readonly string[], after: readonly string[]): readonly Difference[] {
  const from = before.filter((name) => after.includes(name))
  const to = after.filter((name) => before.includes(name))
  if (from.every((name, i) => name === to[i])) return []
  const what = orderInWords(place, from, to)
  return [{ kind: 'changed', path: [...place, 'order'].join('.'), from, to, what }]
}

/** What is told by its name and has so much to it that the same under another name is not there by chance. */
const RENAMED = new Set(['rules', 'actions'])

/** Of the things of a section that are gone, those that are there under another name, and that. */
function renames(place: Place, from: Part, to: Part): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  if (place.length !== 1 || !RENAMED.has(place[0] ?? '')) return found
  const [before, after] = [namesIn(from) ?? [], namesIn(to) ?? []]
  for (const name of before.filter((one) => !after.includes(one))) {
    const isIt = (other: string) =>
      !before.includes(other) &&
      ![...found.values()].includes(other) &&
      isSameThing([...place, name], partIn(from, name), partIn(to, other))
    const newName = after.find(isIt)
    if (newName !== undefined) found.set(name, newName)
  }
  return found
}

function isSameThing(place: Place, from: Part, to: Part): boolean {
  const nameless = ({ meaning, written }: Part): Part => ({
    meaning: isMap(meaning) ? { ...meaning, id: '' } : meaning,
    written,
  })
  return differences(place, nameless(from), nameless(to)).length === 0
}

function renaming(place: Place, to: string): Difference {
  const kind = place[0] === 'rules' ? 'reworded' : 'changed'
  return { kind, path: place.join('.'), from: place.at(-1), to, what: nameInWords(place, to) }
}

function isSame(place: Place, one: unknown, other: unknown): boolean {
  if (isExpression(place)) return canonical(one) === canonical(other)
  return JSON.stringify(bare(one)) === JSON.stringify(bare(other))
}

/** An expression in one way of writing it; one that this version can't read, or that is not there, as it is. */
function canonical(source: unknown): string {
  if (source === undefined) return ''
  try {
    return textOf(parseExpression(String(source)))
  } catch {
    return tight(String(source))
  }
}

/** A value without what means nothing: layout, the order of words in a list and of fields in a map. */
function bare(value: unknown): unknown {
  if (value === undefined) return []
  if (typeof value === 'string') return tight(value)
  if (Array.isArray(value)) {
    const items = value.map(bare)
    return items.every((item) => typeof item === 'string') ? [...new Set(items)].sort() : items
  }
  if (!isMap(value)) return value
  const keys = Object.keys(value).sort()
  return Object.fromEntries(keys.map((key) => [key, bare(value[key])]))
}
