import { z } from 'zod'
import { DISPOSITIONS, VERDICTS } from '../../core/model.ts'
import { SHADOW_RESULTS } from '../../storage/database.ts'
import {
  count,
  field,
  idCursor,
  list,
  listQuery,
  nameFilter,
  number,
  probability,
  text,
  time,
  unfilled,
} from './common.ts'

const HASH = 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
const ID = '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11'

/** What nobody can mistake, in every body about a shadow. */
export const NOTICE = 'Shadow: these answers were given to nobody and changed nothing.'

const marked = {
  shadow: field(z.literal(true), 'That none of this was ever told to anybody who asked.', true),
  notice: text('The same in words.', NOTICE),
}

const stance = {
  answer: text('`act <action>`, `suggest <action>` or `escalate`.', 'act wait'),
  action: field(z.string().nullable(), 'What was recommended; null: nothing is permitted.', 'wait'),
  disposition: field(z.enum(DISPOSITIONS), 'What might be done with it.', 'act'),
  verdict: field(
    z.enum(VERDICTS).nullable(),
    'On the proposal; null: there was none, or the set does not have the action.',
    'deny',
  ),
}

const shadowAnswer = z
  .object({
    adjudication: text('Id of the answer that was given.', ID),
    link: text('Where to read it.', `/v1/adjudications/${ID}`),
    account: text('Whom it was about.', 'acme'),
    decision: text('The question.', 'expansion-outreach'),
    at: time('When it was asked.'),
    result: field(
      z.enum(SHADOW_RESULTS),
      "`ruled`: a person's earlier answer stood. `not_compared`: the shadow set has no such decision. `failed`: it could not answer.",
      'flipped',
    ),
    active: z.object(stance).meta({ description: 'What was answered.' }),
    candidate: z
      .object({
        ...stance,
        regret: number('Expected cost of error under the shadow set.', 59.1),
        confidence: probability('Belief in the states in which its action costs least.', 0.45),
        errored: field(z.boolean(), 'Whether an expression failed in it, so that it asks a person.', false),
      })
      .meta({ description: 'What the shadow set would have answered; null: nothing.' })
      .nullable(),
  })
  .meta({ id: 'ShadowAnswer', description: 'An answer that nobody got, beside the one that was given.' })

const shadowError = z
  .object({
    adjudication: text('Id of the answer that was given.', ID),
    link: text('Where to read it.', `/v1/adjudications/${ID}`),
    account: text('Whom it was about.', 'acme'),
    at: time('When it was asked.'),
    failures: z
      .array(
        z.object({
          id: text('The rule, or `loss:<action>.<state>` or `agent:<agent>`.', 'procurement-dispute'),
          error: text('Expression and reason.', 'account.arr > 100000: no such fact'),
        }),
      )
      .meta({ description: 'What failed; null: the question or the shadow set can no longer be read.' })
      .nullable(),
  })
  .meta({ description: 'An answer that nobody got, in which an expression failed.' })

const speaks = (what: string) =>
  z
    .object({
      agree: count('For the answer of the shadow set.', 11),
      contradict: count('Against it.', 2),
      neither: count('For neither.', 0),
    })
    .meta({ description: what })

const shadowDecision = z
  .object({
    decision: text('Name of the decision.', 'expansion-outreach'),
    questions: count('Asked while the shadow ran.', 1200),
    compared: count('Answered by the rules of both sets: `same` and `flipped`.', 1150),
    same: count('Both answer the same.', 1100),
    flipped: count('They answer otherwise.', 50),
    flippedShare: probability('Of those compared; null: none was.', 0.0435).nullable(),
    ruled: count("Settled by a person's earlier answer, whatever the rules say; not compared.", 50),
    notCompared: count('The shadow set has no such decision.', 0),
    failed: count('The shadow set could not answer, for a fault of the service; the log says which.', 0),
    errors: count('Of its answers, those in which an expression failed, so that it asks a person.', 3),
    people: z
      .object({
        active: probability('Under the rules that answer.', 0.26),
        candidate: probability('Under the shadow set.', 0.31),
      })
      .meta({ description: 'Of those compared, the share that people decide; null: none was compared.' })
      .nullable(),
    flips: z
      .array(
        z.object({
          from: text('What was answered.', 'act wait'),
          to: text('What the shadow set would have answered.', 'escalate'),
          questions: count('How often.', 22),
        }),
      )
      .meta({ description: 'The most frequent first.' }),
    proposals: z
      .object({
        judged: count('Questions with a proposal, of those compared.', 300),
        differ: count('The verdict differs.', 4),
        verdicts: z
          .array(
            z.object({
              from: field(z.string().nullable(), 'The verdict that was given.', 'allow'),
              to: field(z.string().nullable(), 'That of the shadow set; null: it does not have the action.', 'ask'),
              questions: count('How often.', 4),
            }),
          )
          .meta({ description: 'Where they differ, the most frequent first.' }),
      })
      .meta({ description: 'What agents wanted to do.' }),
    evidence: z
      .object({
        flips: count('How many of the newest flips were looked at.', 50),
        outcomes: speaks(
          'By the true state, where it is known: which answer costs less there by the costs of the shadow set.',
        ),
        people: speaks('By what a person decided, where the state is not known.'),
        unknown: count('Nothing is known yet.', 37),
      })
      .meta({ description: 'What became known of the flips since.' }),
    newest: z.array(shadowAnswer).meta({ description: 'The newest flips, ten at most.' }),
    newestErrors: z
      .array(shadowError)
      .meta({ description: 'The newest answers in which an expression of the shadow set failed, five at most.' }),
  })
  .meta({ id: 'ShadowDecision', description: 'How one decision compares.' })

export const shadowReport = z
  .object({
    ...marked,
    running: field(z.boolean(), 'Whether a shadow runs now.', true),
    ruleset: field(z.string().nullable(), 'SHA-256 of the rules that run, or ran last; null: none ever did.', HASH),
    against: field(z.string().nullable(), 'SHA-256 of the rules that answered when it was started.', HASH),
    changes: field(z.array(z.string()), 'What is otherwise than in those.', [
      'expansion-outreach: review cost 40 → 55',
    ]),
    activations: count('How often other rules became active while it ran: what it is compared with changed then.', 0),
    startedAt: time('When it was started.').nullable(),
    startedBy: field(z.string().nullable(), 'By whom.', 'maria'),
    source: field(z.string().nullable(), 'Where it came from.', 'api'),
    stoppedAt: time('When it ended; null: it runs, or none ever did.').nullable(),
    stoppedBy: field(z.string().nullable(), 'By whom.', null),
    stoppedBecause: field(
      z.enum(['stopped', 'activated']).nullable(),
      '`activated`: the set became the active one.',
      null,
    ),
    questions: count('Adjudications that were made while it ran.', 1200),
    decisions: z.array(shadowDecision).meta({ description: 'By name.' }),
  })
  .meta({ id: 'Shadow', description: 'What a set that answers nobody would have answered.' })

export const shadowStart = z
  .strictObject({
    ruleset: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, { error: 'must be `sha256:` and 64 hexadecimal digits' })
      .meta({ description: 'SHA-256 of stored rules, as `POST /v1/rulesets` gave it.', examples: [HASH] }),
  })
  .meta({ id: 'ShadowStart', description: 'Which rules shall run as a shadow.', examples: [{ ruleset: HASH }] })

export const shadowAnswerQuery = listQuery({
  cursor: idCursor,
  decision: nameFilter('Only of this decision.'),
  flipped: unfilled(
    z.enum(['true', 'false']).transform((sent) => sent === 'true'),
    '`true`: only answers that differ; `false`: only the others.',
  ),
  errored: unfilled(
    z.enum(['true', 'false']).transform((sent) => sent === 'true'),
    '`true`: only answers in which an expression of the shadow set failed; `false`: only the others.',
  ),
})

export const shadowAnswerList = list('answers', shadowAnswer).extend(marked)
