import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startEmbedded } from '../src/storage/embedded/embedded.ts'
import { CONNECTIONS, KEY, seedAccounts, send } from './http.ts'
import { drive, type Throughput } from './load.ts'
import { type Figure, paired, percentile } from './report.ts'
import { agentsFile, decisionFile } from './rules.ts'
import { type Server, startServer } from './server.ts'

const ROUNDS = 5
const SECONDS = 4
const ACCOUNTS = 1_000
/** Leases that a signal contradicts. */
const CONTRADICTED = 300

const AGENT = 'copilot'
/** Whose answers hold for an hour, and whose for a millisecond, so that each check of it is asked in full. */
const [HELD, BRIEF] = ['held', 'brief']

/** What costs nothing is always allowed, and nothing of it is drawn for review. */
const rules = (name: string) =>
  decisionFile(name).replace('sampleRate: 0.1 }', 'sampleRate: 0 }\ntolerance: 1000000\nlease: PT1H')

/** A signal that a rule takes for a veto. */
const VETO = `  - id: outage
    when: signals.exists(s, s.claim == "outage")
    then: { veto: [send], because: There is an outage }
`

/**
 * A check that was answered before beside a route that only looks up a row, one in full beside an adjudication, and how
 * soon a lease is refused in one process once another has taken in a signal against it.
 */
export async function benchChecks(): Promise<Figure[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-bench-'))
  const rulesDir = path.join(directory, 'rules')
  await mkdir(rulesDir)
  await writeFile(path.join(rulesDir, 'agents.yaml'), `${agentsFile}  ${AGENT}: { kind: copilot }\n`)
  await writeFile(path.join(rulesDir, 'held.yaml'), `${rules(HELD)}`.replace('rules:\n', `rules:\n${VETO}`))
  await writeFile(
    path.join(rulesDir, 'brief.yaml'),
    `${rules(BRIEF)}`.replace('review:', 'validFor: PT0.001S\nreview:'),
  )
  const postgres = await startEmbedded({ dataDir: path.join(directory, 'data') })
  const closers: (() => Promise<unknown>)[] = [postgres.stop]
  const start = async (args: readonly string[], port: number) => {
    const env = { UMPIRE_ADMIN_KEY: KEY, UMPIRE_RULES_DIR: rulesDir, DATABASE_URL: postgres.url, ANSWER: '{}' }
    const server = await startServer(args, port, env)
    closers.unshift(server.stop)
    return server
  }
  try {
    const umpire = await start(['dist/src/cli/main.js', 'serve'], 21_730)
    const other = await start(['dist/src/cli/main.js', 'serve'], 21_731)
    const floor = await start(['--import', 'tsx', 'bench/floor.ts'], 21_732)
    await seedAccounts(umpire, ACCOUNTS)
    return [...(await quick(umpire, floor)), ...(await full(umpire)), await contradicted(umpire, other)]
  } finally {
    for (const close of closers) await close()
    await rm(directory, { recursive: true, force: true })
  }
}

const account = (i: number) => `account-${i}`
const check = (decision: string, i: number) =>
  JSON.stringify({ account: account(i), decision, action: 'send', agent: AGENT, payload: { subject: 'More seats?' } })
const anyAccount = () => Math.floor(Math.random() * ACCOUNTS)

function run(server: Server, route: string, body: () => string, seconds = SECONDS): Promise<Throughput> {
  return drive({ url: server.url + route, key: KEY, connections: CONNECTIONS, seconds, body })
}

async function quick(umpire: Server, floor: Server): Promise<Figure[]> {
  const checks = (seconds?: number) => run(umpire, '/v1/checks', () => check(HELD, anyAccount()), seconds)
  const lookUps = (seconds?: number) => run(floor, '/lookup', () => JSON.stringify({ key: anyAccount() }), seconds)
  for (let from = 0; from < ACCOUNTS; from += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => send(`${umpire.url}/v1/checks`, 'POST', check(HELD, from + i))),
    )
  }
  const { cached, verdict } = JSON.parse(await send(`${umpire.url}/v1/checks`, 'POST', check(HELD, 0)))
  if (!cached || verdict !== 'allow') throw new Error(`checks are not what is to be measured: ${verdict}, ${cached}`)
  await checks(3)
  await lookUps(2)
  const rounds: { checks: Throughput; lookUps: Throughput }[] = []
  for (let i = 0; i < ROUNDS; i++) rounds.push({ checks: await checks(), lookUps: await lookUps() })
  const yardstick = 'floor: Fastify, one row looked up by its key'
  return [
    paired(
      {
        name: 'checks: answered before, each with a lease',
        unit: '/s',
        yardstick,
        target: { is: 'at least', ratio: 0.5 },
      },
      rounds.map((round) => ({ value: round.checks.perSecond, yardstick: round.lookUps.perSecond })),
    ),
    paired(
      { name: 'checks: p99 of the same', unit: 'ms', yardstick: 'floor', target: { is: 'at most', ratio: 2 } },
      rounds.map((round) => ({ value: round.checks.p99, yardstick: round.lookUps.p99 })),
    ),
  ]
}

async function full(umpire: Server): Promise<Figure[]> {
  const proposal = { agent: AGENT, action: 'send' }
  const checks = (seconds?: number) => run(umpire, '/v1/checks', () => check(BRIEF, anyAccount()), seconds)
  const adjudications = (seconds?: number) =>
    run(
      umpire,
      '/v1/adjudications',
      () => JSON.stringify({ account: account(anyAccount()), decision: BRIEF, proposal }),
      seconds,
    )
  await checks(2)
  await adjudications(2)
  const rounds: { value: number; yardstick: number }[] = []
  for (let i = 0; i < ROUNDS; i++) {
    // By turns the one or the other goes first, so that a database that grows favours neither.
    if (i % 2 === 0) rounds.push({ value: (await checks()).perSecond, yardstick: (await adjudications()).perSecond })
    else rounds.push({ yardstick: (await adjudications()).perSecond, value: (await checks()).perSecond })
  }
  return [
    paired(
      {
        name: 'checks: asked in full, each with a lease',
        unit: '/s',
        yardstick: 'adjudications of the same',
        target: { is: 'at least', ratio: 1 },
      },
      rounds,
    ),
  ]
}

/** From the sending of a signal to one process to the refusal of another to redeem what it contradicts. */
async function contradicted(umpire: Server, other: Server): Promise<Figure> {
  const milliseconds: number[] = []
  for (let i = 0; i < CONTRADICTED; i++) {
    const { lease } = JSON.parse(await send(`${other.url}/v1/checks`, 'POST', check(HELD, i)))
    const signal = { id: `outage-${i}`, agent: 'support', account: account(i), claim: 'outage', confidence: 0.9 }
    const startedAt = performance.now()
    await send(`${umpire.url}/v1/signals`, 'POST', JSON.stringify({ signals: [signal] }))
    const refused = await fetch(`${other.url}/v1/leases/redeem`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
      body: JSON.stringify({ token: lease.token, payloadHash: lease.payloadHash }),
    })
    const { code } = (await refused.json()) as { code?: string }
    milliseconds.push(performance.now() - startedAt)
    if (code !== 'lease_revoked') throw new Error(`a lease that a signal contradicts was not refused: ${code}`)
  }
  const value = percentile(milliseconds, 99)
  return {
    name: 'checks: from a signal to the refusal of a lease in another process, p99',
    unit: 'ms',
    value,
    yardstick: 'limit',
    yardstickValue: 250,
    ratio: value / 250,
    target: { is: 'at most', ratio: 1 },
  }
}
