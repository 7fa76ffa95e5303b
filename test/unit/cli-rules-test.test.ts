import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { SaxesParser } from 'saxes'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lookAt, untilChanged } from '../../src/app/rule-changes.ts'
import { type TestedRules, testRules } from '../../src/app/test-rules.ts'
import { junitOf } from '../../src/cli/rules/junit.ts'
import { asText, asValue, countOfCases } from '../../src/cli/rules/test-report.ts'
import type { Case } from '../../src/core/rules/cases.ts'

const PLAIN = { width: 80, colour: false }

const RULES = `decision: outreach
states: { healthy: { prior: 0.8 }, at_risk: { prior: 0.2 } }
claims: { churn_risk: { pointsAt: [at_risk] } }
actions:
  send_email: { autonomy: autonomous, loss: { healthy: 0, at_risk: 200 } }
  wait: { autonomy: autonomous, loss: { healthy: 60, at_risk: 0 } }
review: { cost: 400, queue: csm }
rules:
  - { id: dispute, when: account.disputed, then: { veto: [send_email], because: Not in a dispute } }
  - { id: large, when: account.arr > 5, then: { tag: large, because: It is large } }
`
const PASSING =
  '  - { name: passes, facts: { arr: 9, disputed: true }, expect: { action: wait, rules: [dispute, large] } }\n'
const FAILING = `  - name: 'An <email> & "more"'
    facts: { arr: 9, disputed: false }
    expect: { action: wait, beliefs: { healthy: 0.5 }, rules: [dispute, large] }
`
const ERRING = '  - { name: errs, facts: { arr: 9 }, expect: { action: wait } }\n'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'umpire-cases-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Runs these cases of the decision above. */
async function run(cases: string, isMeant?: (test: Case) => boolean): Promise<TestedRules> {
  await writeFile(path.join(directory, 'outreach.yaml'), RULES)
  await writeFile(path.join(directory, 'outreach_test.yaml'), `cases:\n${cases}`)
  return testRules(directory, undefined, isMeant)
}

const textOf = (tested: TestedRules) => asText(tested, PLAIN).join('\n').replaceAll(directory, 'rules')

describe('cases', () => {
  it('that pass are counted, with what they exercise', async () => {
    const tested = await run(PASSING)
    expect(countOfCases(tested.results)).toBe('1 case passes')
    expect(textOf(tested)).toBe(
      [
        '  decision  cases   rules   actions  no case exercises',
        '  outreach  1 pass  2 of 2  1 of 2   action send_email',
        '',
      ].join('\n'),
    )
  })

  it('that fail are shown with name, place, each difference and the reason', async () => {
    const tested = await run(FAILING + PASSING)
    expect(countOfCases(tested.results)).toBe('1 of 2 cases fails')
    expect(textOf(tested)).toBe(
      [
        '✗ An <email> & "more"',
        '  rules/outreach_test.yaml:2',
        '                   expected  got',
        '  action           wait      send_email',
        '  beliefs.healthy  0.5       0.8',
        '  rules            dispute   large',
        '                   large',
        '  why Send email. No signal counts, so the usual odds decide; the risk of a',
        '    mistake costs about $40, a look $400, so nobody needs to look.',
        '',
        '  decision  cases        rules   actions  no case exercises',
        '  outreach  1 of 2 fail  2 of 2  2 of 2',
        '',
      ].join('\n'),
    )
  })

  it('say which rules could not be evaluated', async () => {
    const tested = await run(ERRING)
    expect(textOf(tested)).toContain('rule `dispute` failed: `account.disputed`')
    expect(asValue(tested).cases[0]?.failedRules[0]).toMatch(/^rule `dispute` failed: /)
  })

  it('are run in part, and then nothing is said of what they leave out', async () => {
    const tested = await run(FAILING + PASSING, ({ name }) => name === 'passes')
    expect(tested.results.map(({ test }) => test.name)).toEqual(['passes'])
    expect(tested.coverage).toBeNull()
    expect(asText(tested, PLAIN)).toEqual([])
  })

  it('with problems are not run, those of other files are', async () => {
    await writeFile(path.join(directory, 'more_test.yaml'), `decision: outreach\ncases:\n${PASSING}`)
    const tested = await run(FAILING.replace('action:', 'actoin:'))
    expect(countOfCases(tested.results)).toBe('1 case passes')
    expect(tested.coverage).toBeNull()
    expect(textOf(tested)).toMatch(/^rules\/outreach_test.yaml:4:15 error: unknown key `actoin`/)
  })

  it('are values for programs', async () => {
    const { ruleset, cases, ...rest } = asValue(await run(FAILING + PASSING))
    expect(ruleset).toMatch(/^sha256:/)
    expect(cases[0]).toEqual({
      decision: 'outreach',
      name: 'An <email> & "more"',
      file: path.join(directory, 'outreach_test.yaml'),
      line: 2,
      passed: false,
      differences: [
        { part: 'action', expected: 'wait', got: 'send_email' },
        { part: 'beliefs.healthy', expected: 0.5, got: 0.8 },
        { part: 'rules', expected: ['dispute', 'large'], got: ['large'] },
      ],
      failedRules: [],
      summary: expect.stringMatching(/^Send email\. /),
    })
    expect(rest).toEqual({
      files: 2,
      errors: 0,
      warnings: 0,
      problems: [],
      passed: 1,
      failed: 1,
      coverage: {
        decisions: [
          { decision: 'outreach', cases: 2, rules: { total: 2, missed: [] }, actions: { total: 2, missed: [] } },
        ],
        shared: { total: 0, missed: [] },
      },
    })
  })
})

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Element[]
  text: string
}

/** Fails where the text is not well-formed XML 1.0. */
function parseXml(text: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  const parser = new SaxesParser()
  parser.on('error', (error) => expect.unreachable(error.message))
  parser.on('opentag', ({ name, attributes }) => {
    const element: Element = { name, attributes, children: [], text: '' }
    open.at(-1)?.children.push(element)
    open.push(element)
  })
  parser.on('text', (part) => {
    const element = open.at(-1)
    if (element !== undefined) element.text += part
  })
  parser.on('closetag', () => void open.pop())
  parser.write(text).close()
  return root.children[0] ?? expect.unreachable()
}

describe('a JUnit report', () => {
  it('has a suite for each file and a case for each case', async () => {
    const report = parseXml(junitOf(await run(FAILING + PASSING)))
    expect(report.name).toBe('testsuites')
    expect(report.attributes).toEqual({ name: 'umpire rules test', tests: '2', failures: '1', errors: '0' })
    const file = path.join(directory, 'outreach_test.yaml')
    expect(report.children.map(({ attributes }) => attributes)).toEqual([
      { name: file, tests: '2', failures: '1', errors: '0' },
    ])
    const [failed, passed] = report.children[0]?.children ?? []
    expect(failed?.attributes).toEqual({ name: 'An <email> & "more"', classname: 'outreach', file, line: '2' })
    expect(passed?.attributes).toEqual({ name: 'passes', classname: 'outreach', file, line: '5' })
    expect(passed?.children).toEqual([])
    const [failure] = failed?.children ?? []
    expect(failure?.name).toBe('failure')
    expect(failure?.attributes.message).toBe('action: expected `wait`, got `send_email`')
    expect(failure?.text.split('\n')).toHaveLength(4)
  })

  it('has an error for each problem of a file', async () => {
    const report = parseXml(junitOf(await run(FAILING.replace('action:', 'actoin:'))))
    expect(report.attributes).toMatchObject({ tests: '1', failures: '0', errors: '1' })
    const [error] = report.children[0]?.children[0]?.children ?? []
    expect(error?.name).toBe('error')
    expect(error?.attributes.message).toBe('unknown key `actoin`; did you mean `action`?')
  })

  it.each([
    ['what closes an element', '</failure>]]>'],
    ['quotes and entities', `"'&amp;&#0;<!--`],
    ['a line break', 'a\nb'],
    ['a tab', 'a\tb'],
    ['letters of all planes', 'ä漢🎉'],
  ])('holds %s', async (_what, name) => {
    const report = parseXml(junitOf(await run(FAILING.replace(/'An .*'/, JSON.stringify(name)))))
    expect(report.children[0]?.children[0]?.attributes.name).toBe(name)
  })

  it.each([
    ['a bell', '\u0007'],
    ['an escape', '\u001b'],
    ['half a character', '\ud83c'],
    ['what is no character', '\uffff'],
  ])('marks %s, which XML has not', async (_what, character) => {
    const report = parseXml(junitOf(await run(FAILING.replace(/'An .*'/, JSON.stringify(`a${character}b`)))))
    expect(report.children[0]?.children[0]?.attributes.name).toBe('a\ufffdb')
  })
})

describe('a watch', () => {
  it.each([
    ['a file is written', () => writeFile(path.join(directory, 'a.yaml'), 'b: 2')],
    ['a file appears', () => writeFile(path.join(directory, 'b.yaml'), '')],
    ['a file vanishes', () => rm(path.join(directory, 'a.yaml'))],
    ['a file is replaced', () => rename(path.join(directory, 'a.tmp'), path.join(directory, 'a.yaml'))],
    ['the directory vanishes', () => rm(directory, { recursive: true })],
  ])('sees that %s', async (_what, change) => {
    await writeFile(path.join(directory, 'a.yaml'), 'a: 1')
    await writeFile(path.join(directory, 'a.tmp'), 'a: 1')
    const seen = await lookAt(directory)
    const changed = untilChanged(directory, seen, new AbortController().signal)
    await change()
    await changed
    expect(await lookAt(directory)).not.toBe(seen)
  })

  it('sees that a directory appears', async () => {
    const later = path.join(directory, 'later')
    const seen = await lookAt(later)
    const changed = untilChanged(later, seen, new AbortController().signal)
    await mkdir(later)
    await changed
    expect(await lookAt(later)).not.toBe(seen)
  })

  it('looks at rule files only', async () => {
    const seen = await lookAt(directory)
    await writeFile(path.join(directory, 'report.xml'), '')
    expect(await lookAt(directory)).toBe(seen)
  })

  it('ends when it is interrupted', async () => {
    const interruption = new AbortController()
    const seen = await lookAt(directory)
    const changed = untilChanged(directory, seen, interruption.signal)
    interruption.abort()
    await expect(changed).resolves.toBe(seen)
  })
})
