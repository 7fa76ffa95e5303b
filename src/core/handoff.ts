import type { Losses } from './cost.ts'
import { type Disposal, isSampled } from './disposition.ts'
import type { Effects } from './effects.ts'
import { addBusinessTime } from './hours.ts'
import type { Decision, Handoff, LedgerRule, Question, Reason } from './model.ts'
import { isName } from './names.ts'
import { OPS, queueOf } from './queues.ts'
import type { Expression, Scope } from './rules/expression.ts'
import type { Judgement } from './verdict.ts'

/** What was found about a question that a person may have to look at. */
export interface Matter {
  readonly disposal: Disposal
  readonly effects: Effects
  readonly judgement: Judgement | null
  readonly losses: Losses
  /** Expressions that failed. */
  readonly failures: readonly LedgerRule[]
}

/**
 * The case that a person gets, if any: a decision where the recommendation or the proposal waits for one, a sample
 * where one looks at what was done.
 *
 * A proposal can wait though the recommendation need not: an agent that is told to ask finds somebody to answer. Of
 * several rules that escalate, the first that names a queue, the highest priority and the earliest due time count;
 * what none names is the review's, and a due time that it has not either is the queue's. Of an allowed supervised
 * proposal a sample is reviewed, whatever is recommended.
 *
 * What failed is for those who can mend it, in the queue `ops`. The account's own queue is asked about the account
 * where there is more to decide than that, and nobody is where a person has decided already.
 */
export function handOff(matter: Matter, decision: Decision, question: Question, scope: Scope): Handoff | null {
  const { disposal, effects, judgement, failures } = matter
  const { disposition } = disposal
  const waits = disposition === 'escalate' || disposition === 'suggest' || judgement?.verdict === 'ask'
  const faults = [...new Set(failures.map(({ id }) => faultKey(id, decision)))]
  if (waits && isAboutAccount(matter)) return { ...askAbout('decision', effects, decision, question, scope), faults }
  if (faults.length > 0) return { ...mend(decision, question), faults }
  return isReviewed(matter, decision, question) ? askAbout('sample', effects, decision, question, scope) : null
}

/** What follows from the beliefs and losses of the account. */
const CONCLUDED: ReadonlySet<Reason> = new Set(['no_permitted_action', 'people_only', 'uncertain', 'copilot'])

function isAboutAccount({ disposal: { reasons }, effects, judgement, losses, failures }: Matter): boolean {
  if (reasons.includes('decided_by_person')) return false
  if (failures.length === 0 || reasons.includes('rule')) return true
  if (judgement?.verdict === 'ask' && judgement.reasons.includes('copilot')) return true
  // Without the loss of an action that may be the best one, what looks best says nothing.
  const isConclusive = losses.loss.every((loss, action) => loss !== null || effects.vetoedBy[action] !== null)
  return isConclusive && reasons.some((reason) => CONCLUDED.has(reason))
}

function isReviewed({ disposal, judgement }: Matter, { review }: Decision, { draw }: Question): boolean {
  if (disposal.disposition === 'act_and_review') return true
  if (disposal.reasons.includes('decided_by_person')) return false
  return judgement?.verdict === 'allow' && judgement.autonomy === 'supervised' && isSampled(review, draw)
}

function askAbout(
  kind: Handoff['kind'],
  { escalations }: Effects,
  { review, queues }: Decision,
  { now }: Question,
  scope: Scope,
): Handoff {
  let named: string | null = null
  let priority: number | null = null
  let due: number | null = null
  for (const { effect } of escalations) {
    named ??= effect.queue
    if (effect.priority !== null) priority = Math.max(priority ?? effect.priority, effect.priority)
    if (effect.due !== null) due = Math.min(due ?? effect.due, effect.due)
  }
  const queue = queueOf(queues, named ?? review.queue)
  // Whoever is named for another queue may not work in this one.
  const assignees = escalations
    .filter(({ effect }) => (effect.queue ?? review.queue) === queue.name)
    .map(({ effect }) => effect.assignee)
  if (queue.name === review.queue) assignees.push(review.assignee)
  return {
    kind,
    queue: queue.name,
    priority: priority ?? 0,
    dueAt: addBusinessTime(now, due ?? review.due ?? queue.due, queue.hours),
    assignee: firstNamed(assignees, scope),
    probability: kind === 'sample' ? review.sampleRate : null,
    faults: [],
    aboutAccount: true,
  }
}

function mend({ review, queues }: Decision, { now }: Question): Handoff {
  const { due, hours } = queueOf(queues, OPS)
  return {
    kind: 'decision',
    queue: OPS,
    priority: 0,
    dueAt: addBusinessTime(now, review.due ?? due, hours),
    assignee: null,
    probability: null,
    faults: [],
    aboutAccount: false,
  }
}

/** An account may lack an owner or have something odd in its place: then anybody of the queue takes the case. */
function firstNamed(assignees: readonly (Expression<string> | null)[], scope: Scope): string | null {
  for (const assignee of assignees) {
    if (assignee === null) continue
    try {
      const name: unknown = assignee.evaluate(scope)
      if (typeof name === 'string' && isName(name)) return name
    } catch {
      // As good as nobody.
    }
  }
  return null
}

/** Names a failure by where it is mended, from what the ledger calls it. */
function faultKey(id: string, { name, rules }: Decision): string {
  if (id.startsWith('agent:')) return `agents.${id.slice('agent:'.length)}`
  const isShared = rules.find((rule) => rule.id === id)?.shared === true
  return `${isShared ? '_all' : name}.${id}`
}
