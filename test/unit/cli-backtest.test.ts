import { describe, expect, it } from 'vitest'
import type { BacktestReport } from '../../src/backtest/report.ts'
import { renderBacktest } from '../../src/cli/backtest-report.ts'
import { decision, PLAIN, report } from './backtest.ts'

const plainTerminal = (width: number) => ({ width, colour: false })
const rendered = (of: BacktestReport = report(), width = 120) => renderBacktest(of, plainTerminal(width))
const of = (changes: Parameters<typeof decision>[0]) => report({ decisions: [decision(changes)] })
const [cost] = decision().costs
const [people] = [decision().people]

/** Lines, from the one that begins with a title to the next that is empty. */
function section(text: string, title: string): readonly string[] {
  const lines = text.split('\n')
  const first = lines.findIndex((line) => line.startsWith(title))
  expect(first).toBeGreaterThan(-1)
  const end = lines.indexOf('', first)
  return lines.slice(first + 1, end === -1 ? undefined : end)
}

describe('a back-test in the terminal', () => {
  it('says what was asked, of when, and what is known of it', () => {
    const { history } = report()
    expect(rendered().replace(/\s+/g, ' ')).toContain(
      '1,000 questions from the database, 2026-10-21 to 2026-11-20: 300 with a known outcome, 40 that a person decided.',
    )
    const one = { ...history, source: 'files' as const, from: null, to: null, questions: 1, withOutcome: 1 }
    expect(rendered(report({ history: one }))).toContain('1 question from the files: 1 with a known outcome, ')
  })

  it('puts both sets side by side, and says what the intervals hold', () => {
    expect(section(rendered(), 'What it comes to, with 95 % intervals')).toEqual([
      '                                     baseline        candidate        difference',
      '  mean cost a question                 12.000            9.000            −3.000',
      '  of 300                     10.000 to 14.000  7.500 to 11.000  −4.000 to −2.000',
      '  a person decides                     41.0 %           44.0 %       +3.0 points',
      '  a person looks afterwards             5.0 %            4.0 %       −1.0 points',
      '  reviewer hours per day                  2.6              2.7              +0.1',
      '  10 min each',
      '  calibration error                     0.030            0.030',
      '  ECE, most believed state',
      '  Brier score                           0.250            0.200',
      '  0 is perfect',
    ])
  })

  it('counts hours per thousand questions where the days are not known', () => {
    const undated = { ...people, baseline: { ...people!.baseline, hoursPerDay: null } }
    expect(rendered(of({ people: { ...people!, ...undated } }))).toMatch(
      /reviewer hours per thousand questions +76\.7 +80\.0 +\+3\.3/,
    )
  })

  it.each([80, 100, 120])('fits %i columns, and cuts no name', (width) => {
    const text = rendered(report(), width)
    const known = new Set(text.split(/\s+/))
    for (const word of ['make_offer', 'churn-radar', 'acme', 'at_risk', 'escalate']) expect(known).toContain(word)
    expect(text).not.toContain('…')
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width)
  })

  it('would rather stand out than cut the name of an action, or where to look', () => {
    const action = 'send_an_email_about_the_expansion_to_the_owner'
    const text = rendered(report({}, { ...PLAIN, action }), 80)
    expect(text).not.toContain('…')
    expect(text).toContain(action)
    expect(text).toContain('019ab000-0000-7000-8000-000000000001')
  })

  it('names an adjudication as `umpire rules explain` takes it, and a line of a file', () => {
    const lines = section(rendered(), 'The costliest flips').join('\n')
    expect(lines).toContain(
      'acme     act make_offer → escalate  at_risk               +40.000  019ab000-0000-7000-8000-000000000001',
    )
    expect(lines).toContain('acme     escalate → act make_offer  a person: make_offer           outcomes.jsonl:12')
  })

  it('tells what outcomes say of a flip and what people say, each where it says something', () => {
    expect(section(rendered(), 'Answers that flip: 50 of 1,000 (5.0 %)')).toEqual([
      '  answer                     flips  known by  for  against  neither  unknown  extra cost',
      '  act make_offer → escalate     40  outcome     6        3        1       27      −1.250',
      '                                    person      2        1        0',
      '  escalate → act make_offer     10                                        10',
      '  On 4 more, which people decide either way, the recommendation differs.',
    ])
  })

  it('says that nothing would change', () => {
    const none = { ...decision().flips, count: 0, share: 0, pairs: [], costliest: [] }
    const flips = (of: typeof none) =>
      section(rendered(report({ decisions: [decision({ flips: of })] })), 'Answers that flip: 0 of 1,000 (0.0 %)')
    expect(flips({ ...none, recommendationOnly: 0 })).toEqual([
      '  Nothing would change: both sets answer all 1,000 questions alike.',
    ])
    expect(flips(none)).toEqual([
      '  No answer would change; on 4 questions that people decide either way, the recommendation would.',
    ])
  })

  it('gives nothing that is shown as zero a sign', () => {
    const difference = { mean: -0.0001, low: -0.0004, high: 0.0002 }
    const text = rendered(of({ costs: [{ ...cost!, difference }] }))
    expect(text).toContain('0.000 to 0.000')
    expect(text).not.toMatch(/[−+]0\.000/)
  })

  it('colours a difference that is more than chance, on every line of it', () => {
    const coloured = (difference: { mean: number; low: number; high: number }) =>
      renderBacktest(of({ costs: [{ ...cost!, difference }] }), { width: 120, colour: true })
    expect(coloured({ mean: -3, low: -4, high: -2 })).toContain('\x1b[32m−4.000 to −2.000\x1b[39m')
    expect(coloured({ mean: 3, low: 2, high: 4 })).toContain('\x1b[31m+2.000 to +4.000\x1b[39m')
    expect(coloured({ mean: 3, low: -2, high: 4 })).not.toContain('\x1b[3')
    expect(rendered()).not.toContain('\x1b')
  })

  it('shows names that hold what a terminal would obey as text on one line', () => {
    const hostile = 'a\x1b]0;owned\x07\u202eb\nc'
    const every = { account: hostile, action: hostile, agent: hostile, state: hostile, decision: hostile, set: hostile }
    const text = rendered(report({}, every))
    for (const character of '\x1b\x07\u202e') expect(text).not.toContain(character)
    expect(text).toContain('a\ufffd]0;owned\ufffd\ufffdb c')
  })
})
