import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startEmbedded } from '../src/storage/embedded/embedded.ts'
import { adjudication, anyOf, CONNECTIONS, KEY, seedAccounts, send } from './http.ts'
import { drive } from './load.ts'
import { type Figure, paired } from './report.ts'
import { agentsFile, decisionFile } from './rules.ts'
import { type Server, startServer } from './server.ts'

const ROUNDS = 21
const SECONDS = 2
const ACCOUNTS = 1_000

/** What a shadow of the same size costs: the same service with it and without, by turns. */
export async function benchShadow(): Promise<Figure[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-bench-'))
  const rulesDir = path.join(directory, 'rules')
  await mkdir(rulesDir)
  const files = { 'bench.yaml': decisionFile(), 'agents.yaml': agentsFile }
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(rulesDir, name), text)
  const postgres = await startEmbedded({ dataDir: path.join(directory, 'data') })
  const env = { UMPIRE_ADMIN_KEY: KEY, UMPIRE_RULES_DIR: rulesDir, DATABASE_URL: postgres.url }
  const closers = [postgres.stop]
  try {
    const umpire = await startServer(['dist/src/cli/main.js', 'serve'], 21_720, env)
    closers.unshift(umpire.stop)
    await seedAccounts(umpire, ACCOUNTS)
    // It asks people what the active set lets pass, so that every answer flips.
    const candidate = { ...files, 'bench.yaml': decisionFile().replace('cost: 4000', 'cost: 1') }
    const stored = await send(`${umpire.url}/v1/rulesets`, 'POST', JSON.stringify({ files: candidate }))
    const { ruleset } = JSON.parse(stored)
    const rounds: { value: number; yardstick: number }[] = []
    await throughput(umpire, 5)
    for (let i = 0; i < ROUNDS; i++) {
      const without = async () => throughput(umpire)
      const beside = async () => {
        await shadow(umpire, ruleset)
        const perSecond = await throughput(umpire)
        await shadow(umpire, null)
        return perSecond
      }
      // By turns the one or the other goes first, so that a database that grows favours neither.
      if (i % 2 === 0) rounds.push({ yardstick: await without(), value: await beside() })
      else rounds.push({ value: await beside(), yardstick: await without() })
    }
    return [
      paired(
        {
          name: 'shadow: adjudications, 64 connections, a shadow of 50 rules beside 50',
          unit: '/s',
          yardstick: 'the same without',
          target: { is: 'at least', ratio: 0.8 },
        },
        rounds,
      ),
    ]
  } finally {
    for (const close of closers) await close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function throughput(umpire: Server, seconds = SECONDS): Promise<number> {
  const { perSecond } = await drive({
    url: `${umpire.url}/v1/adjudications`,
    key: KEY,
    connections: CONNECTIONS,
    seconds,
    body: () => adjudication(anyOf(ACCOUNTS)),
  })
  return perSecond
}

/** Starts or stops it, and waits until the service has heard of it. */
async function shadow({ url }: Server, ruleset: string | null): Promise<void> {
  if (ruleset === null) await send(`${url}/v1/shadow`, 'DELETE')
  else await send(`${url}/v1/shadow`, 'POST', JSON.stringify({ ruleset }))
  const running = async () => JSON.parse(await send(`${url}/v1/ruleset`, 'GET')).shadow?.ruleset ?? null
  while ((await running()) !== ruleset) await new Promise((resolve) => setTimeout(resolve, 10))
}
