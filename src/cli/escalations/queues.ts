import { type Client, Refused } from '../client.ts'
import { CommandError } from '../failure.ts'

/**
 * Where nothing waits in a queue, its name may be misspelt.
 * @throws CommandError where the service knows no queue of that name
 */
export async function demandQueue(client: Client, queue: string): Promise<void> {
  const names = await readQueues(client)
  if (names === null || names.includes(queue)) return
  throw new CommandError(`no queue \`${queue}\` is known; there are ${names.map((name) => `\`${name}\``).join(', ')}`)
}

/** As many as the API gives at once; null: there are more, or the key may not read them. */
async function readQueues(client: Client): Promise<readonly string[] | null> {
  try {
    const page = (await client.send('GET', '/v1/queues?limit=200')) as Page
    return page.next === null ? page.queues.map(({ queue }) => queue) : null
  } catch (error) {
    if (error instanceof Refused && error.status === 403) return null
    throw error
  }
}

interface Page {
  readonly queues: readonly { readonly queue: string }[]
  readonly next: string | null
}
