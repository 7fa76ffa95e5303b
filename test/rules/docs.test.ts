import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { readCase } from '../../src/cli/case.ts'
import { renderChanges } from '../../src/cli/rules/diff.ts'
import { renderExplanation } from '../../src/cli/rules/explanation.ts'
import { asText } from '../../src/cli/rules/test-report.ts'
import { adjudicate } from '../../src/core/adjudicate.ts'
import { addBusinessTime } from '../../src/core/hours.ts'
import { queueOf } from '../../src/core/queues.ts'
import { parseCases } from '../../src/core/rules/cases.ts'
import { diffRulesets } from '../../src/core/rules/diff.ts'
import { formatProblem, loadRuleset, type RuleFile, type Ruleset } from '../../src/core/rules/load.ts'
import { explainFailure, runCase } from '../../src/core/rules/run-case.ts'
import { caseSchema } from '../../src/core/rules/schema/cases.ts'
import { testRuleset } from '../../src/core/rules/test-ruleset.ts'
import { HOUR } from '../core/fixtures.ts'
import { RULES } from './ruleset.ts'

const RULES_DIRECTORY = new URL('../../rules/', import.meta.url)
const TEXT = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8')

/** The code blocks of the page, by what stands behind their fence: `yaml decision`, `cel` … */
const blocks = [...TEXT.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)].map(([, kind = '', text = '']) => ({ kind, text }))

function only(kind: string): string {
  const found = blocks.filter((block) => block.kind === kind)
  if (found.length !== 1) throw new Error(`${found.length} blocks of \`${kind}\` in docs/rules.md, not one`)
  return found[0]?.text ?? ''
}

const decision = only('yaml decision')
const agents = readFileSync(new URL('agents.yaml', RULES_DIRECTORY), 'utf8')

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
  expect(kinds.sort()).toEqual([
    'cel',
    'sh',
    'text diff',
    'text explain',
    'text failure',
    'yaml agents',
    'yaml cooldowns',
    'yaml decision',
    'yaml expect',
    'yaml lease',
    'yaml queues',
    'yaml review',
    'yaml rules',
    'yaml test',
    'yaml unasked',
  ])
})

test('the decision loads and passes the cases of the page', () => {
  const ruleset = load([
    { path: 'training-offer.yaml', text: decision },
    { path: 'agents.yaml', text: agents },
  ])
  const { cases, problems } = parseCases({ path: 'training-offer_test.yaml', text: only('yaml test') }, ruleset)
  expect(problems).toEqual([])
  expect(cases.length).toBeGreaterThan(0)
  for (const each of cases) expect(explainFailure(runCase(ruleset, each)), each.name).toEqual([])
})

test('a case may say what the page says, and nothing else', () => {
  const ruleset = load([
    { path: 'training-offer.yaml', text: decision },
    { path: 'agents.yaml', text: agents },
  ])
  const [example] = parse(only('yaml expect'))
  const text = stringify({ facts: parse(only('yaml test')).facts, cases: [example] })
  const { cases, problems } = parseCases({ path: 'training-offer_test.yaml', text }, ruleset)
  expect(problems).toEqual([])
  expect(cases.flatMap((each) => explainFailure(runCase(ruleset, each)))).toEqual([])
  expect(Object.keys(example).sort()).toEqual(Object.keys(caseSchema.shape).sort())
  expect(Object.keys(example.expect).sort()).toEqual(Object.keys(caseSchema.shape.expect.shape).sort())
})

test('a case that fails is shown as on the page', () => {
  const files = [
    { path: 'rules/training-offer.yaml', text: decision.replace('cost: 40,', 'cost: 400,') },
    { path: 'rules/agents.yaml', text: agents },
    { path: 'rules/training-offer_test.yaml', text: only('yaml test') },
  ]
  const ruleset = load(files)
  const shown = asText({ ...testRuleset(ruleset, files), ruleset, files }, { width: 100, colour: false })
  expect(shown.join('\n')).toBe(only('text failure'))
})

test.each(readdirSync(RULES_DIRECTORY).filter((name) => name.endsWith('.yaml')))(
  '%s names its schema as the page says',
  (name) => {
    const [first = ''] = readFileSync(new URL(name, RULES_DIRECTORY), 'utf8').split('\n', 1)
    expect(TEXT).toContain(`| \`${first}\` |`)
  },
)

test('the rules load, one for each effect', () => {
  const rules = load([withRules(parse(only('yaml rules')))]).decisions.get('training-offer')?.rules ?? []
  const kinds = rules.flatMap(({ effects }) => effects.map(({ kind }) => kind))
  expect(new Set(kinds)).toEqual(new Set(['veto', 'escalate', 'autonomyCap', 'weight', 'addLoss', 'tag']))
})

test('the queues load, and are those that the rules name', () => {
  const { queues } = load([{ path: 'queues.yaml', text: only('yaml queues') }, withRules(parse(only('yaml rules')))])
  expect([...queues.declared.keys()]).toEqual(['csm', 'leads', 'training'])
  const events = [...queues.declared.values(), queues].flatMap(({ targets }) => targets).flatMap((each) => each.events)
  expect(events).toContain('adjudication.resolved')
})

test('the review loads, and so does what is asked unasked', () => {
  const { facts, ...rest } = parse(decision)
  const text = stringify({
    ...rest,
    facts: { ...facts, owner: { type: 'string', default: '' } },
    review: parse(only('yaml review')),
    ...parse(only('yaml unasked')),
  })
  const { review, adjudicateOn, actions } =
    load([{ path: 'training-offer.yaml', text }]).decisions.get('training-offer') ?? expect.unreachable()
  expect(actions[review.fallback ?? -1]?.name).toBe('wait')
  expect(review.assignee?.source).toBe('account.owner')
  expect(adjudicateOn).toEqual(['signal'])
})

test('working time is counted as the page says', () => {
  const { queues } = load([{ path: 'queues.yaml', text: only('yaml queues') }])
  const { hours } = queueOf(queues, 'csm')
  const friday = Date.parse('2026-11-20T16:00:00+01:00')
  expect(addBusinessTime(friday, 4 * HOUR, hours)).toBe(Date.parse('2026-11-23T12:00:00+01:00'))
  const monday = Date.parse('2026-11-23T09:00:00+01:00')
  expect(addBusinessTime(monday, 24 * HOUR, hours)).toBe(Date.parse('2026-11-25T17:00:00+01:00'))
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

const PAGE = { width: 100, colour: false }

test('the difference is what is printed', () => {
  const changed = decision.replace('cost: 40', 'cost: 400').replace('<= 90', '<= 60')
  const [before, after] = [decision, changed].map((text) => load([{ path: 'training-offer.yaml', text }]))
  if (before === undefined || after === undefined) return expect.unreachable()
  expect(`${renderChanges(diffRulesets(before, after), PAGE)}\n`).toBe(only('text diff'))
})

test('the explanation is what is printed', () => {
  const text = readFileSync(new URL('../../examples/adjudicate.json', import.meta.url), 'utf8')
  const asked = readCase({ path: 'adjudicate.json', text }, RULES, 0)
  const answer = adjudicate(asked.decision, asked.question)
  expect(`${renderExplanation({ ...asked, answer }, PAGE)}\n`).toBe(only('text explain'))
})
