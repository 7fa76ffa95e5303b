import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseCases } from '../../src/core/rules/cases.ts'
import { formatProblem, loadRuleset, type RuleFile } from '../../src/core/rules/load.ts'
import { explainFailure, runCase } from '../../src/core/rules/run-case.ts'

const root = join(import.meta.dirname, '../..')

function read(directory: string): readonly RuleFile[] {
  const names = readdirSync(join(root, directory)).filter((name) => name.endsWith('.yaml'))
  return names.map((name) => ({
    path: `${directory}/${name}`,
    text: readFileSync(join(root, directory, name), 'utf8'),
  }))
}

function load(files: readonly RuleFile[]) {
  const { ruleset, problems } = loadRuleset(files)
  if (ruleset === null) throw new Error(problems.map(formatProblem).join('\n'))
  return ruleset
}

for (const directory of ['rules', 'examples/telco/rules', 'test/rules/fixtures']) {
  const files = read(directory)
  const ruleset = load(files)
  for (const file of files.filter(({ path }) => path.endsWith('_test.yaml'))) {
    const { cases, problems } = parseCases(file, ruleset)
    describe(file.path, () => {
      it('is in order', () => {
        expect(problems.map(formatProblem)).toEqual([])
      })
      it.each(cases.map((each) => [each.name, each] as const))('%s', (_name, each) => {
        expect(explainFailure(runCase(ruleset, each))).toEqual([])
      })
    })
  }
}

const ruleset = load(read('test/rules/fixtures'))

const CASE = `facts: { arr: 1000, segment: smb, onboardedAt: 2024-03-01 }
cases:
  - name: one
    signals: [{ agent: pulse, claim: healthy, confidence: 0.9 }]
    proposal: { agent: churn-radar, action: wait }
    expect: { action: wait, verdict: deny, beliefs: { healthy: 0.5 }, rules: [procurement-dispute], queue: csm }
`

const parse = (text: string, path = 'rules/expansion-outreach_test.yaml') => parseCases({ path, text }, ruleset)

describe('a case', () => {
  it('knows where it stands', () => {
    expect(parse(CASE).cases.map(({ file, line }) => `${file}:${line}`)).toEqual([
      'rules/expansion-outreach_test.yaml:3',
    ])
  })

  it.each([
    ['verdictReasons: [costlier]', []],
    ['verdictReasons: [vetoed]', ['verdictReasons: `vetoed` missing, `costlier` not expected']],
    ['escalation: sample', ['escalation: expected `sample`, got none']],
    ['escalation: null, assignee: null', []],
    ['assignee: ann', ['assignee: expected `ann`, got none']],
    ['priority: 5', ['priority: expected 5, got none']],
    ['dueAt: 2026-01-05T17:00:00Z', ['dueAt: expected `2026-01-05T17:00:00.000Z`, got none']],
    ['rules: [procurement-dispute]', ['rules: `procurement-dispute` missing']],
    ['tags: [urgent]', ['tags: `urgent` missing']],
    ['regret: 5', ['regret: expected 5, got 0.2']],
    ['regret: 0.205, tolerance: 0.01', []],
    ['beliefs: { healthy: 0.9000001 }, tolerance: 0', ['beliefs.healthy: expected 0.9000001, got 0.9']],
    ['expectedLoss: { wait: 1 }', ['expectedLoss.wait: expected 1, got 0.54']],
  ])('may expect %s', (expected, differences) => {
    const [one] = parse(CASE.replace(/expect: .*/, `expect: { ${expected} }`)).cases
    if (one === undefined) return expect.unreachable()
    expect(explainFailure(runCase(ruleset, one))).toEqual(differences)
  })

  it('may expect who is asked, how and by when', () => {
    const text = `facts: { arr: 180000, segment: smb, onboardedAt: 2026-01-01, flags: [] }
cases:
  - name: new
    expect: { escalation: decision, queue: onboarding, priority: 0, dueAt: 2026-01-05T17:00:00Z, assignee: null }
`
    const [one] = parse(text).cases
    if (one === undefined) return expect.unreachable()
    expect(explainFailure(runCase(ruleset, one))).toEqual([])
    expect(explainFailure(runCase(ruleset, { ...one, expect: { ...one.expect, queue: 'csm', priority: 3 } }))).toEqual([
      'queue: expected `csm`, got `onboarding`',
      'priority: expected 3, got 0',
    ])
  })

  it('that fails says how the answer differs', () => {
    const [one] = parse(CASE).cases
    if (one === undefined) return expect.unreachable()
    expect(explainFailure(runCase(ruleset, one))).toEqual([
      'action: expected `wait`, got `send_expansion_email`',
      'beliefs.healthy: expected 0.5, got 0.9',
      'rules: `procurement-dispute` missing',
      'queue: expected `csm`, got none',
    ])
  })

  it('that fails says which rules could not be evaluated', () => {
    const [one] = parse(CASE.replace('onboardedAt: 2024-03-01', 'onboardedAt: soon')).cases
    if (one === undefined) return expect.unreachable()
    expect(explainFailure(runCase(ruleset, one)).at(-1)).toBe(
      'rule `first-thirty-days` failed: `daysSince(account.onboardedAt) <= 30`: ' +
        'fact `account.onboardedAt` is a string, the rules declare a timestamp',
    )
  })

  it.each([
    [
      'an unknown action',
      'action: wait, v',
      'action: wiat, v',
      '6:23 error: unknown action `wiat`; did you mean `wait`?',
    ],
    [
      'an unknown proposal',
      'action: wait }',
      'action: wiat }',
      '5:45 error: unknown action `wiat`; did you mean `wait`?',
    ],
    ['an unknown state', 'healthy: 0.5', 'helthy: 0.5', '6:55 error: unknown state `helthy`; did you mean `healthy`?'],
    [
      'an unknown rule',
      '[procurement-dispute]',
      '[dispute]',
      '6:79 error: unknown rule `dispute`; there are `procurement-dispute`, `first-thirty-days` and `stale-health-model`',
    ],
    [
      'a misspelt verdict',
      'verdict: deny',
      'verdict: dney',
      '6:38 error: `verdict` must be `allow`, `ask` or `deny`, not `dney`; did you mean `deny`?',
    ],
    [
      'a misspelt field',
      'confidence: 0.9',
      'confidnce: 0.9',
      '4:47 error: unknown key `confidnce`; did you mean `confidence`?',
    ],
    [
      'two ages',
      'confidence: 0.9',
      'age: PT1H, observedAt: 2026-01-01',
      '4:52 error: `age` and `observedAt` say the same; leave one out',
    ],
    [
      'a verdict on nothing',
      '    proposal: { agent: churn-radar, action: wait }\n',
      '',
      '5:29 error: a verdict needs a proposal; add `proposal: { agent, action }` to the case',
    ],
    [
      'a broken scope',
      '  - name: one\n',
      '  - name: one\n    agents: { pulse: { scope: tier == 1 } }\n',
      '4:31 error: unknown name `tier`; there are `account` and `now`; text stands in quotes, `"tier"`',
    ],
    [
      'nothing expected',
      '{ action: wait, verdict: deny, beliefs: { healthy: 0.5 }, rules: [procurement-dispute], queue: csm }',
      '{}',
      '6:13 error: the case expects nothing; add `action`, `disposition`, `verdict`, `beliefs`, `rules` or `queue`',
    ],
    [
      'a name given twice',
      'cases:\n',
      'cases:\n  - { name: one, expect: { action: wait } }\n',
      '4:11 error: a case of this name is there already; rename one',
    ],
  ])('with %s is refused', (_what, from, to, problem) => {
    expect(CASE).toContain(from)
    const { cases, problems } = parse(CASE.replace(from, to))
    expect(problems.map(formatProblem)).toEqual([`rules/expansion-outreach_test.yaml:${problem}`])
    expect(cases).toEqual([])
  })

  it('of a decision that is not there is refused', () => {
    expect(parse(CASE, 'rules/expansion-outreech_test.yaml').problems.map(formatProblem)).toEqual([
      'rules/expansion-outreech_test.yaml:1:1 error: unknown decision `expansion-outreech`; did you mean `expansion-outreach`?',
    ])
    expect(parse(`decision: expansion-outreach\n${CASE}`, 'rules/more_test.yaml').problems).toEqual([])
  })
})
