import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startEmbedded } from '../src/storage/embedded/embedded.ts'
import { type Figure, percentile } from './report.ts'
import { agentsFile, casesFile, decisionFile, FACTS } from './rules.ts'
import { type Server, startServer } from './server.ts'

const FILES = 100
const PROCESSES = 3
const EDITS = 60
/** Questions a second that each process is asked meanwhile. */
const QUESTIONS = 20
/** Between two looks at what a process answers with. Milliseconds. */
const LOOK = 20
const KEY = 'bench-admin-key-of-enough-length'
const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }

/**
 * From the end of a save to the first answer of each of three processes that carries the new hash, with a hundred
 * decision files of fifty rules and a case each; and how long the slowest questions wait meanwhile.
 */
export async function benchReload(): Promise<Figure[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-bench-'))
  const rules = path.join(directory, 'rules')
  await mkdir(rules)
  await writeFile(path.join(rules, 'agents.yaml'), agentsFile)
  for (let i = 0; i < FILES; i++) {
    await writeFile(path.join(rules, `d${i}.yaml`), decisionFile(`d${i}`))
    await writeFile(path.join(rules, `d${i}_test.yaml`), casesFile)
  }
  const postgres = await startEmbedded({ dataDir: path.join(directory, 'data') })
  const servers: Server[] = []
  try {
    const env = { UMPIRE_ADMIN_KEY: KEY, UMPIRE_RULES_DIR: rules, DATABASE_URL: postgres.url }
    for (let i = 0; i < PROCESSES; i++)
      servers.push(await startServer(['dist/src/cli/main.js', 'serve'], 21_705 + i, env))
    await askedMeanwhile(servers, () => pause(3_000))
    const calm = await askedMeanwhile(servers, () => pause(20_000))
    const seconds: number[] = []
    const busy = await askedMeanwhile(servers, async () => {
      for (let i = 0; i < EDITS; i++) {
        // At any point of the rhythm in which the directory is looked at.
        await pause(Math.random() * 500)
        seconds.push(await edit(servers, path.join(rules, `d${i % FILES}.yaml`), i))
      }
    })
    return [
      ...[50, 99].map((p): Figure => {
        const value = percentile(seconds, p)
        return {
          name: `reload: from a save to active in ${PROCESSES} processes, ${FILES} files, p${p}`,
          unit: 's',
          value,
          yardstick: 'limit',
          yardstickValue: 1,
          ratio: value,
          target: { is: 'at most', ratio: 1 },
        }
      }),
      ...[99, 100].map((p): Figure => {
        const [value, yardstickValue] = [percentile(busy, p), percentile(calm, p)]
        const name = `reload: ${p === 100 ? 'longest' : `p${p} of`} answers meanwhile, ${QUESTIONS}/s and process`
        return { name, unit: 'ms', value, yardstick: 'without', yardstickValue, ratio: value / yardstickValue }
      }),
    ]
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
    await postgres.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Saves a decision file and waits until all processes answer with it. @returns seconds */
async function edit(servers: readonly Server[], file: string, i: number): Promise<number> {
  const before = await hashOf(servers[0]!)
  await writeFile(file, decisionFile(path.basename(file, '.yaml')).replace('cost: 4000', `cost: ${4001 + i}`))
  const saved = performance.now()
  const hashes = await Promise.all(
    servers.map(async (server) => {
      for (;;) {
        const hash = await hashOf(server)
        if (hash !== before) return hash
        if (performance.now() - saved > 30_000) throw new Error(`${server.url} does not take what is saved`)
        await pause(LOOK)
      }
    }),
  )
  if (new Set(hashes).size !== 1) throw new Error(`several rulesets after one save: ${hashes}`)
  return (performance.now() - saved) / 1000
}

async function hashOf(server: Server): Promise<string> {
  return (await ask(server, 0, { dryRun: true })).ruleset
}

async function ask({ url }: Server, n: number, more = {}): Promise<{ readonly ruleset: string }> {
  const body = JSON.stringify({ account: `account-${n % 50}`, decision: `d${n % FILES}`, facts: FACTS, ...more })
  const response = await fetch(`${url}/v1/adjudications`, { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return (await response.json()) as { ruleset: string }
}

/** Asks every process evenly while something is done. @returns how long each answer took, in milliseconds */
async function askedMeanwhile(servers: readonly Server[], done: () => Promise<unknown>): Promise<number[]> {
  const waits: number[] = []
  const asked: Promise<void>[] = []
  const timed = async (server: Server, n: number) => {
    const start = performance.now()
    await ask(server, n)
    waits.push(performance.now() - start)
  }
  let n = 0
  const asking = setInterval(() => {
    for (const server of servers) asked.push(timed(server, n))
    n++
  }, 1000 / QUESTIONS)
  try {
    await done()
  } finally {
    clearInterval(asking)
  }
  await Promise.all(asked)
  return waits
}
