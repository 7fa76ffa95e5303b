import type { Client } from '../client.ts'
import { type ConnectionOptions, connect, type Reviewer, readReviewer } from '../connection.ts'
import { CommandError, UsageError } from '../failure.ts'
import { findId, shortId } from './ids.ts'
import { answerOf, type Item, subjectOf } from './item.ts'
import { demandQueue } from './queues.ts'
import { span } from './time.ts'

/** Takes an item, or the one that should be taken first of a queue. */
export async function claimEscalation(
  name: string | undefined,
  { next, ...connection }: ConnectionOptions & { readonly next?: string },
): Promise<void> {
  if ((name === undefined) === (next === undefined)) {
    throw new UsageError('name an escalation, or a queue by --next; see `umpire escalations claim --help`')
  }
  const desk = await sitDown(connection)
  const item =
    name === undefined
      ? await claimNext(desk, next as string)
      : ((await desk.send(await findId(desk.client, name), 'claim', {})) as Item)
  const left = item.claimedUntil === null ? '' : ` for ${span(Date.parse(item.claimedUntil) - Date.now())}`
  console.log(
    `${desk.reviewer.name} holds ${called(item)}${left}; \`umpire escalations show ${shortId(item.id)}\` shows what to decide`,
  )
}

async function claimNext({ client, reviewer }: Desk, queue: string): Promise<Item> {
  const answer = await client.send('POST', `/v1/queues/${encodeURIComponent(queue)}/claim-next`, reviewer.named)
  const { escalation } = answer as { readonly escalation: Item | null }
  if (escalation !== null) return escalation
  await demandQueue(client, queue)
  throw new CommandError(`nothing waits in \`${queue}\``)
}

export async function releaseEscalation(name: string, connection: ConnectionOptions): Promise<void> {
  const desk = await sitDown(connection)
  const item = await desk.send(await findId(desk.client, name), 'release', {})
  console.log(`${called(item)} is open again`)
}

export interface ResolveOptions extends ConnectionOptions {
  readonly uphold?: true
  readonly override?: string
  readonly dismiss?: true
  readonly reason: string
  readonly state?: string
  readonly wrong?: readonly string[]
  readonly adjudication?: string
  readonly comment?: string
}

/** Ends an item with the reviewer's answer. */
export async function resolveEscalation(name: string, options: ResolveOptions): Promise<void> {
  const answer = answerFrom(options)
  const desk = await sitDown(options)
  const item = await desk.send(await findId(desk.client, name), 'resolve', answer)
  console.log(`${called(item)} is resolved by ${item.resolution?.by}: ${answerOf(item)} (${item.resolution?.reason})`)
}

/**
 * The body of the request, from the options of the command.
 * @throws UsageError where they give no answer, or several
 */
export function answerFrom(options: ResolveOptions): object {
  const { uphold, override, dismiss, reason, state, wrong, adjudication, comment } = options
  const given = [uphold && 'uphold', override !== undefined && 'override', dismiss && 'dismiss'].filter(Boolean)
  if (given.length !== 1) {
    throw new UsageError('give one answer: --uphold, --override <action> or --dismiss')
  }
  return {
    resolution: given[0],
    reason,
    ...(override !== undefined && { action: override }),
    ...(state !== undefined && { state }),
    ...(wrong && { wrongSignals: wrong }),
    ...(adjudication !== undefined && { adjudication }),
    ...(comment !== undefined && { comment }),
  }
}

export async function commentEscalation(
  name: string,
  text: readonly string[],
  connection: ConnectionOptions,
): Promise<void> {
  const desk = await sitDown(connection)
  const item = await desk.send(await findId(desk.client, name), 'comment', { comment: text.join(' ') })
  console.log(`${desk.reviewer.name} has commented on ${called(item)}`)
}

export async function reassignEscalation(
  name: string,
  assignee: string | null,
  { queue, ...connection }: ConnectionOptions & { readonly queue?: string },
): Promise<void> {
  const desk = await sitDown(connection)
  const item = await desk.send(await findId(desk.client, name), 'reassign', { assignee, ...(queue && { queue }) })
  console.log(`${called(item)} is for ${item.assignee ?? 'anybody'} of \`${item.queue}\` now`)
}

/** Where a reviewer works: a service, and in whose name it is asked. */
interface Desk {
  readonly client: Client
  readonly reviewer: Reviewer
  send(id: string, step: string, body: object): Promise<Item>
}

async function sitDown(connection: ConnectionOptions): Promise<Desk> {
  const client = await connect(connection)
  const reviewer = await readReviewer(client, connection)
  if (reviewer.notice) console.error(reviewer.notice)
  return {
    client,
    reviewer,
    send: async (id, step, body) =>
      (await client.send('POST', `/v1/escalations/${id}/${step}`, { ...body, ...reviewer.named })) as Item,
  }
}

/** `expansion-outreach about acme (5b0af9a1)` */
function called(item: Item): string {
  return `${subjectOf(item)} (${shortId(item.id)})`
}
