import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { readRules } from '../src/app/rule-files.ts'
import { adjudicate } from '../src/core/adjudicate.ts'
import type { Question } from '../src/core/model.ts'
import { resolveAgent } from '../src/core/rules/load.ts'
import { type Figure, paired } from './report.ts'
import { decisionFile, FACTS } from './rules.ts'

const ROUNDS = 3
/** Each is asked of both rulesets. */
const QUESTIONS = 100_000
const MANY = 1_000_000

/**
 * Back-tests of the telco customers, six agents each, under fifty rules: how many adjudications a second of processor
 * time, beside adjudicating them in one loop, read and compiled before; how two threads compare with one; and the memory
 * that a million questions need.
 */
export async function benchBacktest(): Promise<Figure[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-bench-'))
  try {
    const rules = await writeRules(directory)
    const history = await writeHistory(path.join(directory, 'some'), QUESTIONS)
    const rounds = []
    for (let i = 0; i < ROUNDS; i++) {
      const loop = await adjudicationsPerSecond(rules)
      const one = await backtest(rules, history, 1)
      const two = await backtest(rules, history, 2)
      rounds.push({ loop, one, two })
    }
    const million = await backtest(rules, await writeHistory(path.join(directory, 'many'), MANY), 2)
    const perSecond = ({ cpuSeconds }: Ran) => (2 * QUESTIONS) / cpuSeconds
    return [
      paired(
        {
          name: 'backtest: adjudications a second of one core, all included',
          unit: '/s',
          yardstick: 'wanted',
          target: { is: 'at least', ratio: 1 },
        },
        rounds.map(({ one }) => ({ value: perSecond(one), yardstick: 20_000 })),
      ),
      paired(
        {
          name: 'backtest: adjudications a second of one core, all included',
          unit: '/s',
          yardstick: '`adjudicate` in a loop, alone',
        },
        rounds.map(({ one, loop }) => ({ value: perSecond(one), yardstick: loop })),
      ),
      paired(
        {
          name: 'backtest: the replay with two threads',
          unit: 's',
          yardstick: 'with one',
          target: { is: 'at most', ratio: 0.65 },
        },
        rounds.map(({ one, two }) => ({ value: two.seconds, yardstick: one.seconds })),
      ),
      paired(
        {
          name: `backtest: memory for ${MANY.toLocaleString('en-US')} questions`,
          unit: 'MB',
          yardstick: 'limit',
          target: { is: 'at most', ratio: 1 },
        },
        [{ value: million.megabytes, yardstick: 500 }],
      ),
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const AGENTS = ['contract_tenure', 'charges', 'services', 'overconfident', 'stale', 'rule_of_thumb']
const agentsFile = `agents:\n${AGENTS.map((name) => `  ${name}: { kind: churn_agent, trust: 0.9 }`).join('\n')}\n`

interface Rules {
  readonly baseline: string
  readonly candidate: string
}

async function writeRules(directory: string): Promise<Rules> {
  const rules = { baseline: path.join(directory, 'baseline'), candidate: path.join(directory, 'candidate') }
  for (const [side, text] of Object.entries({
    [rules.baseline]: decisionFile(),
    [rules.candidate]: decisionFile().replace('cost: 4000', 'cost: 40'),
  })) {
    await mkdir(side)
    await writeFile(path.join(side, 'bench.yaml'), text)
    await writeFile(path.join(side, 'agents.yaml'), agentsFile)
  }
  return rules
}

/** The telco customers again and again under other names, each with the facts that the fifty rules read. */
async function writeHistory(directory: string, questions: number): Promise<string> {
  await mkdir(directory)
  for (const name of ['accounts.jsonl', 'signals.jsonl', 'outcomes.jsonl']) {
    const known = await readTelco(name)
    const perCustomer = name === 'signals.jsonl' ? AGENTS.length : 1
    const file = createWriteStream(path.join(directory, name))
    for (let i = 0; i < questions * perCustomer; i++) {
      const line = known[i % known.length]
      const account = `${line.account}-${Math.floor(i / known.length)}`
      const facts = line.facts && { facts: { ...line.facts, ...FACTS } }
      if (!file.write(`${JSON.stringify({ ...line, account, ...facts })}\n`)) await once(file, 'drain')
    }
    file.end()
    await once(file, 'close')
  }
  return directory
}

interface Ran {
  /** By the clock, of the replay itself: after the process has started and the files have been sorted out. */
  readonly seconds: number
  /** Of all threads. */
  readonly cpuSeconds: number
  /** Most that was resident at any moment. */
  readonly megabytes: number
}

/** Prints what the process has used, when it ends. */
const USED = "data:text/javascript,process.on('exit',()=>console.error('used',JSON.stringify(process.resourceUsage())))"

async function backtest({ baseline, candidate }: Rules, history: string, threads: number): Promise<Ran> {
  const files = ['accounts', 'signals', 'outcomes'].flatMap((kind) => [
    `--${kind}`,
    path.join(history, `${kind}.jsonl`),
  ])
  const args = [
    'backtest',
    '--baseline',
    baseline,
    '--candidate',
    candidate,
    ...files,
    '--threads',
    `${threads}`,
    '--json',
  ]
  const child = spawn(process.execPath, ['--import', USED, 'dist/src/cli/main.js', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [printed, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  const seconds = Number(/questions: \S+ in (\S+) s$/m.exec(printed)?.[1])
  const used = /^used (.*)$/m.exec(printed)?.[1]
  if (code !== 0 || used === undefined) throw new Error(`the back-test failed: ${printed}`)
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(used)
  return { seconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, megabytes: maxRSS / 1024 }
}

/** Of processor time, with ledger and words: each of the customers under both rulesets, again and again, read before. */
async function adjudicationsPerSecond({ baseline, candidate }: Rules): Promise<number> {
  const questions = await telcoQuestions()
  const asked = await Promise.all(
    [baseline, candidate].map(async (directory) => {
      const { agents, decisions } = await readRules(directory)
      const standing = new Map(AGENTS.map((name) => [name, resolveAgent(name, agents, null)]))
      return { decision: decisions.get('bench')!, standing }
    }),
  )
  const askAll = () => {
    for (const question of questions) {
      for (const { decision, standing } of asked) adjudicate(decision, { ...question, agents: standing })
    }
  }
  const times = Math.ceil(30_000 / questions.length)
  for (let i = 0; i < times / 5; i++) askAll()
  const before = process.cpuUsage()
  for (let i = 0; i < times; i++) askAll()
  const { user, system } = process.cpuUsage(before)
  return (times * questions.length * 2) / ((user + system) / 1e6)
}

async function telcoQuestions(): Promise<readonly Omit<Question, 'agents'>[]> {
  const [accounts, signals] = await Promise.all(['accounts.jsonl', 'signals.jsonl'].map(readTelco))
  return accounts!.map(({ account, facts }) => ({
    account,
    now: 0,
    draw: 0.5,
    facts: { ...facts, ...FACTS },
    signals: signals!
      .filter((signal) => signal.account === account)
      .map(({ id, agent, claim, confidence }, i) => ({
        sequence: i + 1,
        id,
        agent,
        claim,
        confidence,
        score: null,
        observedAt: 0,
        expiresAt: null,
      })),
    proposal: null,
    ruling: null,
  }))
}

/** The lines of a file of the example. */
async function readTelco(name: string): Promise<any[]> {
  const text = await readFile(path.join('examples/telco', name), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}
