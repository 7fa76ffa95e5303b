import { formatDuration } from '../../duration.ts'
import { isMap } from '../schema/check.ts'
import type { Part } from './subjects.ts'

/** Where something stands in a file: `['states', 'healthy', 'prior']`. */
export type Place = readonly string[]

/** What the things of a section are called. */
const ONE_OF: Readonly<Record<string, string>> = {
  states: 'state',
  actions: 'action',
  claims: 'claim',
  rules: 'rule',
  agents: 'agent',
  queues: 'queue',
  facts: 'fact',
  reasons: 'reason',
  notify: 'target',
  sources: 'source',
  cooldowns: 'cooldown of tag',
}

/** Whether a place is that of a thing with a name, or of a whole file. */
export function isThing(place: Place): boolean {
  return place.length === 0 || (place.length === 2 && ONE_OF[place[0] ?? ''] !== undefined)
}

/** Only there for whoever reads the file: of the file itself, or of one of its things. */
export function isDescription(place: Place): boolean {
  return place.at(-1) === 'description' && (place.length === 1 || place.length === 3)
}

/** Only words, but words that people read in answers. */
export function isReading(place: Place): boolean {
  const [section] = place
  return (
    (section === 'rules' && place.length === 4 && place[3] === 'because') ||
    (section === 'reasons' && place.length === 2)
  )
}

/** Whether what stands at a place is an expression, or a number where one may stand. */
export function isExpression([section, , first, second, third, fourth]: Place): boolean {
  if (section === 'actions') return first === 'loss'
  if (section === 'agents') return first === 'scope'
  if (section !== 'rules') return false
  return (
    first === 'when' ||
    (second === 'addLoss' && fourth !== undefined) ||
    (second === 'escalate' && third === 'assignee')
  )
}

/** Whoever knows the address of some targets can post to them. */
const isAddress = (place: Place): boolean =>
  (place.at(-1) === 'webhook' || place.at(-1) === 'slack') && place.at(-3) === 'notify'

const HIDDEN = '(not shown)'

/** What is there, as it was written, for people and programs to see: without the addresses of targets. */
export function shownAt(place: Place, { meaning, written }: Part): unknown {
  return hide(place, written ?? defaultAt(place, meaning))
}

function hide(place: Place, value: unknown): unknown {
  if (isAddress(place)) return HIDDEN
  if (Array.isArray(value)) return value.map((item, i) => hide([...place, String(i)], item))
  if (!isMap(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, hide([...place, key], field)]))
}

/** Those that may be left out and are there anyway. */
const DURATIONS = new Set(['validFor', 'holdsFor', 'due', 'lease', 'cooldown'])

function defaultAt(place: Place, meaning: unknown): unknown {
  return typeof meaning === 'number' && DURATIONS.has(place.at(-1) ?? '') ? formatDuration(meaning) : meaning
}

/** `state healthy: prior 0.8 → 0.75`, `rule dispute added: …`. */
export function changeInWords(place: Place, from: Part, to: Part): string {
  const [before, after] = [shownAt(place, from), shownAt(place, to)]
  const thing = thingAt(place)
  if (isThing(place) && to.meaning === undefined) return `${thing} removed`
  if (isThing(place) && from.meaning === undefined) {
    const fields = fieldsIn(place, after).join(', ')
    return `${thing} added${fields === '' ? '' : `: ${fields}`}`
  }
  if (isReading(place)) return `${thing}: now says \`${after}\`, no longer \`${before}\``
  const what = [thing, fieldAt(place)].filter(Boolean).join(': ')
  return isAddress(place) ? `${what} changed` : `${what} ${valueInWords(before)} → ${valueInWords(after)}`
}

/** `rule owner-decides: called owner-first now`. */
export function nameInWords(place: Place, name: string): string {
  return `${thingAt(place)}: called ${name} now`
}

/** `rules in another order: a, b → b, a`. */
export function orderInWords(place: Place, from: readonly string[], to: readonly string[]): string {
  const of = place.length > 1 ? `${thingAt(place)}: ` : ''
  return `${of}${place.at(-1)} in another order: ${from.join(', ')} → ${to.join(', ')}`
}

function thingAt(place: Place): string {
  const [section = '', name] = place
  const queue = section === 'queues' && place[2] === 'notify' ? `, target ${place[3]}` : ''
  if (place.length === 0) return 'decision'
  if (section === 'unknown') return 'agents that are not listed'
  const one = ONE_OF[section]
  return one === undefined || name === undefined ? '' : `${one} ${name}${queue}`
}

/** What of a thing it is, in the words of the file where those will do. */
function fieldAt([section = '', name = '', ...fields]: Place): string {
  if (section === 'unknown') return name
  if (ONE_OF[section] === undefined || name === '')
    return [section, name, ...fields].filter(Boolean).map(apart).join(' ')
  const [first, second = '', third, fourth] = fields
  if (first === 'loss') return `loss when ${second}`
  if (first === 'when') return 'condition'
  if (first === 'forEach') return 'asked for each'
  if (first === 'notify') return fields.slice(2).join(' ')
  if (first !== 'then') return fields.map(apart).join(' ')
  if (second === 'addLoss') return fourth === undefined ? 'added loss' : `added loss of ${third} when ${fourth}`
  if (second === 'autonomyCap' && third !== undefined) return `autonomy cap of ${third}`
  return fields.slice(1).map(apart).join(' ')
}

/** `halfLife` → `half life` */
function apart(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** All that a new thing says, field by field. */
function fieldsIn(place: Place, value: unknown): readonly string[] {
  if (place.length === 0) return decisionInWords(value)
  if (!isMap(value)) return [valueInWords(value)]
  return Object.entries(value).flatMap(([key, field]) => {
    const at = [...place, key]
    if (isDescription(at) || isReading(at) || (key === 'id' && place.length === 2)) return []
    if (isMap(field) && Object.keys(field).length > 0) return fieldsIn(at, field)
    return [`${fieldAt(at)} ${valueInWords(field)}`]
  })
}

function decisionInWords(value: unknown): readonly string[] {
  return ['states', 'actions'].flatMap((section) => {
    const named = isMap(value) ? value[section] : undefined
    return isMap(named) ? [`${section} ${joined(Object.keys(named))}`] : []
  })
}

/** `a, b and c` */
function joined(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

const NAME = /^[\w.#-]+$/

/** Names and numbers bare, expressions and other text in backticks. */
function valueInWords(value: unknown): string {
  if (value === undefined || value === null) return 'none'
  if (typeof value === 'string')
    return NAME.test(value) && !value.startsWith('account.') ? value : `\`${tight(value)}\``
  if (Array.isArray(value)) {
    const items = value.map((item) => (Array.isArray(item) ? `[${item.join(', ')}]` : valueInWords(item)))
    return items.join(', ') || 'none'
  }
  if (!isMap(value)) return String(value)
  const fields = Object.entries(value).map(([key, field]) => `${apart(key)} ${valueInWords(field)}`)
  return fields.join(', ') || 'as `review` says'
}

/** An expression without its layout: spaces count inside quotation marks only. */
export function tight(text: string): string {
  return text.replace(/("[^"]*"|'[^']*')|\s+/g, (_all, quoted) => quoted ?? ' ').trim()
}
