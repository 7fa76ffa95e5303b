import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { parseCases } from '../../src/core/rules/cases.ts'
import { formatProblem, loadRuleset, type RuleFile, type Ruleset } from '../../src/core/rules/load.ts'
import { runCase } from '../../src/core/rules/run-case.ts'

const TEXT = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8')

/** The code blocks of the page, by what stands behind their fence: `yaml decision`, `cel` … */
const blocks = [...TEXT.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)].map(([, kind = '', text = '']) => ({ kind, text }))

function only(kind: string): string {
  const found = blocks.filter((block) => block.kind === kind)
  if (found.length !== 1) throw new Error(`${found.length} blocks of \`${kind}\` in docs/rules.md, not one`)
  return found[0]?.text ?? ''
}

const decision = only('yaml decision')
const agents = readFileSync(new URL('../../rules/agents.yaml', import.meta.url), 'utf8')

function load(files: readonly RuleFile[]): Ruleset {
  const { ruleset, problems } = loadRuleset(files)
  if (ruleset === null) throw new Error(problems.map(formatProblem).join('\n'))
  return ruleset
}

/** The decision of the page with other rules. */
function withRules(rules: readonly unknown[]): RuleFile {
  return { path: 'training-offer.yaml', text: stringify({ ...parse(decision), rules }) }
}

test('every example is of a kind that is tested', () => {
  const kinds = blocks.map(({ kind }) => kind)
  expect(kinds.sort()).toEqual(['cel', 'yaml agents', 'yaml decision', 'yaml rules', 'yaml test'])
})

test('the decision loads and passes the cases of the page', () => {
  const ruleset = load([
    { path: 'training-offer.yaml', text: decision },
    { path: 'agents.yaml', text: agents },
  ])
  const { cases, problems } = parseCases({ path: 'training-offer_test.yaml', text: only('yaml test') }, ruleset)
  expect(problems).toEqual([])
  expect(cases.length).toBeGreaterThan(0)
  for (const each of cases) expect(runCase(ruleset, each).differences, each.name).toEqual([])
})

test('the rules load, one for each effect', () => {
  const rules = load([withRules(parse(only('yaml rules')))]).decisions.get('training-offer')?.rules ?? []
  const kinds = rules.flatMap(({ effects }) => effects.map(({ kind }) => kind))
  expect(new Set(kinds)).toEqual(new Set(['veto', 'escalate', 'autonomyCap', 'weight', 'addLoss', 'tag']))
})

test('the agents load', () => {
  const { declared } = load([
    { path: 'agents.yaml', text: only('yaml agents') },
    { path: 'd.yaml', text: decision },
  ]).agents
  expect(declared.size).toBe(4)
})

const expressions = only('cel')
  .trim()
  .split('\n')
  .map((line) => line.replace(/ +\/\/.*$/, ''))

test.each(expressions)('%s', (when) => {
  const [rule] = parse('[{ id: example, then: { tag: seen, because: An example } }]')
  const ruleset = load([withRules([{ ...rule, when }])])
  const text = `
cases:
  - name: example
    facts: { arr: 60000, segment: smb, flags: [], trainedAt: 2020-01-01T09:00:00Z }
    signals: [{ agent: pulse, claim: healthy, confidence: 0.9 }]
    proposal: { agent: renewal-copilot, action: wait }
    agents: { pulse: { kind: health_model } }
    expect: { action: wait }
`
  const [example] = parseCases({ path: 'training-offer_test.yaml', text }, ruleset).cases
  if (example === undefined) return expect.unreachable()
  const { answer } = runCase(ruleset, example)
  expect(answer.rules.filter(({ error }) => error !== undefined)).toEqual([])
})

test('the numbers in the text are those of the example', () => {
  const parsed = parse(decision)
  const { offer_training: offer, wait } = parsed.actions
  expect(offer.loss).toEqual({ skilled: '0.0005 * account.arr', lost: 0 })
  expect(wait.loss).toEqual({ skilled: 0, lost: '0.001 * account.arr' })
  expect(TEXT).toContain('10 / (10 + 20) = 1 in 3')
})
