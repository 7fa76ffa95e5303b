import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { startEmbedded } from '../src/storage/embedded/embedded.ts'
import { drive, type Throughput } from './load.ts'
import { type Figure, paired } from './report.ts'
import { AGENTS, agentsFile, CLAIMS, decisionFile, FACTS } from './rules.ts'
import { type Server, startServer } from './server.ts'

const ROUNDS = 5
const SECONDS = 4
export const CONNECTIONS = 64
export const KEY = 'bench-admin-key-of-enough-length'

/** Services and a floor server in processes of their own, and the PostgreSQL that all use, with fsync on. */
interface Bench {
  readonly umpire: Server
  /** The same service on a database that has grown. */
  readonly grown: Server
  readonly floor: Server
  close(): Promise<void>
}

async function openBench(): Promise<Bench> {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-bench-'))
  const rulesDir = path.join(directory, 'rules')
  await mkdir(rulesDir)
  await writeFile(path.join(rulesDir, 'bench.yaml'), decisionFile())
  await writeFile(path.join(rulesDir, 'agents.yaml'), agentsFile)
  const postgres = await startEmbedded({ dataDir: path.join(directory, 'data') })
  const env = { UMPIRE_ADMIN_KEY: KEY, UMPIRE_RULES_DIR: rulesDir }
  const service = (databaseUrl: string, port: number) =>
    startServer(['dist/src/cli/main.js', 'serve'], port, { ...env, DATABASE_URL: databaseUrl })
  const umpire = await service(postgres.url, 21_701)
  await seedAccounts(umpire, 1000)
  const answer = await post(umpire, '/v1/adjudications', adjudication(0))
  console.error(`an answer has ${(answer.length / 1000).toFixed(1)} kB`)
  const floorEnv = { ...env, DATABASE_URL: postgres.url, ANSWER: answer }
  const floor = await startServer(['--import', 'tsx', 'bench/floor.ts'], 21_702, floorEnv)
  const grownUrl = await copyDatabase(postgres.url, 'grown')
  const grown = await service(grownUrl, 21_703)
  await grow(grownUrl)
  return {
    umpire,
    grown,
    floor,
    async close() {
      await Promise.all([umpire.stop(), grown.stop(), floor.stop()])
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function copyDatabase(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`CREATE DATABASE ${name}`)
  await client.end()
  const copy = new URL(url)
  copy.pathname = `/${name}`
  return copy.href
}

const account = (i: number) => `account-${i}`
export const adjudication = (i: number) => JSON.stringify({ account: account(i), decision: 'bench' })
export const anyOf = (accounts: number) => Math.floor(Math.random() * accounts)

async function post({ url }: Server, route: string, body: string): Promise<string> {
  return send(`${url}${route}`, 'POST', body)
}

export async function send(url: string, method: string, body?: string): Promise<string> {
  const headers = { ...(body && { 'content-type': 'application/json' }), authorization: `Bearer ${KEY}` }
  const response = await fetch(url, { method, headers, ...(body && { body }) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`)
  return text
}

/** Facts and six live signals each, over HTTP. */
export async function seedAccounts(umpire: Server, count: number): Promise<void> {
  for (let from = 0; from < count; from += 50) {
    const accounts = Array.from({ length: Math.min(50, count - from) }, (_, i) => from + i)
    await Promise.all(
      accounts.map((i) => send(`${umpire.url}/v1/accounts/${account(i)}`, 'PUT', JSON.stringify({ facts: FACTS }))),
    )
    await post(umpire, '/v1/signals', JSON.stringify({ signals: accounts.flatMap((i) => signalsOf(i, 'seed')) }))
  }
}

function signalsOf(i: number, batch: string) {
  return CLAIMS.map((said, k) => ({
    id: `${batch}-${AGENTS[k]}`,
    agent: AGENTS[k],
    account: account(i),
    observedAt: new Date(Date.now() - k * 5 * 3_600_000).toISOString(),
    ...said,
    evidence: [{ label: 'Logins down 60 % in two weeks' }],
  }))
}

export async function benchHttp(): Promise<Figure[]> {
  const bench = await openBench()
  try {
    return [...(await adjudications(bench)), ...(await growth(bench)), ...(await signals(bench))]
  } finally {
    await bench.close()
  }
}

async function adjudications({ umpire, floor }: Bench): Promise<Figure[]> {
  const against = (server: Server, route: string, seconds = SECONDS) =>
    drive({
      url: server.url + route,
      key: KEY,
      connections: CONNECTIONS,
      seconds,
      body: () => adjudication(anyOf(1000)),
    })
  await against(umpire, '/v1/adjudications', 3)
  await against(floor, '/plain', 2)
  await against(floor, '/batched', 2)
  const rounds: { umpire: Throughput; plain: Throughput; batched: Throughput }[] = []
  for (let i = 0; i < ROUNDS; i++) {
    rounds.push({
      umpire: await against(umpire, '/v1/adjudications'),
      plain: await against(floor, '/plain'),
      batched: await against(floor, '/batched'),
    })
  }
  return [
    paired(
      {
        name: 'http: adjudications, 64 connections',
        unit: '/s',
        yardstick: 'floor: Fastify, one INSERT each',
        target: { is: 'at least', ratio: 0.7 },
      },
      rounds.map((round) => ({ value: round.umpire.perSecond, yardstick: round.plain.perSecond })),
    ),
    paired(
      { name: 'http: adjudications, 64 connections', unit: '/s', yardstick: 'batched floor: multi-row INSERTs' },
      rounds.map((round) => ({ value: round.umpire.perSecond, yardstick: round.batched.perSecond })),
    ),
    paired(
      { name: 'http: p99 of the same', unit: 'ms', yardstick: 'floor', target: { is: 'at most', ratio: 2 } },
      rounds.map((round) => ({ value: round.umpire.p99, yardstick: round.plain.p99 })),
    ),
  ]
}

async function signals({ umpire, floor }: Bench): Promise<Figure[]> {
  let batch = 0
  // A hundred signals, as agents send them after a nightly run: one agent's word on a hundred accounts.
  const body = () => {
    const k = batch++ % AGENTS.length
    const signals = Array.from({ length: 100 }, (_, i) => ({
      ...signalsOf((batch * 100 + i) % 20_000, `b${batch}-${i}`)[k],
      observedAt: new Date().toISOString(),
    }))
    return JSON.stringify({ signals })
  }
  const against = async (server: Server, route: string, seconds = SECONDS) => {
    const { perSecond } = await drive({ url: server.url + route, key: KEY, connections: 8, seconds, body })
    return perSecond * 100
  }
  await against(umpire, '/v1/signals', 2)
  await against(floor, '/signals', 2)
  const rounds: { value: number; yardstick: number }[] = []
  for (let i = 0; i < ROUNDS; i++) {
    rounds.push({ value: await against(umpire, '/v1/signals'), yardstick: await against(floor, '/signals') })
  }
  return [
    paired(
      {
        name: 'http: signals in batches of 100',
        unit: 'rows/s',
        yardstick: 'floor: one multi-row INSERT each',
        target: { is: 'at least', ratio: 0.5 },
      },
      rounds,
    ),
  ]
}

async function growth({ umpire, grown }: Bench): Promise<Figure[]> {
  const run = async (server: Server, accounts: number, seconds = SECONDS) => {
    const body = () => adjudication(anyOf(accounts))
    const url = `${server.url}/v1/adjudications`
    return (await drive({ url, key: KEY, connections: CONNECTIONS, seconds, body })).perSecond
  }
  await run(grown, 100_000, 8)
  const rounds: { value: number; yardstick: number }[] = []
  for (let i = 0; i < ROUNDS; i++) rounds.push({ value: await run(grown, 100_000), yardstick: await run(umpire, 1000) })
  const megabytes = Math.max(umpire.memory(), grown.memory())
  return [
    paired(
      {
        name: 'growth: the same with 1,000,000 signals, 100,000 accounts',
        unit: '/s',
        yardstick: 'with 1,000 accounts',
        target: { is: 'at least', ratio: 0.9 },
      },
      rounds,
    ),
    {
      name: 'growth: resident memory of the service',
      unit: 'MB',
      value: megabytes,
      yardstick: 'limit',
      yardstickValue: 300,
      ratio: megabytes / 300,
      target: { is: 'at most', ratio: 1 },
    },
  ]
}

/** Fills up to 100,000 accounts with facts and ten signals each, four of them superseded, as a year of use would. */
async function grow(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const first = 0
  await client.query(`INSERT INTO audit_entries (stream, sequence, kind, at, digest, hash)
    SELECT 'account:account-' || a, n, CASE n WHEN 1 THEN 'facts' ELSE 'signal' END, now(),
      sha256((a || '-' || n)::bytea), sha256((a || '+' || n)::bytea)
    FROM generate_series(${first}, 99999) a, generate_series(1, 11) n ON CONFLICT DO NOTHING`)
  await client.query(`INSERT INTO audit_payloads (stream, sequence, salt, payload)
    SELECT 'account:account-' || a, n, sha256((n || '/' || a)::bytea), repeat('x', 300)
    FROM generate_series(${first}, 99999) a, generate_series(1, 11) n ON CONFLICT DO NOTHING`)
  await client.query(
    `INSERT INTO facts (account_id, sequence, facts) SELECT 'account-' || a, 1, $1 FROM generate_series(${first}, 99999) a
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(FACTS)],
  )
  await client.query(
    `INSERT INTO signals (account_id, sequence, agent, id, claim, confidence, observed_at, superseded)
     SELECT 'account-' || a, n + 1, ($1::text[])[(n - 1) % 6 + 1], 'grown-' || n, ($2::text[])[(n - 1) % 6 + 1],
       ($3::float8[])[(n - 1) % 6 + 1], now() - n * interval '1 hour', n > 6
     FROM generate_series(${first}, 99999) a, generate_series(1, 10) n ON CONFLICT DO NOTHING`,
    [AGENTS, CLAIMS.map((said) => said.claim), CLAIMS.map((said) => said.confidence)],
  )
  await client.query('VACUUM ANALYZE')
  const { rows } = await client.query('SELECT count(*) AS signals, count(DISTINCT account_id) AS accounts FROM signals')
  console.error(`grown to ${rows[0].signals} signals of ${rows[0].accounts} accounts`)
  await client.end()
}
