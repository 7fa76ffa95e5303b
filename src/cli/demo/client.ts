import { CommandError } from '../failure.ts'

/** The API of a running service, as any client sees it. */
export interface Client {
  /** @throws CommandError with what the service says where it refuses, and, between requests, when it is interrupted */
  send(method: 'PUT' | 'POST', path: string, body: object): Promise<unknown>
}

export function createClient(baseUrl: string, key: string, interrupted: AbortSignal): Client {
  return {
    async send(method, path, body) {
      if (interrupted.aborted) throw new CommandError('interrupted')
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }).catch((error: Error) => {
        const cause = (error.cause as Error | undefined)?.message ?? error.message
        throw new CommandError(`${method} ${path} failed: ${cause}`)
      })
      const answer = (await response.json()) as { readonly detail?: string }
      if (response.ok) return answer
      throw new CommandError(
        `${method} ${path} failed with ${response.status}: ${answer.detail ?? response.statusText}`,
      )
    },
  }
}

/** Does `work` for all items, at most `limit` at a time. Results are in the order of the items. */
export async function inFlight<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = new Array(items.length)
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const i = next++
      results[i] = await work(items[i] as T)
    }
  }
  const lanes = Array.from({ length: limit }, () =>
    lane().catch((error) => {
      // No more is begun once one has failed.
      next = items.length
      throw error
    }),
  )
  await Promise.all(lanes)
  return results
}
