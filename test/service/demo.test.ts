import { once } from 'node:events'
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startUmpire, umpire } from './cli.ts'

const TELCO = fileURLToPath(new URL('../../examples/telco/', import.meta.url))

// The losses, the prior and the arithmetic once more, written down by hand: nothing here is taken from src.
const LOST = 5
const NEEDLESS = 1
const REVIEW = 0.6
const PRIOR = 0.267
const DEPENDENCE = 0.75
const CAP = 3

interface Row {
  readonly lost: boolean
  /** Of the six agents. */
  readonly said: ReadonlyMap<string, number>
}

const logit = (p: number) => Math.log(p / (1 - p))
const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high)

/** The log-odds of the prior, moved by what each of n agents adds, which together count as n / (1 + (n − 1)ρ). */
function believed({ said }: Row): number {
  const weight = 1 / (1 + (said.size - 1) * DEPENDENCE)
  const added = [...said.values()].map((p) => clamp(logit(clamp(p, 1e-6, 1 - 1e-6)) - logit(PRIOR), -CAP, CAP))
  return 1 / (1 + Math.exp(-(logit(PRIOR) + weight * added.reduce((sum, llr) => sum + llr, 0))))
}

/** What it costs to go by the probability `p` that a customer leaves: at ½, by expected loss, and with review. */
function costs(p: number, { lost }: Row): readonly [half: number, least: number, review: number] {
  const cost = (offer: boolean) => (offer ? (lost ? 0 : NEEDLESS) : lost ? LOST : 0)
  const offer = LOST * p >= NEEDLESS * (1 - p)
  const regret = offer ? NEEDLESS * (1 - p) : LOST * p
  return [cost(p > 0.5), cost(offer), regret > REVIEW ? REVIEW : cost(offer)]
}

function meanCosts(rows: readonly Row[], probability: (row: Row) => number): readonly number[] {
  const each = rows.map((row) => costs(probability(row), row))
  return [0, 1, 2].map((policy) => each.reduce((sum, cost) => sum + (cost[policy] as number), 0) / rows.length)
}

const lines = async (directory: string, name: string) =>
  (await readFile(path.join(directory, name), 'utf8')).trimEnd().split('\n')

async function readRows(directory: string): Promise<readonly Row[]> {
  const said = new Map<string, Map<string, number>>()
  for (const line of await lines(directory, 'signals.jsonl')) {
    const { account, agent, confidence } = JSON.parse(line)
    said.set(account, (said.get(account) ?? new Map()).set(agent, confidence))
  }
  return (await lines(directory, 'outcomes.jsonl')).map((line) => {
    const { account, state } = JSON.parse(line)
    return { lost: state === 'at_risk', said: said.get(account) ?? new Map() }
  })
}

let data: string
let rows: readonly Row[]
let ran: Awaited<ReturnType<typeof umpire>>
/** Where the demo keeps its database while it runs. */
let temporary: string

beforeAll(async () => {
  data = await mkdtemp(path.join(tmpdir(), 'umpire-demo-data-'))
  temporary = await mkdtemp(path.join(tmpdir(), 'umpire-demo-tmp-'))
  const accounts = (await lines(TELCO, 'accounts.jsonl')).slice(0, 40)
  const ours = new Set(accounts.map((line) => JSON.parse(line).account))
  await writeFile(path.join(data, 'accounts.jsonl'), accounts.join('\n'))
  for (const name of ['signals.jsonl', 'outcomes.jsonl']) {
    const kept = (await lines(TELCO, name)).filter((line) => ours.has(JSON.parse(line).account))
    await writeFile(path.join(data, name), `${kept.join('\n')}\n`)
  }
  rows = await readRows(data)
  // Nobody else's database must ever see the demo's customers.
  const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/nothing', TMPDIR: temporary, COLUMNS: '80' }
  ran = await umpire(['demo', '--data', data], { env })
})

afterAll(async () => {
  await rm(data, { recursive: true })
  await rm(temporary, { recursive: true })
})

const leftBehind = async () => (await readdir(temporary)).filter((name) => name.startsWith('umpire-'))

/** The three costs that the table shows of one way to resolve disagreement. */
function shown(name: string): readonly number[] {
  const line = ran.stdout.split('\n').find((each) => each.startsWith(`  ${name} `))
  return (
    line
      ?.slice(name.length + 2)
      .trim()
      .split(/\s+/) ?? []
  )
    .slice(0, 3)
    .map(Number)
}

const rounded = (values: readonly number[]) => values.map((value) => Number(value.toFixed(3)))

describe('the demo', () => {
  it('runs to its end, in lines that fit, and leaves nothing behind', async () => {
    expect(ran).toMatchObject({ code: 0, stderr: expect.not.stringContaining('umpire:') })
    for (const stage of ['facts: 40', 'signals: 240', 'adjudications: 40', 'outcomes: 40']) {
      expect(ran.stderr).toContain(stage)
    }
    for (const line of ran.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(await leftBehind()).toEqual([])
  })

  it('counts what Umpire costs as an independent reckoning of the same files does', () => {
    expect(shown('Umpire')).toEqual(rounded(meanCosts(rows, believed)))
  })

  it('counts what the yardsticks cost the same way', () => {
    const values = ({ said }: Row) => [...said.values()]
    const share = (row: Row) => values(row).filter((p) => p > 0.5).length / values(row).length
    const average = (row: Row) => values(row).reduce((sum, p) => sum + p, 0) / values(row).length
    expect(shown('majority vote')).toEqual(rounded(meanCosts(rows, share)))
    expect(shown('average probability')).toEqual(rounded(meanCosts(rows, average)))

    const agents = [...(rows[0]?.said.keys() ?? [])]
    const alone = agents.map((agent) => meanCosts(rows, ({ said }) => said.get(agent) ?? Number.NaN))
    const best = [0, 1, 2].map((policy) => Math.min(...alone.map((cost) => cost[policy] as number)))
    expect(agents).toHaveLength(6)
    expect(shown('best single agent')).toEqual(rounded(best))
  })

  it('asks a person where the same reckoning does', () => {
    const asked = rows.filter((row) => {
      const p = believed(row)
      return Math.min(LOST * p, NEEDLESS * (1 - p)) > REVIEW
    })
    expect(ran.stdout).toMatch(new RegExp(`  escalate +${asked.length} `))
    expect(asked.length).toBeGreaterThan(0)
  })

  it('tells the costliest disagreements, each with its reason', () => {
    const [, list = ''] = /The 10 costliest disagreements\n([\s\S]*?)\n {2}Regret is/.exec(ran.stdout) ?? []
    const regrets = [...list.matchAll(/regret \$(\d\.\d\d)/g)].map(([, regret]) => Number(regret))
    expect(regrets).toHaveLength(10)
    expect(regrets).toEqual([...regrets].sort((a, b) => b - a))
    expect(list.match(/^ {4}A person decides; (make offer|leave alone) looks best\. /gm)).toHaveLength(10)
  })
})

describe('the demo when it is interrupted', () => {
  it('says so and leaves nothing behind', async () => {
    const demo = startUmpire(['demo'], { TMPDIR: temporary })
    const ended = once(demo, 'close')
    let said = ''
    demo.stderr?.setEncoding('utf8').on('data', (text: string) => {
      // The facts are all there, the questions are still to come.
      if (!said.includes('facts:') && text.includes('facts:')) demo.kill('SIGINT')
      said += text
    })
    expect(await ended).toEqual([1, null])
    expect(said.trimEnd().split('\n').at(-1)).toBe('umpire: interrupted')
    expect(await leftBehind()).toEqual([])
  })
})

describe('the demo with data that it can not use', () => {
  const demo = (directory: string) => umpire(['demo', '--data', directory])

  it('names the file that is not there', async () => {
    const { code, stderr } = await demo(temporary)
    expect(code).toBe(1)
    expect(stderr).toBe(
      `umpire: can't read \`${path.join(temporary, 'accounts.jsonl')}\` (ENOENT); see examples/telco\n`,
    )
  })

  it.each([
    ['outcomes.jsonl', '{"account": "x", ', ':1: not JSON; each line must be a JSON object'],
    [
      'signals.jsonl',
      '\n{"id": "1", "agent": "a", "account": "b", "claim": "c", "confidence": 2}',
      ':2: `confidence` is missing or wrong',
    ],
    ['outcomes.jsonl', '{"account": "x", "state": "healthy"}', 'has no line in outcomes.jsonl; add one'],
  ])('names the line of %s that is wrong', async (name, text, message) => {
    const directory = await mkdtemp(path.join(tmpdir(), 'umpire-demo-bad-'))
    try {
      for (const file of ['accounts.jsonl', 'signals.jsonl', 'outcomes.jsonl']) {
        await copyFile(path.join(data, file), path.join(directory, file))
      }
      await writeFile(path.join(directory, name), text)
      const { code, stderr } = await demo(directory)
      expect(code).toBe(1)
      expect(stderr).toContain(message)
      expect(stderr.trim().split('\n')).toHaveLength(1)
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})
