import { Cluster, Redis } from 'ioredis'

export type RedisClient = Redis | Cluster

/** How long a server may take to say what it is. Milliseconds. */
const PROBED_WITHIN = 2_000

/**
 * Whether the server at a URL is a node of a Redis Cluster, which wants another kind of client.
 *
 * @throws what goes wrong where it does not answer
 */
export async function isCluster(url: string): Promise<boolean> {
  const probe = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: PROBED_WITHIN,
    commandTimeout: PROBED_WITHIN,
  })
  let reason: Error | null = null
  probe.on('error', (error) => {
    reason = error
  })
  try {
    await probe.connect()
    return /^cluster_enabled:1\r?$/m.test(await probe.info('cluster'))
  } catch (error) {
    // `connect` says only that the connection is closed.
    throw reason ?? error
  } finally {
    probe.disconnect()
  }
}

/** What a client does with commands while the server is away, or takes connections and answers nothing. */
interface Patience {
  readonly enableOfflineQueue: boolean
  readonly maxRetriesPerRequest: number | null
  /** A command that is not answered has failed. Milliseconds. */
  readonly commandTimeout?: number
  /** A server that is asked something and says nothing at all is away: the connection is made anew. Milliseconds. */
  readonly socketTimeout?: number
}
/** They wait until it is back: for BullMQ's workers. */
export const PATIENT: Patience = { enableOfflineQueue: true, maxRetriesPerRequest: null }
/** They fail at once: for those who come back later by themselves. */
export const IMPATIENT: Patience = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: 5_000,
  socketTimeout: 3_000,
}
/** They fail at once, and callers of the API wait for them: for what can be done without. */
export const HASTY: Patience = { ...IMPATIENT, maxRetriesPerRequest: 0, commandTimeout: 250, socketTimeout: 1_000 }

/** Connects in the background, and again whenever the connection breaks. Listen for its errors. */
export function connectRedis(url: string, cluster: boolean, patience: Patience): RedisClient {
  const options = { ...patience, keepAlive: 10_000 }
  if (!cluster) return new Redis(url, options)
  const { hostname, port, username, password, protocol } = new URL(url)
  const { enableOfflineQueue, ...redisOptions } = options
  return new Cluster([{ host: hostname, port: Number(port || 6379) }], {
    enableOfflineQueue,
    redisOptions: {
      ...redisOptions,
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { tls: {} }),
    },
  })
}

/** Whether an error says no more than that the server is away for the moment. */
export function isRedisAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { name, message } = error
  const { code } = error as { code?: unknown }
  return AWAY.test(`${name} ${code ?? ''} ${message}`)
}
const AWAY =
  /MaxRetriesPerRequestError|ClusterAllFailedError|CLUSTERDOWN|LOADING|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|Connection is closed|Stream isn't writeable|Command timed out|Socket timeout|Failed to refresh slots/
