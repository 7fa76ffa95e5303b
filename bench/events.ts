import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EventSource } from 'eventsource'
import pg from 'pg'
import { startEmbedded } from '../src/storage/embedded/embedded.ts'
import { adjudication, anyOf, CONNECTIONS, KEY, seedAccounts, send } from './http.ts'
import { drive } from './load.ts'
import { type Figure, paired, percentile } from './report.ts'
import { agentsFile, decisionFile } from './rules.ts'
import { type Server, startServer } from './server.ts'

const ROUNDS = 5
/** How long questions are asked, as fast as they are answered, to have events to read. Seconds. */
const ASKED = 10
const ACCOUNTS = 1_000
/** What is asked one by one, to see how soon it is heard of in another process. */
const HEARD = 400

/**
 * All events of a day read over a stream, beside a plain read of the same rows, and how long it takes from an answer of one
 * process until the stream of another tells of it, beside the time that the answer itself takes.
 */
export async function benchEvents(): Promise<Figure[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-bench-'))
  const rulesDir = path.join(directory, 'rules')
  await mkdir(rulesDir)
  await writeFile(path.join(rulesDir, 'bench.yaml'), decisionFile())
  await writeFile(path.join(rulesDir, 'agents.yaml'), agentsFile)
  const postgres = await startEmbedded({ dataDir: path.join(directory, 'data') })
  const closers: (() => Promise<unknown>)[] = [postgres.stop]
  const start = async (port: number) => {
    const env = { UMPIRE_ADMIN_KEY: KEY, UMPIRE_RULES_DIR: rulesDir, DATABASE_URL: postgres.url }
    const server = await startServer(['dist/src/cli/main.js', 'serve'], port, env)
    closers.unshift(server.stop)
    return server
  }
  try {
    const [answering, telling] = [await start(21_750), await start(21_751)]
    await seedAccounts(answering, ACCOUNTS)
    const delays = await heard(answering, telling)
    return [await read(answering, telling, postgres.url), ...delays]
  } finally {
    for (const close of closers) await close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function read(answering: Server, telling: Server, databaseUrl: string): Promise<Figure> {
  const body = () => adjudication(anyOf(ACCOUNTS))
  await drive({ url: `${answering.url}/v1/adjudications`, key: KEY, connections: CONNECTIONS, seconds: ASKED, body })
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const rounds: { value: number; yardstick: number }[] = []
  for (let i = 0; i <= ROUNDS; i++) {
    const plain = await plainRead(client)
    rounds.push({ value: await streamed(telling, plain.rows), yardstick: plain.perSecond })
  }
  await client.end()
  return paired(
    {
      name: 'events: read over a stream',
      unit: '/s',
      yardstick: 'the same rows read by their index, 100 at a time',
      target: { is: 'at least', ratio: 0.1 },
    },
    rounds.slice(1),
  )
}

async function plainRead(client: pg.Client): Promise<{ readonly rows: number; readonly perSecond: number }> {
  const startedAt = performance.now()
  let rows = 0
  for (let last = { xid: '0', id: '0' }, more = true; more; ) {
    const text = 'SELECT * FROM events WHERE (xid, id) > ($1::xid8, $2) ORDER BY xid, id LIMIT 100'
    const page = await client.query({ name: 'page', text, values: [last.xid, last.id] })
    rows += page.rows.length
    last = page.rows.at(-1) ?? last
    more = page.rows.length > 0
  }
  return { rows, perSecond: (rows / (performance.now() - startedAt)) * 1000 }
}

/** So many events a second, from the first that there is, that an answer was given. */
async function streamed({ url }: Server, count: number): Promise<number> {
  const leaving = new AbortController()
  const startedAt = performance.now()
  const { body } = await fetch(`${url}/v1/stream?events=adjudication.created`, {
    headers: { authorization: `Bearer ${KEY}`, 'last-event-id': '0.0.1' },
    signal: leaving.signal,
  })
  let events = 0
  // Of what is split between two parts, only what is whole counts.
  let rest = ''
  for await (const part of body!) {
    const parts = (rest + Buffer.from(part).toString('latin1')).split('\nevent: adjudication.created\n')
    events += parts.length - 1
    rest = parts.at(-1)!.slice(-40)
    if (events >= count) break
  }
  const seconds = (performance.now() - startedAt) / 1000
  leaving.abort()
  return events / seconds
}

/** From an answer to its event, each asked once the one before has been heard of. */
async function heard(answering: Server, telling: Server): Promise<Figure[]> {
  const arrived = new Map<string, number>()
  const source = new EventSource(`${telling.url}/v1/stream?events=adjudication.created`, {
    fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${KEY}` } }),
  })
  await new Promise((resolve) => source.addEventListener('open', resolve, { once: true }))
  source.addEventListener('adjudication.created', ({ data }) => {
    arrived.set(JSON.parse(data).data.adjudication, performance.now())
  })
  const [answers, delays]: [number[], number[]] = [[], []]
  for (let i = 0; i < HEARD; i++) {
    const askedAt = performance.now()
    const { id } = JSON.parse(await send(`${answering.url}/v1/adjudications`, 'POST', adjudication(anyOf(ACCOUNTS))))
    const answeredAt = performance.now()
    while (!arrived.has(id)) await sleep(1)
    answers.push(answeredAt - askedAt)
    delays.push(Math.max(0, arrived.get(id)! - answeredAt))
    // As answers come where little happens, at no time that events are looked for anyway.
    await sleep(20 + Math.random() * 60)
  }
  source.close()
  const name = 'events: from an answer to the stream of another process'
  const [median, answered] = [percentile(delays, 50), percentile(answers, 50)]
  const value = percentile(delays, 99)
  const limit = { yardstick: 'limit', yardstickValue: 250, ratio: value / 250 }
  return [
    {
      name: `${name}, p50`,
      unit: 'ms',
      value: median,
      yardstick: 'from the question to its answer',
      yardstickValue: answered,
      ratio: median / answered,
    },
    { name: `${name}, p99`, unit: 'ms', value, ...limit, target: { is: 'at most', ratio: 1 } },
  ]
}
