import {
  type BusinessHours,
  type Expiry,
  type NoticeEvent,
  OPS,
  type Queue,
  type Queues,
  type Target,
} from '../queues.ts'
import type { RuleProblem } from './problem.ts'
import type { Place } from './rule.ts'
import { checkSchema, entriesOf, isMap, partOf } from './schema/check.ts'
import { EVENT_WORDS, type EventWord, queueSchema, queuesSchema, type TargetText, WEEKDAYS } from './schema/queues.ts'
import { didYouMean } from './suggest.ts'
import type { Path, YamlFile } from './yaml.ts'

/** What generated ids of targets begin with that are told of every queue. */
const EVERY_QUEUE = 'all'

const ALL_WORDS = Object.keys(EVENT_WORDS) as readonly EventWord[]
const QUEUE_WORDS = ALL_WORDS.filter((word) => word !== 'adjudication.resolved')
const SLACK_WORDS: readonly EventWord[] = ['opened', 'reminder', 'overdue']

/** Compiles `queues.yaml`. The queues are null where anything is wrong. */
export function compileQueues(yaml: YamlFile): {
  readonly queues: Queues | null
  readonly problems: readonly RuleProblem[]
} {
  const { value: text, problems: schemaProblems } = checkSchema(queuesSchema, yaml)
  const place = { yaml, problems: [...schemaProblems] }
  const file = isMap(yaml.value) ? yaml.value : {}
  checkDeclared(file.queues, place)
  checkTargetNames(file, place)
  if (text === null || place.problems.length > 0) return { queues: null, problems: place.problems }

  const queues = Object.entries(text.queues).map(([name, queue]): [string, Queue] => [
    name,
    {
      name,
      description: queue.description ?? '',
      due: queue.due,
      hours: queue.hours === undefined ? null : readHours(queue.hours),
      lease: queue.lease,
      onExpiry: readExpiry(queue.onExpiry),
      blind: queue.blind,
      targets: queue.notify.map((target, index) => readTarget(target, `${name}/${index + 1}`, QUEUE_WORDS)),
    },
  ])
  const targets = text.notify.map((target, index) => readTarget(target, `${EVERY_QUEUE}/${index + 1}`, ALL_WORDS))
  const reasons = new Map(Object.entries(text.reasons))
  return { queues: { declared: new Map(queues), reasons, targets }, problems: [] }
}

/** The names of the queues that a file declares, whether or not the rest of their declaration is in order. */
export function declaredQueues(yaml: YamlFile): readonly string[] {
  return isMap(yaml.value) ? entriesOf(yaml.value.queues).map(([name]) => name) : []
}

/** Each queue that a decision file or the shared rules name and that is not among those declared, as a problem. */
export function checkQueueNames(yaml: YamlFile, declared: readonly string[]): readonly RuleProblem[] {
  if (declared.length === 0 || !isMap(yaml.value)) return []
  const { review, rules } = yaml.value
  const references: [Path, unknown][] = [[['review', 'queue'], isMap(review) ? review.queue : undefined]]
  for (const [index, rule] of (Array.isArray(rules) ? rules : []).entries()) {
    const escalate = isMap(rule) && isMap(rule.then) ? rule.then.escalate : undefined
    references.push([['rules', index, 'then', 'escalate', 'queue'], isMap(escalate) ? escalate.queue : undefined])
  }
  return references.flatMap(([path, name]) => {
    const message = typeof name === 'string' ? queueProblem(name, declared) : null
    return message === null ? [] : [yaml.at(path, message)]
  })
}

function queueProblem(name: string, declared: readonly string[]): string | null {
  if (name === OPS || declared.includes(name)) return null
  return `unknown queue \`${name}\`${didYouMean(name, [...declared, OPS]) || '; declare it in `queues.yaml`'}`
}

/** That cases are raised to queues that there are and end somewhere. */
function checkDeclared(queues: unknown, { yaml, problems }: Place): void {
  const declared = entriesOf(queues).map(([name]) => name)
  const raisedTo = new Map<string, string>()
  for (const [name, text] of entriesOf(queues)) {
    if (name === EVERY_QUEUE)
      problems.push(yaml.atKey(['queues', name], `\`${name}\` stands for every queue; choose another name`))
    const onExpiry = partOf(queueSchema.shape.onExpiry, isMap(text) ? text.onExpiry : undefined)
    if (onExpiry !== null && typeof onExpiry === 'object') raisedTo.set(name, onExpiry.raise.queue)
  }
  for (const [name, to] of raisedTo) {
    const path: Path = ['queues', name, 'onExpiry', 'raise', 'queue']
    const unknown = queueProblem(to, declared)
    if (unknown !== null) problems.push(yaml.at(path, unknown))
    else if (to === name) problems.push(yaml.at(path, `\`${name}\` raises to itself; name another queue`))
    else if (comesBack(name, raisedTo)) {
      problems.push(yaml.at(path, `what \`${name}\` raises comes back to it; let one of the queues keep it`))
    }
  }
}

function comesBack(queue: string, raisedTo: ReadonlyMap<string, string>): boolean {
  let next = raisedTo.get(queue)
  for (let steps = raisedTo.size; steps > 0 && next !== undefined && next !== queue; steps -= 1) {
    next = raisedTo.get(next)
  }
  return next === queue
}

/** Names tell targets apart in the list of deliveries. */
function checkTargetNames(file: Readonly<Record<string, unknown>>, { yaml, problems }: Place): void {
  const lists: [Path, unknown][] = entriesOf(file.queues).map(([name, queue]) => [
    ['queues', name, 'notify'],
    isMap(queue) ? queue.notify : undefined,
  ])
  const seen = new Set<string>()
  for (const [path, targets] of [...lists, [['notify'], file.notify] as const]) {
    for (const [index, target] of (Array.isArray(targets) ? targets : []).entries()) {
      const name = isMap(target) ? target.name : undefined
      if (typeof name !== 'string') continue
      if (seen.has(name))
        problems.push(yaml.at([...path, index, 'name'], `a target \`${name}\` is there already; rename one`))
      seen.add(name)
    }
  }
}

function readHours({ zone, days, from, to, holidays }: HoursText): BusinessHours {
  const numbers = WEEKDAYS.flatMap((day, index) => (days.includes(day) ? [index + 1] : []))
  return { zone, days: numbers, from, to, holidays: new Set(holidays) }
}

type QueueText = NonNullable<ReturnType<typeof partOf<typeof queueSchema>>>
type HoursText = NonNullable<QueueText['hours']>

function readExpiry(text: QueueText['onExpiry']): Expiry {
  return typeof text === 'string' ? { kind: text } : { kind: 'raise', ...text.raise }
}

function readTarget(text: TargetText, id: string, words: readonly EventWord[]): Target {
  const { webhook, webhookFrom, slack, slackFrom } = text
  const kind = webhook !== undefined || webhookFrom !== undefined ? 'webhook' : 'slack'
  const asked = text.events ?? (kind === 'slack' ? SLACK_WORDS : words)
  return {
    id: text.name ?? id,
    kind,
    url: webhook ?? slack ?? null,
    urlFrom: webhookFrom ?? slackFrom ?? null,
    secretFrom: text.secretFrom ?? null,
    events: [...new Set(asked)].map((word): NoticeEvent => EVENT_WORDS[word]),
  }
}
