import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { type HistoryFiles, openFiles } from '../../../src/backtest/files/source.ts'
import { FILE_KINDS } from '../../../src/backtest/history.ts'
import { adjudicate } from '../../../src/core/adjudicate.ts'
import { type Ruleset, resolveAgent } from '../../../src/core/rules/load.ts'
import { BINS } from '../../../src/core/stats/calibration.ts'
import { RULES } from '../app.ts'
import { temporaryDirectory } from '../faults/process.ts'
import { type Line, readLines, replayFiles, rulesOf, writeFiles } from './files.ts'

const TELCO = fileURLToPath(new URL('../../../examples/telco/', import.meta.url))
const telco = Object.fromEntries(
  FILE_KINDS.map((kind) => [kind, path.join(TELCO, `${kind}.jsonl`)]),
) as unknown as HistoryFiles

const telcoRules = async (change: (text: string) => string = (text) => text) => {
  const read = (name: string) => readFile(path.join(TELCO, 'rules', name), 'utf8')
  const [decision, agents] = await Promise.all([read('retention-offer.yaml'), read('agents.yaml')])
  return rulesOf({ 'retention-offer.yaml': change(decision), 'agents.yaml': change(agents) })
}

const baseline = await telcoRules()
/** Losing a customer hurts more, people's time is cheaper, and one agent is trusted less. */
const candidate = await telcoRules((text) =>
  text
    .replace('at_risk: 5', 'at_risk: 8')
    .replace('cost: 0.6', 'cost: 0.5')
    .replace('stale: { kind: churn_agent, mode: live }', 'stale: { kind: churn_agent, mode: live, trust: 0.3 }'),
)

/** The telco example once more: every customer asked by `adjudicate`, every figure summed up by hand. */
async function naively(ruleset: Ruleset) {
  const [accounts, signals, outcomes] = await Promise.all(FILE_KINDS.map((kind) => readLines(telco[kind])))
  const decision = ruleset.decisions.get('retention-offer')!
  return outcomes!.map(({ account, state }) => {
    const own = signals!.filter((signal) => signal.account === account)
    const answer = adjudicate(decision, {
      account: account as string,
      now: 0,
      draw: 0.5,
      facts: accounts!.find((one) => one.account === account)!.facts as Line,
      signals: own.map(({ id, agent, claim, confidence }, i) => ({
        ...({ id, agent, claim, confidence } as { id: string; agent: string; claim: string; confidence: number }),
        sequence: i + 1,
        score: null,
        observedAt: 0,
        expiresAt: null,
      })),
      agents: new Map(own.map(({ agent }) => [agent as string, resolveAgent(agent as string, ruleset.agents, null)])),
      proposal: null,
      ruling: null,
    })
    const { action, disposition } = answer.recommendation
    const asked = disposition === 'escalate'
    return { answer, state: state as string, action, asked, risk: answer.beliefs.at_risk! }
  })
}

type Naive = Awaited<ReturnType<typeof naively>>[number]

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

function costOf(
  { asked, action, state }: Pick<Naive, 'asked' | 'action' | 'state'>,
  lost: number,
  review: number,
): number {
  if (asked) return review
  if (action === 'make_offer') return state === 'at_risk' ? 0 : 1
  return state === 'at_risk' ? lost : 0
}

describe('a back-test of the telco example', async () => {
  const report = await replayFiles(telco, { baseline, candidate })
  const [decision] = report.decisions
  const [before, after] = await Promise.all([naively(baseline), naively(candidate)])
  const pairs = before.map((one, i) => [one, after[i]!] as const)

  it('counts what there is', () => {
    expect(report.history).toMatchObject({
      source: 'files',
      questions: 300,
      withOutcome: 300,
      undated: 300,
      days: null,
    })
    expect(report.decisions.map((one) => one.decision)).toEqual(['retention-offer'])
    expect(report.notCompared).toEqual([])
  })

  it('prices both by the costs of either, and their difference', () => {
    const by = (lost: number, review: number) => {
      const costs = pairs.map((pair) => pair.map((one) => costOf(one, lost, review)) as [number, number])
      return [mean(costs.map(([a]) => a)), mean(costs.map(([, b]) => b)), mean(costs.map(([a, b]) => b - a))]
    }
    const found = decision!.costs.map(({ by, questions, unpriced, baseline, candidate, difference }) => {
      expect(unpriced).toBe(0)
      for (const { mean, low, high } of [baseline, candidate, difference]) {
        expect(low).toBeLessThan(mean)
        expect(high).toBeGreaterThan(mean)
      }
      return { by, questions, means: [baseline.mean, candidate.mean, difference.mean].map((x) => x.toFixed(9)) }
    })
    expect(found).toEqual([
      { by: 'candidate', questions: 300, means: by(8, 0.5).map((x) => x.toFixed(9)) },
      { by: 'baseline', questions: 300, means: by(5, 0.6).map((x) => x.toFixed(9)) },
    ])
  })

  it('finds the flips, and what outcomes say of them', () => {
    const labelOf = ({ asked, action }: Naive) => (asked ? 'escalate' : `act ${action}`)
    const flipped = pairs.filter(([a, b]) => labelOf(a) !== labelOf(b))
    const { flips } = decision!
    expect(flips.count).toBe(flipped.length)
    expect(flips.count).toBeGreaterThan(20)
    expect(flips.matrix.flat().reduce((sum, n) => sum + n, 0)).toBe(300)
    for (const [i, from] of flips.answers.entries()) {
      for (const [k, to] of flips.answers.entries()) {
        expect(flips.matrix[i]![k]).toBe(pairs.filter(([a, b]) => labelOf(a) === from && labelOf(b) === to).length)
      }
    }
    const gains = flipped.map(([a, b]) => costOf(a, 8, 0.5) - costOf(b, 8, 0.5))
    expect(flips.evidence).toEqual({
      outcomes: {
        agree: gains.filter((gain) => gain > 0).length,
        contradict: gains.filter((gain) => gain < 0).length,
        neither: gains.filter((gain) => gain === 0).length,
      },
      people: { agree: 0, contradict: 0, neither: 0 },
      unknown: 0,
    })
    expect(flips.recommendationOnly).toBe(pairs.filter(([a, b]) => a.asked && b.asked && a.action !== b.action).length)
    const worst = gains.map((gain) => -gain).sort((a, b) => b - a)
    expect(flips.costliest.map(({ extra }) => extra)).toEqual(worst.slice(0, 10))
    const lines = flips.costliest.map(({ link }) => Number(/^outcomes\.jsonl:(\d+)$/.exec(link)![1]))
    const alike = flips.costliest.flatMap(({ extra }, i) => (extra === worst[0] ? [lines[i]!] : []))
    expect(alike.length).toBeGreaterThan(5)
    expect(alike).toEqual([...alike].sort((a, b) => a - b))
  })

  it('says what is asked of people', () => {
    for (const [side, answers] of [
      ['baseline', before],
      ['candidate', after],
    ] as const) {
      const asked = answers.filter((one) => one.asked).length
      expect(decision!.people[side]).toMatchObject({ asked, askedShare: asked / 300, sampled: 0, hoursPerDay: null })
      expect(decision!.people[side].hoursPerThousand).toBeCloseTo((asked / 300) * 1000 * (10 / 60), 9)
    }
  })

  it('measures calibration', () => {
    for (const [side, answers] of [
      ['baseline', before],
      ['candidate', after],
    ] as const) {
      const found = decision!.calibration[side]!
      const left = answers.map(({ state }) => Number(state === 'at_risk'))
      const brier = mean(answers.map(({ risk }, i) => (risk - left[i]!) ** 2))
      expect(found.brier).toBeCloseTo(2 * brier, 9)
      const state = found.states.find((one) => one.state === 'at_risk')!
      expect(state.brier).toBeCloseTo(brier, 9)
      const bins = Array.from({ length: BINS }, (_, bin) =>
        answers.flatMap(({ risk }, i) => (Math.floor(risk * BINS) === bin ? [{ risk, left: left[i]! }] : [])),
      )
      const errors = bins.map((of) => Math.abs(of.reduce((sum, one) => sum + one.left - one.risk, 0)))
      expect(state.ece).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / 300, 9)
      expect(state.bins.map(({ count }) => count)).toEqual(bins.map((of) => of.length))
      const top = answers.filter(({ risk, state }) => risk > 0.5 === (state === 'at_risk')).length
      const right = found.topState.bins.reduce((sum, { observed, count }) => sum + (observed ?? 0) * count, 0)
      expect(right).toBeCloseTo(top, 9)
    }
  })

  it('asks at other thresholds what it would have asked with them', () => {
    for (const [side, answers] of [
      ['baseline', before],
      ['candidate', after],
    ] as const) {
      const own = side === 'baseline' ? 0.6 : 0.5
      for (const { multiplier, meanCost, asked } of decision!.thresholds![side]) {
        const then = answers.map(({ answer, ...one }) => ({ ...one, asked: answer.regret > own * multiplier }))
        expect(asked).toBeCloseTo(mean(then.map((one) => Number(one.asked))), 9)
        expect(meanCost).toBeCloseTo(mean(then.map((one) => costOf(one, 8, 0.5))), 9)
      }
    }
    const as = decision!.thresholds!.candidate.find(({ multiplier }) => multiplier === 1)
    expect(as!.meanCost).toBeCloseTo(decision!.costs[0]!.candidate.mean, 9)
    expect(decision!.thresholds!.candidate.map(({ multiplier }) => multiplier)).toHaveLength(9)
  })

  it('tells whose word weighs more, and whose less', () => {
    expect(decision!.agents).toHaveLength(6)
    expect(decision!.agents[0]).toMatchObject({ agent: 'stale', questions: 300 })
    const weight = (answers: readonly Naive[], agent: string) =>
      mean(answers.map(({ answer }) => answer.signals.find((signal) => signal.agent === agent)!.weight))
    for (const { agent, ...of } of decision!.agents) {
      expect(of.baseline).toBeCloseTo(weight(before, agent), 9)
      expect(of.candidate).toBeCloseTo(weight(after, agent), 9)
    }
  })

  it('finds no difference between a ruleset and itself', async () => {
    const { decisions } = await replayFiles(telco, { baseline, candidate: baseline })
    expect(decisions[0]!.flips).toMatchObject({ count: 0, pairs: [], costliest: [], recommendationOnly: 0 })
    expect(decisions[0]!.costs).toHaveLength(1)
    expect(decisions[0]!.costs[0]!.difference).toEqual({ mean: 0, low: 0, high: 0 })
  })

  it('knows the parts that data are split into', async () => {
    await expect(replayFiles(telco, { baseline, candidate }, { split: 'train' })).rejects.toThrow(
      'no question of the past is left to ask',
    )
    const { history } = await replayFiles(telco, { baseline, candidate }, { split: 'test' })
    expect(history.questions).toBe(300)
  })
})

describe('a longer history', async () => {
  const copies = async (kind: keyof HistoryFiles): Promise<readonly Line[]> =>
    (await readLines(telco[kind])).flatMap((line) =>
      Array.from({ length: 8 }, (_, i): Line => ({ ...line, account: `${line.account}-${i}` })),
    )
  const [accounts, signals, outcomes] = await Promise.all(FILE_KINDS.map(copies))
  const files = await writeFiles({ accounts: accounts!, signals: signals!, outcomes: outcomes! })
  const report = await replayFiles(files, { baseline, candidate }, { threads: 1 })

  it('gives the same bytes whatever the number of threads, and whenever it is asked', async () => {
    for (const threads of [0, 1, 2, 3]) {
      const again = await replayFiles(files, { baseline, candidate }, { threads })
      expect(JSON.stringify(again)).toBe(JSON.stringify(report))
    }
  })

  it('finds the account though its key is written with escapes', async () => {
    const text = outcomes!.map((line) => `${JSON.stringify(line).replace('"account"', '"\\u0061ccount"')}\n`).join('')
    const escaped = await writeFiles({ accounts: accounts!, signals: signals!, outcomes: text })
    const again = await replayFiles(escaped, { baseline, candidate }, { threads: 0 })
    expect(again.history).toEqual(report.history)
    expect(again.decisions[0]!.flips.matrix).toEqual(report.decisions[0]!.flips.matrix)
  })

  it.each([0, 2])('ends with the line that is wrong, with %i threads', async (threads) => {
    const wrong = signals!.map((line, i) => (i === 9_000 ? { ...line, confidence: 82 } : line))
    const broken = await writeFiles({ accounts: accounts!, signals: wrong, outcomes: outcomes! })
    await expect(replayFiles(broken, { baseline, candidate }, { threads })).rejects.toThrow(
      /signals\.jsonl:9001: `confidence` must lie between 0 and 1$/,
    )
  })

  it.each([
    ['no account', { claim: 'healthy' }, '`account` is missing; add it'],
    ['a number for an account', { account: 7 }, '`account` must be text'],
    ['no JSON', 'x', 'not JSON; each line must be a JSON object'],
  ])('refuses %s before anything is asked', async (_what, line, message) => {
    const text = [...signals!, line].map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join('\n')
    const broken = await writeFiles({ accounts: accounts!, signals: text, outcomes: outcomes! })
    await expect(openFiles(broken, { now: 0, decision: null, split: null })).rejects.toThrow(
      `signals.jsonl:${signals!.length + 1}: ${message}`,
    )
  })

  it('says the same whatever the order of the lines', async () => {
    const shuffled = await writeFiles({
      accounts: accounts!.toReversed(),
      signals: signals!.toSorted((a, b) => String(a.id).localeCompare(String(b.id))),
      outcomes: outcomes!.toReversed(),
    })
    const [before, after] = [report, await replayFiles(shuffled, { baseline, candidate })].map(
      ({ decisions }) => decisions[0]!,
    )
    expect(after!.flips.matrix).toEqual(before!.flips.matrix)
    expect(after!.flips.evidence).toEqual(before!.flips.evidence)
    for (const side of ['baseline', 'candidate', 'difference'] as const) {
      for (const figure of ['mean', 'low', 'high'] as const) {
        expect(after!.costs[0]![side][figure]).toBeCloseTo(before!.costs[0]![side][figure], 9)
      }
    }
  })

  it('reports how far it is, all of it in the end', async () => {
    let done = 0
    await replayFiles(files, { baseline, candidate }, { onProgress: (questions) => (done += questions) })
    expect(done).toBe(2_400)
  })

  it('ends when it is told to, and leaves nothing behind', async () => {
    const directory = await temporaryDirectory()
    vi.stubEnv('TMPDIR', directory)
    const stop = new AbortController()
    const ended = replayFiles(
      files,
      { baseline, candidate },
      { threads: 1, signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) },
    )
    await expect(ended).rejects.toThrow('enough')
    expect((await readdir(directory)).filter((name) => name.startsWith('umpire-'))).toEqual([])
    vi.unstubAllEnvs()
  })
})

const expansion = (change: (text: string) => string = (text) => text) =>
  rulesOf({ ...RULES, 'expansion-outreach.yaml': change(RULES['expansion-outreach.yaml']!) })

const facts = { arr: 180_000, segment: 'smb' }
const healthy = { id: 'h', agent: 'pulse', account: 'acme', claim: 'healthy', confidence: 0.9 }
const churn = { id: 'c', agent: 'churn-radar', account: 'acme', claim: 'churn_risk', confidence: 0.82 }

/** The answer to one question of files. */
async function answered(signals: readonly Line[], outcome: Line = {}, rules = expansion()) {
  const files = await writeFiles({
    accounts: [{ account: 'acme', facts }],
    signals,
    outcomes: [{ account: 'acme', state: 'healthy', ...outcome }],
  })
  const { decisions, history } = await replayFiles(files, { baseline: rules, candidate: rules })
  return { answer: decisions[0]!.flips.answers, history }
}

describe('a question of files', () => {
  it.each([
    ['knows what was observed by then', '2026-11-20T12:00:00Z', ['act send_expansion_email']],
    ['knows what was observed at that moment', '2026-11-20T13:00:00Z', ['escalate']],
    ['knows what was observed before', '2026-11-21T00:00:00Z', ['escalate']],
  ])('%s', async (_what, observedAt, answers) => {
    const signals = [
      { ...healthy, observedAt: '2026-11-20T09:00:00Z' },
      { ...churn, observedAt: '2026-11-20T13:00:00+00:00' },
    ]
    expect((await answered(signals, { observedAt })).answer).toEqual(answers)
  })

  it('is asked after all signals of the account where its outcome has no time', async () => {
    const { answer, history } = await answered([
      { ...healthy, observedAt: '2026-11-20T09:00:00Z' },
      { ...churn, observedAt: '2026-11-20T13:00:00Z' },
    ])
    expect(answer).toEqual(['escalate'])
    expect(history).toMatchObject({
      from: '2026-11-20T13:00:00.000Z',
      to: '2026-11-20T13:00:00.000Z',
      days: 1,
      undated: 0,
    })
  })

  it('has its hours counted a day only where every question has a time', async () => {
    const askAll = expansion((text) => text.replace('cost: 40', 'cost: 0'))
    const dated = ['2026-11-01T00:00:00Z', '2026-11-11T00:00:00Z'].map((observedAt, i) => ({
      account: `dated-${i}`,
      state: 'healthy',
      observedAt,
    }))
    const peopleOf = async (outcomes: readonly Line[]) => {
      const files = await writeFiles({
        accounts: outcomes.map(({ account }) => ({ account, facts })),
        outcomes,
      })
      const { decisions, history } = await replayFiles(files, { baseline: askAll, candidate: askAll })
      return { days: history.days, undated: history.undated, ...decisions[0]!.people.candidate }
    }
    const all = await peopleOf(dated)
    expect(all).toMatchObject({ days: 10, undated: 0, asked: 2 })
    expect(all.hoursPerDay).toBeCloseTo((2 * 10) / 60 / 10, 12)
    // A thousand more, of whatever days, are not two days' work.
    const undated = Array.from({ length: 1_000 }, (_, i) => ({ account: `undated-${i}`, state: 'healthy' }))
    expect(await peopleOf([...dated, ...undated])).toMatchObject({
      days: null,
      undated: 1_000,
      asked: 1_002,
      hoursPerDay: null,
    })
  })

  it('is told nothing that has expired', async () => {
    const signals = [healthy, { ...churn, expiresAt: '2026-11-20T09:00:00Z' }]
    expect((await answered(signals, { observedAt: '2026-11-20T10:00:00Z' })).answer).toEqual([
      'act send_expansion_email',
    ])
    expect((await answered(signals, { observedAt: '2026-11-20T08:00:00Z' })).answer).toEqual(['escalate'])
  })

  it('is asked of each decision that has the state, unless the outcome names one', async () => {
    const rules = rulesOf({
      ...RULES,
      'other.yaml': RULES['expansion-outreach.yaml']!.replace('decision: expansion-outreach', 'decision: other'),
    })
    const files = (decision?: string) =>
      writeFiles({
        signals: [healthy],
        outcomes: [{ account: 'acme', state: 'healthy', ...(decision && { decision }) }],
      })
    const asked = async (decision?: string) =>
      (await replayFiles(await files(decision), { baseline: rules, candidate: rules })).decisions.map(
        (one) => one.decision,
      )
    expect(await asked()).toEqual(['expansion-outreach', 'other'])
    expect(await asked('other')).toEqual(['other'])
  })

  it('is answered though a byte order mark, blank lines and carriage returns surround it', async () => {
    const files = await writeFiles({
      accounts: `\ufeff${JSON.stringify({ account: 'acme', facts })}\r\n\r\n`,
      signals: `\n${JSON.stringify(healthy)}\r\n`,
      // Written otherwise, the same name.
      outcomes: '{"facts": {"account": "other"}, "\\u0061ccount": "x", "account": "a\\u0063me", "state": "healthy"}',
    })
    const { history } = await replayFiles(files, { baseline: expansion(), candidate: expansion() })
    expect(history).toMatchObject({ questions: 1, accountsWithoutOutcome: 0 })
  })
})

describe('rulesets that do not have the same names', () => {
  const outcomes = ['healthy', 'at_risk', 'at_risk'].map((state, i) => ({
    account: `a${i}`,
    decision: 'expansion-outreach',
    state,
  }))
  const accounts = outcomes.map(({ account }) => ({ account, facts }))

  it('say which decisions could not be compared', async () => {
    const files = await writeFiles({
      accounts,
      outcomes: [...outcomes, { account: 'a0', decision: 'gone', state: 'x' }],
    })
    const renamed = expansion((text) => text.replace('decision: expansion-outreach', 'decision: outreach'))
    const { decisions, notCompared } = await replayFiles(files, { baseline: expansion(), candidate: renamed })
    expect(decisions).toEqual([])
    expect(notCompared).toEqual([
      { decision: 'expansion-outreach', reason: 'not_in_candidate', questions: 3 },
      { decision: 'gone', reason: 'in_neither', questions: 1 },
    ])
  })

  it('say which states could not be held against the beliefs, and price what they can', async () => {
    const files = await writeFiles({ accounts, outcomes })
    const cheap = (text: string) => text.replace('cost: 40', 'cost: 1e9')
    const renamed = expansion((text) => cheap(text).replaceAll('at_risk', 'leaving'))
    const { decisions } = await replayFiles(files, { baseline: expansion(cheap), candidate: renamed })
    expect(decisions[0]).toMatchObject({
      states: { gone: ['at_risk'], added: ['leaving'] },
      unknownStates: { baseline: [], candidate: [{ name: 'at_risk', questions: 2 }] },
      calibration: { baseline: { questions: 3 }, candidate: { questions: 1 } },
      costs: [
        { by: 'candidate', questions: 1, unpriced: 2 },
        { by: 'baseline', questions: 3, unpriced: 0 },
      ],
    })
  })

  it('say which actions have no price', async () => {
    const files = await writeFiles({ accounts, outcomes })
    const cheap = (text: string) => text.replace('cost: 40', 'cost: 1e9')
    const renamed = expansion((text) => cheap(text).replaceAll('send_expansion_email', 'send_letter'))
    const { decisions } = await replayFiles(files, { baseline: expansion(cheap), candidate: renamed })
    expect(decisions[0]).toMatchObject({
      actions: { gone: ['send_expansion_email'], added: ['send_letter'] },
      flips: { count: 3, pairs: [{ from: 'act send_expansion_email', to: 'act send_letter', meanExtra: null }] },
      costs: [],
    })
    expect(decisions[0]!.flips.evidence.unknown).toBe(3)
  })
})

describe('files that can not be used', () => {
  const ruleset = expansion()
  const outcome = { account: 'acme', state: 'healthy' }
  it.each([
    ['no JSON', { signals: 'account,claim\n' }, /signals\.jsonl:1: not JSON; each line must be a JSON object$/],
    ['a list', { signals: '[1]\n' }, /signals\.jsonl:1: not JSON/],
    ['no agent', { signals: [{ ...healthy, agent: undefined }] }, /signals\.jsonl:1: `agent` is missing; add it$/],
    [
      'a number for an account',
      { outcomes: [{ ...outcome, account: 7 }] },
      /outcomes\.jsonl:1: `account` must be text$/,
    ],
    [
      'percent',
      { signals: [healthy, { ...churn, confidence: 82 }] },
      /signals\.jsonl:2: `confidence` must lie between 0 and 1$/,
    ],
    ['a score in words', { signals: [{ ...churn, score: 'high' }] }, /signals\.jsonl:1: `score` must be a number$/],
    [
      'a time in words',
      { outcomes: [{ ...outcome, observedAt: 'monday' }] },
      /outcomes\.jsonl:1: `observedAt` must be a time such as/,
    ],
    ['no facts', { accounts: [{ account: 'acme' }] }, /accounts\.jsonl:1: `facts` must be an object$/],
    [
      'an account twice',
      {
        accounts: [
          { account: 'acme', facts },
          { account: 'acme', facts: {} },
        ],
      },
      /accounts\.jsonl:2: account `acme` has line 1 already; keep one$/,
    ],
    [
      'a line of megabytes',
      { signals: `{"id": "${'x'.repeat(3_000_000)}"` },
      /signals\.jsonl:1: a line of more than 1 MiB/,
    ],
    [
      'another encoding than UTF-8',
      {
        signals: Buffer.from(
          `${JSON.stringify(healthy)}\n${JSON.stringify({ ...healthy, agent: 'Müller' })}\n`,
          'latin1',
        ),
      },
      /signals\.jsonl:2: not UTF-8; save the file in that encoding$/,
    ],
    ['no outcome', { outcomes: [] }, /outcomes\.jsonl` has no outcome; write a line/],
  ] as const)('%s: says where and what', async (_what, written, message) => {
    const files = await writeFiles({ outcomes: [outcome], ...(written as object) })
    await expect(replayFiles(files, { baseline: ruleset, candidate: ruleset })).rejects.toThrow(message)
  })

  it('missing: says which', async () => {
    const files = { ...(await writeFiles({ outcomes: [outcome] })), signals: '/nowhere/signals.jsonl' }
    await expect(replayFiles(files, { baseline: ruleset, candidate: ruleset })).rejects.toThrow(
      "can't read `/nowhere/signals.jsonl` (ENOENT); its form is that of examples/telco",
    )
  })

  it('a directory: says so', async () => {
    const files = { ...(await writeFiles({ outcomes: [outcome] })), signals: TELCO }
    await expect(replayFiles(files, { baseline: ruleset, candidate: ruleset })).rejects.toThrow(/is not a file/)
  })
})
