import { z } from 'zod'
import { ACTIVE } from '../../app/named-ruleset.ts'
import { DAY, parseDuration } from '../../core/rules/time.ts'
import { BACKTEST_STATUSES } from '../../storage/database.ts'
import { backtestReport, rulesetName } from './backtest-report.ts'
import { count, field, idCursor, idPath, list, listQuery, name, number, text, time } from './common.ts'
import { BASELINE_HASH, CANDIDATE_HASH } from './examples.ts'

/** A ruleset of the database: files of the server have no names here. */
const storedSet = (description: string, example: string) =>
  field(
    z.string().regex(/^(active|sha256:[0-9a-f]{64})$/, {
      error: 'must be `active`, or `sha256:` and 64 hexadecimal digits, as POST /v1/rulesets answers',
    }),
    description,
    example,
  )

/** Longer ago than anything can have been recorded. */
const LONGEST = 36_500 * DAY

export const backtestRequest = z
  .strictObject({
    candidate: storedSet('The rules that are tried: the hash of a stored ruleset, or `active`.', ACTIVE),
    baseline: storedSet('What they are compared with; `active` where it is left out.', ACTIVE).default(ACTIVE),
    since: z
      .string()
      .refine((given) => isSpan(parseDuration(given)), {
        error: 'must be an ISO 8601 duration of at most 36,500 days, such as `P30D`',
      })
      .default('P30D')
      .meta({
        description: 'How far back, from the newest adjudication: an ISO 8601 duration. `P30D` where it is left out.',
        examples: ['P30D'],
      }),
    decision: name('Only questions of this decision; all where it is left out.', 'expansion-outreach').optional(),
    minutesPerReview: field(
      z.number().gt(0).max(1_440),
      'Minutes that a person takes for one look; 10 where it is left out.',
      10,
    ).default(10),
  })
  .meta({
    id: 'BacktestRequest',
    description: 'Rules to be tried on the recorded past.',
    examples: [{ candidate: ACTIVE, since: 'P30D' }],
  })

function isSpan(duration: number | string): boolean {
  return typeof duration === 'number' && duration > 0 && duration <= LONGEST
}

const backtestFields = {
  id: text('Id.', '01980a2e-7c21-7a3c-9f0e-1b2c3d4e5f60'),
  status: field(
    z.enum(BACKTEST_STATUSES),
    'How far it is. One that is interrupted is `queued` again, and begun anew.',
    'running',
  ),
  progress: z
    .object({
      done: count('Questions that both sets have answered.', 1200),
      total: field(z.number().nullable(), 'Of so many; null: that is not known yet.', 1800),
    })
    .meta({ description: 'How much of it is done.' }),
  requestedBy: text('Whose key asked for it.', 'maria'),
  createdAt: time('When.'),
  startedAt: time('When it was begun, for the last time; null: it waits.').nullable(),
  finishedAt: time('When it was done, failed or was cancelled. It is kept for ninety days from then.').nullable(),
  candidate: rulesetName('What is tried.', CANDIDATE_HASH, CANDIDATE_HASH),
  baseline: rulesetName(
    'What it is compared with; `active` is the set that was so when it was asked for.',
    'active',
    BASELINE_HASH,
  ),
  since: text('How far back, from the newest adjudication.', 'P30D'),
  decision: field(z.string().nullable(), 'Only questions of this decision; null: of all.', null),
  minutesPerReview: number('Minutes that a person takes for one look.', 10),
  error: field(
    z.string().nullable(),
    'Why it failed; null: it did not.',
    'the database has no adjudication yet; `umpire backtest` can replay files instead',
  ),
}

export const backtest = z
  .object(backtestFields)
  .meta({ id: 'Backtest', description: 'Rules that are tried on the recorded past.' })

export const backtestDetail = z
  .object({ ...backtestFields, report: backtestReport.nullable() })
  .meta({ id: 'BacktestDetail', description: 'Rules that are tried on the recorded past, and what was found.' })

export const backtestPath = idPath('back-test')

export const backtestList = list('backtests', backtest)

export const backtestQuery = listQuery({ cursor: idCursor })
