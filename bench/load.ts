import autocannon from 'autocannon'

export interface Load {
  readonly url: string
  readonly key: string
  readonly connections: number
  readonly seconds: number
  /** Over all connections; left out: as many as are answered. */
  readonly perSecond?: number
  /** A fresh body for each request. */
  readonly body: () => string
}

export interface Throughput {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p99: number
}

/** Posts as fast as the answers come, or at the rate given. @throws when any answer is not a 2xx */
export async function drive({ url, key, connections, seconds, perSecond, body }: Load): Promise<Throughput> {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    ...(perSecond !== undefined && { overallRate: perSecond }),
    requests: [
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        setupRequest: (request) => ({ ...request, body: body() }),
      },
    ],
  })
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${url}: ${result.non2xx} answers were not 2xx, ${result.errors} requests failed`)
  }
  return { perSecond: result['2xx'] / result.duration, p99: result.latency.p99 }
}
