import { z } from 'zod'
import { DISPOSITIONS, REASONS, UNUSED, VERDICT_REASONS, VERDICTS } from '../../core/model.ts'
import { field, idCursor, idPath, list, listQuery, name, number, probability, text, time } from './common.ts'
import { resolution } from './escalation.ts'
import { QUESTION } from './examples.ts'
import { factsInput } from './facts.ts'
import { signalOfRequest } from './signal.ts'

const ID = '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11'

export const adjudicationRequest = z
  .strictObject({
    account: name('The account, by its id or an alias.', 'acme'),
    decision: name('The decision, as its rule file names it.', 'expansion-outreach'),
    proposal: z
      .strictObject({
        agent: name('Who wants to act.', 'renewal-copilot'),
        action: name('What it wants to do, an action of the decision.', 'send_expansion_email'),
      })
      .meta({ description: 'What a copilot wants to do, for a verdict.' })
      .nullable()
      .optional(),
    signals: z
      .array(signalOfRequest)
      .max(1_000)
      .meta({ description: 'Taken in first, then used. One that is bad refuses the request.' })
      .optional(),
    facts: factsInput.optional(),
    dryRun: field(z.boolean(), 'Answer, and keep nothing.', false).optional(),
  })
  .meta({ id: 'AdjudicationRequest', description: 'A question about one account.', examples: [QUESTION] })

const recommendation = z.object({
  action: field(z.string().nullable(), 'What to do; null: nothing is permitted.', 'wait'),
  confidence: probability('Belief in the states in which this action has the least loss.', 0.452),
  disposition: field(z.enum(DISPOSITIONS), 'What may be done with it.', 'escalate'),
  reasons: field(
    z.array(z.enum([...REASONS, 'fallback'])),
    'Why; the first decided, all that hold are listed. `fallback`: nobody decided in time, and the queue falls back.',
    ['uncertain'],
  ),
})

const proposal = z.object({
  agent: text('Who wants to act.', 'renewal-copilot'),
  action: text('What it wants to do.', 'send_expansion_email'),
  verdict: field(z.enum(VERDICTS), 'Whether it may.', 'ask'),
  reasons: field(z.array(z.enum([...VERDICT_REASONS, 'fallback'])), 'Why.', ['needs_person']),
})

const weightParts = z.object({
  trust: number("The agent's trust.", 1),
  freshness: number('0.5 to the power of age over half-life.', 0.95),
  rules: number('Product of the weights that rules gave.', 1),
  share: number("1 over the number of the agent's used signals.", 1),
  dependence: number('What is left because agents read the same sources.', 0.57),
})

const ledgerSignal = z.object({
  sequence: field(z.number(), "Its place in the account's audit stream.", 11),
  id: text("The agent's id of it.", 'cr-2026-11-20-17'),
  agent: text('Who says so.', 'churn-radar'),
  claim: text('What it says.', 'churn_risk'),
  confidence: field(z.number().nullable(), "Stated, or by the agent's scale; null: neither.", 0.82),
  calibrated: number('The probability that the arithmetic used.', 0.82),
  ageHours: number('Age at the time of the answer, in hours.', 3.5),
  weight: number('Product of its parts.', 0.57),
  weightParts: weightParts.meta({ description: 'What the weight is made of.' }),
  llr: number('Log-likelihood ratio for the states that the claim points at, natural logarithm.', 2.9),
  contribution: number('weight · llr', 1.65),
  used: field(z.boolean(), 'Whether it carried weight.', true),
  why: field(z.enum(UNUSED), 'Why it carried none.', 'claim_not_mapped').optional(),
})

const ledgerRule = z.object({
  id: text('Id of the rule.', 'procurement-dispute'),
  effect: field(
    z.enum(['veto', 'escalate', 'autonomyCap', 'weight', 'addLoss', 'tag']).nullable(),
    'What it did; null: it failed.',
    'veto',
  ),
  because: text("The operator's reason.", 'Pushing expansion in a dispute costs the relationship'),
  signal: text('Id of the signal for which it held.', 'pulse-88').optional(),
  error: text('Expression and reason, where it failed.', '`account.arr`: no such fact').optional(),
})

const flip = z.object({
  signal: text('Id of the signal.', 'cr-2026-11-20-17'),
  atConfidence: probability('The confidence nearest to the stated one at which the recommendation changes.', 0.436),
  action: text('What would be recommended then.', 'send_expansion_email'),
})

const ruling = z.object({
  action: text('What they decided, so what is recommended.', 'wait'),
  by: text('Who decided.', 'maria'),
  at: time('When.'),
  until: time('When it ends, unless what it was decided under changes before.', '2026-11-27T09:00:00.000Z'),
})

const escalation = z.object({
  id: field(z.string().nullable(), 'Id of the escalation; null for a dry run.', ID),
  kind: field(z.enum(['decision', 'sample']), 'A decision waits for a person; a sample blocks nothing.', 'decision'),
  queue: text('Whose it is.', 'csm'),
  priority: field(z.number(), 'Higher comes first.', 50),
  dueAt: time('When a person should have decided.'),
  assignee: field(z.string().nullable(), 'Who should take it; null: anybody of the queue.', null),
})

const audit = z.object({
  stream: text('Audit stream.', 'account:acme'),
  sequence: field(z.number(), 'Place in the stream.', 12),
  hash: text('Hash of the entry, hexadecimal.', 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9'),
})

export const adjudication = z
  .object({
    id: field(z.string().nullable(), 'Id; null for a dry run.', ID),
    account: text('Id of the account.', 'acme'),
    decision: text('The decision.', 'expansion-outreach'),
    summary: text(
      'The answer in one sentence, made of names, numbers and what operators wrote.',
      'A person decides on send expansion email; wait looks better. churn-radar (82 % churn risk, today) outweighs pulse (90 % healthy, today); the risk of a mistake costs about $59, a look $40, so csm decides.',
    ),
    recommendation: recommendation.meta({ description: 'What to do, and what may be done with it.' }),
    proposal: proposal.meta({ description: 'The verdict on the proposal; null where there is none.' }).nullable(),
    beliefs: field(z.record(z.string(), z.number()), 'Probability of each state.', { healthy: 0.548, at_risk: 0.452 }),
    expectedLoss: field(
      z.record(z.string(), z.number().nullable()),
      'Expected loss of each action; null where its loss could not be computed.',
      { send_expansion_email: 162.9, wait: 59.1 },
    ),
    regret: number('Expected cost of error: what a perfect answer would be worth.', 59.1),
    reviewCost: number('What asking a person costs.', 40),
    conflict: number('0: the signals agree, 1: they cancel out.', 0.437),
    signals: z.array(ledgerSignal).meta({ description: 'One term for each signal, the unused ones too.' }),
    rules: z.array(ledgerRule).meta({ description: 'The rules that held, in file order, and those that failed.' }),
    flips: z.array(flip).meta({ description: 'What would change the recommendation.' }),
    tags: field(z.array(z.string()), 'Tags that rules gave.', []),
    ruling: ruling.meta({ description: "The person's answer that stands; null: none does." }).nullable(),
    resolution: resolution
      .meta({ description: 'How the item that it belongs to ended; the recommendation is then that of record.' })
      .nullable(),
    escalation: escalation.meta({ description: 'What a person is asked; null: nothing.' }).nullable(),
    ruleset: text(
      'The rules that answered.',
      'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    ),
    engine: field(z.number(), 'Numbers the arithmetic.', 1),
    createdAt: time('When it was answered.'),
    validUntil: time('Ask again after that.'),
    audit: audit.meta({ description: 'Its entry in the audit trail; null for a dry run.' }).nullable(),
  })
  .meta({ id: 'Adjudication', description: 'One resolved question and the terms it was computed from.' })

export const adjudicationPath = idPath('adjudication')

export const adjudicationQuery = listQuery({
  cursor: idCursor,
  account: name('Only of this account.', 'acme').optional(),
  decision: name('Only of this decision.', 'expansion-outreach').optional(),
  disposition: field(z.enum(DISPOSITIONS), 'Only with this disposition.', 'escalate').optional(),
})

export const adjudicationList = list('adjudications', adjudication)

export const recomputation = z.object({
  identical: field(z.boolean(), 'Whether every number is the same, to the last digit.', true),
  differences: z
    .array(
      z.object({
        path: text('Which figure.', 'beliefs.0'),
        stored: field(z.unknown(), 'As it was answered.', 0.548),
        recomputed: field(z.unknown(), 'As it is computed now.', 0.549),
      }),
    )
    .meta({ description: 'Every figure that is not the same.' }),
})
