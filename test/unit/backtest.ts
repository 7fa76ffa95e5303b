import type { BacktestReport, Calibration, DecisionReport } from '../../src/backtest/report.ts'
import type { Reliability } from '../../src/core/stats/calibration.ts'

/** Names as they come from data; those of rules come from files, which are no safer. */
export interface Names {
  readonly account: string
  readonly action: string
  readonly agent: string
  readonly state: string
  readonly decision: string
  readonly set: string
}

export const PLAIN: Names = {
  account: 'acme',
  action: 'make_offer',
  agent: 'churn-radar',
  state: 'at_risk',
  decision: 'retention-offer',
  set: 'rules/next',
}

/** A back-test of one decision in which everything there is was found. */
export function report(changes: Partial<BacktestReport> = {}, names: Names = PLAIN): BacktestReport {
  return {
    format: 1,
    engine: 1,
    baseline: { hash: `sha256:${'a'.repeat(64)}`, name: 'active' },
    candidate: { hash: `sha256:${'b'.repeat(64)}`, name: names.set },
    settings: { minutesPerReview: 10, replicates: 1000, level: 0.95 },
    history: {
      source: 'database',
      from: '2026-10-21T00:00:00.000Z',
      to: '2026-11-20T00:00:00.000Z',
      days: 30,
      questions: 1000,
      withOutcome: 300,
      withResolution: 40,
      undated: 0,
      accountsWithoutOutcome: 0,
      erased: 2,
      ruled: 3,
      reproduced: { of: 950, same: 949 },
    },
    decisions: [decision({}, names)],
    notCompared: [{ decision: names.decision, reason: 'not_in_candidate', questions: 7 }],
    ...changes,
  }
}

export function decision(changes: Partial<DecisionReport> = {}, names: Names = PLAIN): DecisionReport {
  const act = `act ${names.action}`
  const suggest = `suggest ${names.action}`
  const outcomes = { agree: 6, contradict: 3, neither: 1 }
  const people = { agree: 2, contradict: 1, neither: 0 }
  const none = { agree: 0, contradict: 0, neither: 0 }
  return {
    decision: names.decision,
    questions: 1000,
    withOutcome: 300,
    withResolution: 40,
    states: { gone: [], added: [] },
    actions: { gone: [names.action], added: [] },
    unknownStates: { baseline: [{ name: names.state, questions: 1 }], candidate: [] },
    flips: {
      count: 50,
      share: 0.05,
      answers: [act, 'escalate', suggest],
      matrix: [
        [500, 40, 0],
        [10, 400, 0],
        [0, 0, 50],
      ],
      pairs: [
        { from: act, to: 'escalate', count: 40, meanExtra: -1.25, outcomes, people, unknown: 27 },
        { from: 'escalate', to: act, count: 10, meanExtra: null, outcomes: none, people: none, unknown: 10 },
      ],
      evidence: { outcomes, people, unknown: 37 },
      recommendationOnly: 4,
      costliest: [
        {
          id: '019ab000-0000-7000-8000-000000000001',
          link: '/v1/adjudications/019ab000-0000-7000-8000-000000000001',
          account: names.account,
          at: '2026-11-02T10:00:00.000Z',
          from: act,
          to: 'escalate',
          state: names.state,
          resolved: null,
          extra: 40,
          regret: { baseline: 35, candidate: 41.5 },
        },
        {
          id: null,
          link: 'outcomes.jsonl:12',
          account: names.account,
          at: null,
          from: 'escalate',
          to: act,
          state: null,
          resolved: names.action,
          extra: null,
          regret: { baseline: 45, candidate: 31.5 },
        },
      ],
    },
    costs: [
      {
        by: 'candidate',
        questions: 300,
        unpriced: 0,
        baseline: { mean: 12, low: 10, high: 14 },
        candidate: { mean: 9, low: 7.5, high: 11 },
        difference: { mean: -3, low: -4, high: -2 },
      },
    ],
    thresholds: {
      baseline: [0.25, 0.5, 1, 2, 4].map((multiplier, i) => ({ multiplier, meanCost: 14 - i, asked: 0.6 - i / 10 })),
      candidate: [0.25, 0.5, 1, 2, 4].map((multiplier, i) => ({ multiplier, meanCost: 9 + i, asked: 0.5 - i / 10 })),
    },
    people: {
      baseline: { asked: 410, askedShare: 0.41, sampled: 50, hoursPerDay: 2.6, hoursPerThousand: 76.7 },
      candidate: { asked: 440, askedShare: 0.44, sampled: 40, hoursPerDay: 2.7, hoursPerThousand: 80 },
    },
    calibration: { baseline: calibration(names, 0.25), candidate: calibration(names, 0.2) },
    agents: [
      { agent: names.agent, questions: 800, baseline: 0.2, candidate: 0.35 },
      { agent: 'steady', questions: 900, baseline: 0.3, candidate: 0.3 },
    ],
    ...changes,
  }
}

function calibration({ state }: Names, brier: number): Calibration {
  return {
    questions: 300,
    brier,
    topState: reliability(),
    states: [
      { state: 'fine', prior: 0.7, brier: brier / 2, ...reliability() },
      { state: `${state}.`, prior: 0.3, brier: brier / 2, ...reliability() },
    ],
  }
}

/** 10 bins, the two at the ends with 100 and 25 questions in them. */
function reliability(): Reliability {
  const bins = Array.from({ length: 10 }, (_, bin) => ({ from: bin / 10, to: (bin + 1) / 10 }))
  return {
    ece: 0.03,
    bins: bins.map((range, bin) => {
      if (bin === 0) return { ...range, count: 100, stated: 0.05, observed: 0.08 }
      if (bin === 9) return { ...range, count: 25, stated: 0.95, observed: 0.92 }
      return { ...range, count: 0, stated: null, observed: null }
    }),
  }
}
