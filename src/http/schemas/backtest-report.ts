import { z } from 'zod'
import type { BacktestReport } from '../../backtest/report.ts'
import { count, field, number, probability, text, time } from './common.ts'
import { BASELINE_HASH, CANDIDATE_HASH } from './examples.ts'

/** A value of each set. */
function pair<T extends z.ZodType>(value: T, description: string) {
  return z.object({ baseline: value, candidate: value }).meta({ description })
}

function of<S extends z.ZodRawShape>(shape: S, description: string) {
  return z.object(shape).meta({ description })
}

function listOf<T extends z.ZodType>(item: T, description: string) {
  return z.array(item).meta({ description })
}

/** What may not be known. */
function orNull<T extends z.ZodType>(schema: T, description: string, example: unknown = null) {
  return field(schema.nullable(), description, example)
}

const names = (description: string) => field(z.array(z.string()), description, [])

export const rulesetName = (description: string, name: string, hash: string) =>
  of({ hash: text('SHA-256 of the rules.', hash), name: text('As whoever asked named it.', name) }, description)

const answer = (description: string, example: string) => text(description, example)

const estimate = (description: string, [mean, low, high]: readonly [number, number, number]) =>
  of(
    {
      mean: number('The mean.', mean),
      low: number('Where the interval begins.', low),
      high: number('Where it ends.', high),
    },
    description,
  )

const history = of(
  {
    source: field(z.enum(['database', 'files']), 'Where it comes from.', 'database'),
    from: time('When the first question was asked; null: none has a time.', '2026-10-21T08:12:00.000Z').nullable(),
    to: time('When the last one was; null: none has a time.').nullable(),
    days: orNull(z.number(), 'Days that they span, at least one; null: some have no time.', 30),
    questions: count('Questions asked of both sets.', 1800),
    withOutcome: count('Those of which it is known what became of the account.', 240),
    withResolution: count('Those that a person decided.', 96),
    undated: count('Those that have no time of their own.', 0),
    accountsWithoutOutcome: count('Accounts of which no outcome is known; of files only.', 0),
    erased: count('Recorded answers whose inputs have been erased, so that they are left out.', 2),
    ruled: count("Those that a person's earlier answer had settled; both sets answer without it here.", 11),
    reproduced: of(
      {
        of: count('Answers that the baseline gave then.', 1789),
        same: count('Those that it gives again: all of them, unless what is stored has been tampered with.', 1789),
      },
      'How many of its own answers the baseline gives again; null: nothing was recorded.',
    ).nullable(),
  },
  'What was asked again.',
)

const verdicts = (description: string) =>
  of(
    {
      agree: count("For the candidate's answer.", 8),
      contradict: count('Against it.', 3),
      neither: count('For neither.', 1),
    },
    description,
  )

const evidence = {
  outcomes: verdicts('By what became of the account: whose answer cost less.'),
  people: verdicts('By what a person decided, where that is not known.'),
  unknown: count('Of which nothing is known.', 40),
}

const flipPair = z.object({
  from: answer("The baseline's answer.", 'act send_expansion_email'),
  to: answer("The candidate's answer.", 'escalate'),
  count: count('Questions.', 52),
  meanExtra: orNull(z.number(), "Mean of what the candidate's answer cost more, where that is known.", -12.5),
  ...evidence,
})

const costlyFlip = z.object({
  id: orNull(z.string(), 'Id of the adjudication; null: it is from files.', '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11'),
  link: text('Where to look at it.', '/v1/adjudications/01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11'),
  account: text('Id of the account.', 'acme'),
  at: time('When it was asked; null: it has no time.').nullable(),
  from: answer("The baseline's answer.", 'act wait'),
  to: answer("The candidate's answer.", 'act send_expansion_email'),
  state: orNull(z.string(), 'What turned out to be true; null: that is not known.', 'at_risk'),
  resolved: orNull(z.string(), 'The action that a person decided on; null: nobody did.'),
  extra: orNull(z.number(), "What the candidate's answer cost more than the baseline's; null: that is not known.", 360),
  regret: pair(number('Expected cost of error.', 35), 'How unsure each set was.'),
})

const flips = of(
  {
    count: count('Questions to which the sets give different answers.', 52),
    share: probability('Of all questions.', 0.029),
    answers: field(z.array(z.string()), 'Every answer that either set gave, in the order of the matrix.', [
      'act wait',
      'escalate',
    ]),
    matrix: field(
      z.array(z.array(z.number())),
      "Questions, by the baseline's answer (rows) and the candidate's (columns).",
      [
        [1500, 52],
        [0, 248],
      ],
    ),
    pairs: listOf(flipPair, 'From which answer to which, the most frequent first.'),
    evidence: of(evidence, 'What speaks for the flips, and what against them.'),
    recommendationOnly: count('Questions that people decide either way, with another recommendation: no flips.', 5),
    costliest: listOf(costlyFlip, 'At most ten, those first that cost most more.'),
  },
  'Answers that are not the same.',
)

const costs = z.object({
  by: field(z.enum(['candidate', 'baseline']), "Whose costs price both sets' answers.", 'candidate'),
  questions: count('Questions with an outcome, both of whose answers have a price.', 238),
  unpriced: count('Questions with an outcome of which an answer has none.', 2),
  baseline: estimate('Mean cost of a question under the baseline.', [12, 10, 14]),
  candidate: estimate('Under the candidate.', [9, 7.5, 11]),
  difference: estimate('Candidate less baseline, question by question.', [-3, -4, -2]),
})

const thresholdPoint = z.object({
  multiplier: number('Of the review cost; 1 is the set as it is.', 1),
  meanCost: number('Mean cost of a question, had people been asked from there on.', 9),
  asked: probability('Share of the questions at which a person is asked.', 0.24),
})

const people = of(
  {
    asked: count('Questions that a person decides.', 436),
    askedShare: probability('Of all questions.', 0.24),
    sampled: count('Answers that a person looks at afterwards.', 130),
    hoursPerDay: orNull(z.number(), "People's time for both; null: the days are not known.", 3.1),
    hoursPerThousand: number("People's time for a thousand questions.", 52),
  },
  'How much is asked of people.',
)

const reliability = {
  bins: listOf(
    z.object({
      from: probability('Where the bin begins.', 0.2),
      to: probability('Where it ends.', 0.3),
      count: count('Probabilities in it.', 30),
      stated: orNull(z.number(), 'Their mean; null: there are none.', 0.26),
      observed: orNull(z.number(), 'How often it was so; null: there are none.', 0.29),
    }),
    'Probabilities by their size.',
  ),
  ece: probability('Expected calibration error: how far they are off on average.', 0.024),
}

const calibration = of(
  {
    questions: count('Questions with an outcome.', 240),
    brier: number('Brier score, 0 to 2: how far probabilities are from what happened.', 0.246),
    topState: of(reliability, 'Of the most believed state.'),
    states: listOf(
      z.object({
        ...reliability,
        state: text('Name of the state.', 'at_risk'),
        prior: probability('Its prior.', 0.2),
        brier: number('Its part of the Brier score.', 0.123),
      }),
      'Of each state.',
    ),
  },
  'How sure it was, and how often it was right.',
)

const unknownState = z.object({
  name: text('A state that turned out to be true.', 'paused'),
  questions: count('Questions of which it did.', 4),
})

const nameChanges = (what: string) =>
  of(
    { gone: names('Only the baseline has them.'), added: names('Only the candidate has them.') },
    `${what} that only one of the sets has.`,
  )

const decision = z
  .object({
    decision: text('Name of the decision.', 'expansion-outreach'),
    questions: count('Questions asked of both sets.', 1800),
    withOutcome: count('Those of which it is known what became of the account.', 240),
    withResolution: count('Those that a person decided.', 96),
    states: nameChanges('States'),
    actions: nameChanges('Actions'),
    unknownStates: pair(
      listOf(unknownState, 'By name.'),
      'True states that a set does not have, so that nothing is held against it.',
    ),
    flips,
    costs: listOf(
      costs,
      "By the candidate's costs; by the baseline's too where they differ. Empty: no outcome is known.",
    ),
    thresholds: pair(
      listOf(thresholdPoint, 'By multiplier.'),
      'What had been, had people been asked sooner or later; null: no outcome is known.',
    ).nullable(),
    people: pair(people, "People's time."),
    calibration: pair(
      calibration.nullable(),
      'How well what was believed fits what happened; null: no outcome is known.',
    ),
    agents: listOf(
      z.object({
        agent: text('Name of the agent.', 'churn-radar'),
        questions: count('Questions in which it had said something.', 1204),
        baseline: number('Its mean weight there under the baseline.', 0.4),
        candidate: number('Under the candidate.', 0.31),
      }),
      'All that have spoken, those whose weight moved most first.',
    ),
  })
  .meta({ id: 'BacktestDecision', description: 'How two sets compare in one decision.' })

const notCompared = z.object({
  decision: text('Name of the decision.', 'renewal-motion'),
  reason: field(z.enum(['not_in_baseline', 'not_in_candidate', 'in_neither']), 'Why.', 'not_in_candidate'),
  questions: count('Questions.', 17),
})

/**
 * What `umpire backtest --json` prints. It is checked against its type below: `BacktestReport` can't get a field, or lose
 * one, of which this says otherwise.
 */
export const backtestReport = z
  .object({
    format: field(z.literal(1), 'Numbers the shape of this report.', 1),
    engine: number('Numbers the arithmetic.', 1),
    baseline: rulesetName('What it is compared with.', 'active', BASELINE_HASH),
    candidate: rulesetName('What is tried.', CANDIDATE_HASH, CANDIDATE_HASH),
    settings: of(
      {
        minutesPerReview: number('Minutes that a person takes for one look.', 10),
        replicates: count('Replicates of the bootstrap.', 1000),
        level: probability('What the intervals hold.', 0.95),
      },
      'What the figures go by.',
    ),
    history,
    decisions: listOf(decision, 'Decisions that both sets have and that were asked, by name.'),
    notCompared: listOf(notCompared, 'Questions that could not be asked of both sets.'),
  })
  .meta({ id: 'BacktestReport', description: 'How two sets of rules compare. Shares and probabilities lie in [0, 1].' })

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T
type Same<A, B> = [A, B] extends [B, A] ? true : never
/** Does not compile where the schema and the type differ. */
export const IS_THE_TYPE: Same<DeepReadonly<z.output<typeof backtestReport>>, DeepReadonly<BacktestReport>> = true
