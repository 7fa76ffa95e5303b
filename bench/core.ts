import { ZenEngine } from '@gorules/zen-engine'
import { Environment } from '@marcbachmann/cel-js'
import { Engine, type TopLevelCondition } from 'json-rules-engine'
import { adjudicate } from '../src/core/adjudicate.ts'
import type { Question, Signal } from '../src/core/model.ts'
import { loadRuleset, resolveAgent } from '../src/core/rules/load.ts'
import { type Figure, paired } from './report.ts'
import { AGENTS, agentsFile, CLAIMS, CONDITIONS, decisionFile, FACTS, toCel, toJsonRules, toZen } from './rules.ts'

const ROUNDS = 7
const HOUR = 3_600_000

/**
 * One adjudication (50 rules, of which 30 hold, 6 signals, ledger and flips included) against engines that evaluate
 * the same 50 conditions and do nothing else; each one at a time, on one core.
 */
export async function benchCore(): Promise<Figure[]> {
  const contestants = {
    umpire: umpire(),
    zen: zen(),
    jsonRules: jsonRules(),
    cel: cel(),
  }
  for (const run of Object.values(contestants)) await perSecond(run, 300)

  const rounds: Record<keyof typeof contestants, number>[] = []
  for (let i = 0; i < ROUNDS; i++) {
    rounds.push({
      umpire: await perSecond(contestants.umpire, 500),
      zen: await perSecond(contestants.zen, 500),
      jsonRules: await perSecond(contestants.jsonRules, 500),
      cel: await perSecond(contestants.cel, 500),
    })
  }
  const beside = (yardstick: 'zen' | 'jsonRules' | 'cel', label: string, target?: number) =>
    paired(
      {
        name: 'core: adjudications',
        unit: '/s',
        yardstick: label,
        ...(target && { target: { is: 'at least', ratio: target } }),
      },
      rounds.map((round) => ({ value: round.umpire, yardstick: round[yardstick] })),
    )
  return [
    beside('zen', 'GoRules Zen, conditions alone', 8),
    beside('jsonRules', 'json-rules-engine, conditions alone', 18),
    beside('cel', 'cel-js, conditions alone'),
  ]
}

type Run = () => unknown

async function perSecond(run: Run, milliseconds: number): Promise<number> {
  const isAsync = run() instanceof Promise
  const start = performance.now()
  let count = 0
  while (performance.now() - start < milliseconds) {
    for (let i = 0; i < 20; i++) {
      if (isAsync) await run()
      else run()
    }
    count += 20
  }
  return (count / (performance.now() - start)) * 1000
}

function umpire(): Run {
  const { ruleset, problems } = loadRuleset([
    { path: 'bench.yaml', text: decisionFile() },
    { path: 'agents.yaml', text: agentsFile },
  ])
  if (!ruleset) throw new Error(JSON.stringify(problems))
  const now = Date.parse('2026-01-05T09:00:00Z')
  const signals = CLAIMS.map(
    ({ claim, confidence }, i): Signal => ({
      sequence: i + 1,
      id: `signal-${i}`,
      agent: AGENTS[i]!,
      claim,
      confidence,
      score: null,
      observedAt: now - i * 5 * HOUR,
      expiresAt: null,
    }),
  )
  const question: Question = {
    account: 'acme',
    now,
    draw: 0.5,
    facts: FACTS,
    signals,
    agents: new Map(AGENTS.map((name) => [name, resolveAgent(name, ruleset.agents, null)])),
    proposal: null,
    ruling: null,
  }
  const decision = ruleset.decisions.get('bench')!
  const held = new Set(adjudicate(decision, question).rules.map((rule) => rule.id)).size
  if (held !== 30) throw new Error(`${held} rules held, not 30`)
  return () => adjudicate(decision, question)
}

function zen(): Run {
  const engine = new ZenEngine()
  const decision = engine.createDecision({
    nodes: [
      { id: 'in', name: 'in', type: 'inputNode' },
      {
        id: 'rules',
        name: 'rules',
        type: 'expressionNode',
        content: {
          expressions: CONDITIONS.map((condition, i) => ({ id: `e${i}`, key: `r${i}`, value: toZen(condition) })),
        },
      },
      { id: 'out', name: 'out', type: 'outputNode' },
    ],
    edges: [
      { id: 'a', type: 'edge', sourceId: 'in', targetId: 'rules' },
      { id: 'b', type: 'edge', sourceId: 'rules', targetId: 'out' },
    ],
  })
  return async () => {
    const { result } = await decision.evaluate(FACTS)
    if (result.r0 !== true) throw new Error('Zen does not agree')
  }
}

function jsonRules(): Run {
  const engine = new Engine()
  CONDITIONS.forEach((condition, i) => {
    engine.addRule({ conditions: toJsonRules(condition) as TopLevelCondition, event: { type: `r${i}` } })
  })
  return async () => {
    const { events } = await engine.run(FACTS)
    if (events.length !== 30) throw new Error('json-rules-engine does not agree')
  }
}

function cel(): Run {
  const environment = new Environment({ unlistedVariablesAreDyn: true })
  const conditions = CONDITIONS.map((condition) => environment.parse(doubles(toCel(condition))))
  const scope = { account: FACTS }
  return () => {
    let held = 0
    for (const condition of conditions) if (condition(scope)) held++
    if (held !== 30) throw new Error(`cel-js does not agree: ${held}`)
  }
}

/** CEL's integers are not doubles. */
function doubles(expression: string): string {
  return expression.replace(/(?<![\w."])\d+(?![\w."])/g, '$&.0')
}
