import type { App } from '../app/app.ts'
import type { Source } from '../core/sources.ts'
import { faultIn, faultInWords } from '../http/parse-json.ts'
import { keepRejections, type NewRejection } from '../storage/webhook-rejections.ts'
import type { Made } from './mapping/made.ts'
import type { RequestMapper } from './mapping/mapper.ts'
import { takeIn } from './take-in.ts'
import { checkMade, type Moment, type Taken } from './taken.ts'

/** What became of an event. */
export type Outcome =
  | { readonly kind: 'taken'; readonly matcher: string; readonly event: Taken }
  | { readonly kind: 'ignored'; readonly matcher: string }
  | {
      readonly kind: 'rejected'
      /** Null: none fits. */
      readonly matcher: string | null
      /** Null: not known. */
      readonly account: string | null
      readonly reason: string
    }

/** What events of a source become, without taking any in. In their order. */
export async function mapEvents(
  mapper: RequestMapper,
  source: Source,
  events: readonly unknown[],
  moment: Moment,
): Promise<readonly Outcome[]> {
  const receivedAt = new Date(moment.receivedAt ?? moment.now).toISOString()
  const faults = events.map((event) => faultIn(event))
  const sound = events.filter((_, i) => faults[i] === null)
  const made = [...(await mapper.map(source, sound, receivedAt))]
  return events.map((event, i): Outcome => {
    const fault = faults[i]
    if (!fault) return outcomeOf(source, event, made.shift()!, moment)
    return { kind: 'rejected', matcher: null, account: null, reason: faultInWords(fault, 'the event') }
  })
}

function outcomeOf(source: Source, event: unknown, made: Made, moment: Moment): Outcome {
  if (made.kind === 'ignored') return made
  const { matcher } = made
  const rejected = (reason: string): Outcome => {
    const account = typeof made.account === 'string' ? made.account.slice(0, 200) : null
    return { kind: 'rejected', matcher, account, reason }
  }
  if (made.kind === 'failed') return rejected(made.reason)
  const checked = checkMade(source, event, made, moment)
  if (typeof checked === 'string') return rejected(checked)
  return { kind: 'taken', matcher: made.matcher, event: checked }
}

/**
 * Maps events and takes in those that can be: one that can't takes no other with it.
 * @throws Problem where it is not the events' fault, and then they are to be sent again
 */
export async function mapAndTakeIn(
  app: App,
  mapper: RequestMapper,
  source: Source,
  events: readonly unknown[],
  moment: Moment,
): Promise<readonly Outcome[]> {
  const mapped = await mapEvents(mapper, source, events, moment)
  const taken = mapped.flatMap((outcome) => (outcome.kind === 'taken' ? outcome.event : []))
  const faults = await takeIn(app, source, taken, moment.receivedAt)
  const faultOf = new Map(taken.map((event, i) => [event, faults[i] ?? null]))
  return mapped.map((outcome) => {
    const reason = outcome.kind === 'taken' ? (faultOf.get(outcome.event) ?? null) : null
    if (outcome.kind !== 'taken' || reason === null) return outcome
    return { kind: 'rejected', matcher: outcome.matcher, account: outcome.event.account, reason }
  })
}

/** Keeps the events that were rejected, each with why. @param cameAt milliseconds since the epoch */
export async function keepRejected(
  app: App,
  { name }: Source,
  events: readonly unknown[],
  outcomes: readonly Outcome[],
  cameAt: number,
): Promise<void> {
  const rejected = outcomes.flatMap((outcome, i): NewRejection[] => {
    if (outcome.kind !== 'rejected') return []
    const { account, matcher, reason } = outcome
    return [{ id: app.newId(), source: name, account, matcher, reason, whole: false, event: JSON.stringify(events[i]) }]
  })
  await reject(app, name, rejected, cameAt)
}

export async function reject(
  app: App,
  source: string,
  rejected: readonly NewRejection[],
  cameAt: number,
): Promise<void> {
  const [first] = rejected
  if (first === undefined) return
  await keepRejections(app.db, rejected, cameAt)
  // Without the reason, which quotes what was sent.
  const { id: rejection, matcher } = first
  app.log.warn({ source, rejected: rejected.length, matcher, rejection }, 'could not take in what a webhook brought')
}
