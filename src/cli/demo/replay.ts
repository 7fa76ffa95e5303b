import type { Disposition } from '../../core/model.ts'
import { type Client, inFlight } from '../client.ts'
import { CommandError } from '../failure.ts'
import { runStage } from '../progress.ts'
import type { Customer } from './customers.ts'

const REQUESTS_IN_FLIGHT = 32
const BATCH = 100

/** What the tables need of an adjudication, named as over HTTP. */
export interface Answer {
  readonly account: string
  readonly summary: string
  readonly recommendation: { readonly action: string | null; readonly disposition: Disposition }
  readonly beliefs: Readonly<Record<string, number>>
  readonly regret: number
  readonly reviewCost: number
  readonly conflict: number
}

export interface Replayed {
  /** One per customer, in their order. */
  readonly answers: readonly Answer[]
  /** Wall clock of the adjudications alone. */
  readonly seconds: number
}

/**
 * Sends each customer's facts and signals, asks once about each, and tells the service what happened only afterwards.
 * @throws CommandError where the service refuses anything
 */
export async function replay(client: Client, customers: readonly Customer[], decision: string): Promise<Replayed> {
  await runStage('facts', customers.length, (advance) =>
    inFlight(customers, REQUESTS_IN_FLIGHT, async ({ account, facts }) => {
      await client.send('PUT', `/v1/accounts/${encodeURIComponent(account)}`, { facts })
      advance(1)
    }),
  )
  const signals = customers.flatMap((customer) => customer.signals)
  await sendBatches(client, 'signals', signals)

  const { result: answers, seconds } = await runStage('adjudications', customers.length, (advance) =>
    inFlight(customers, REQUESTS_IN_FLIGHT, async ({ account }) => {
      const answer = await client.send('POST', '/v1/adjudications', { account, decision })
      advance(1)
      return answer as Answer
    }),
  )

  const observedAt = new Date().toISOString()
  const outcomes = customers.map(({ account, state }) => ({ account, decision, state, observedAt, source: 'demo' }))
  await sendBatches(client, 'outcomes', outcomes)
  return { answers, seconds }
}

async function sendBatches(client: Client, plural: 'signals' | 'outcomes', items: readonly object[]): Promise<void> {
  const batches: object[][] = []
  for (let i = 0; i < items.length; i += BATCH) batches.push(items.slice(i, i + BATCH))
  await runStage(plural, items.length, (advance) =>
    inFlight(batches, REQUESTS_IN_FLIGHT, async (batch) => {
      const { results } = (await client.send('POST', `/v1/${plural}`, { [plural]: batch })) as BatchAnswer
      const rejected = results.find(({ status }) => status === 'rejected')
      if (rejected) throw new CommandError(`POST /v1/${plural} rejected an item: ${rejected.problem?.detail}`)
      advance(batch.length)
    }),
  )
}

interface BatchAnswer {
  readonly results: readonly { readonly status: string; readonly problem?: { readonly detail: string } }[]
}
