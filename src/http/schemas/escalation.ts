import { z } from 'zod'
import { ESCALATION_STATUSES } from '../../core/escalation/escalation.ts'
import { REASONS } from '../../core/model.ts'
import {
  count,
  field,
  idCursor,
  idPath,
  list,
  listQuery,
  name,
  nameFilter,
  number,
  probability,
  text,
  time,
} from './common.ts'

const KINDS = ['decision', 'sample'] as const
const RESOLUTIONS = ['uphold', 'override', 'dismiss', 'fallback', 'withdrawn'] as const
const ADJUDICATION = '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11'

export const resolution = z.object({
  resolution: field(
    z.enum(RESOLUTIONS),
    'A person upheld the recommendation, overrode it or dismissed the item; nobody decided in time (`fallback`); or no person was needed any more (`withdrawn`).',
    'override',
  ),
  action: field(z.string().nullable(), 'What is to be done; null: nothing was decided.', 'send_expansion_email'),
  recommended: field(z.string().nullable(), 'What was recommended then.', 'wait'),
  state: field(z.string().nullable(), 'What the reviewer knows of the account.', 'healthy'),
  wrongSignals: field(z.array(z.string()), 'Ids of signals that the reviewer calls wrong.', ['cr-2026-11-20-17']),
  reason: text('Why, by its code.', 'knows_account'),
  comment: field(z.string().nullable(), 'Why, in their words.', 'Their champion told me on the phone'),
  by: text('Who decided; `umpire`: no person.', 'maria'),
  at: time('When it ended.'),
})

export const escalationFields = {
  id: text('Id.', '01980a2e-7c20-7b1e-8c3d-5d0a5f4f9b02'),
  adjudication: text('Id of the newest adjudication of the question.', ADJUDICATION),
  account: text('Id of the account.', 'acme'),
  decision: text('The decision.', 'expansion-outreach'),
  rule: field(
    z.string().nullable(),
    'What could not be evaluated, of an item that is about that: decision and rule; null: it is about the account.',
    null,
  ),
  queue: text('Whose it is.', 'csm'),
  kind: field(z.enum(KINDS), 'A decision waits for a person; a sample blocks nothing.', 'decision'),
  status: field(z.enum(ESCALATION_STATUSES), 'How far it is. A claim that has lapsed leaves it `open`.', 'open'),
  priority: field(z.number(), 'Higher comes first.', 50),
  regret: number('Expected cost of error of the answer; null: its queue is blind.', 59.1).nullable(),
  dueAt: time('When a person should have decided.'),
  overdueAt: time('When it was noticed to be overdue; null: it is not.').nullable(),
  recommended: field(z.string().nullable(), 'What is recommended; null: nothing, or its queue is blind.', 'wait'),
  reasons: field(
    z.array(z.enum(REASONS)).nullable(),
    'Why a person is asked, and what else holds; null: its queue is blind.',
    ['uncertain'],
  ),
  proposal: z
    .object({
      agent: text('Who wants to act.', 'renewal-copilot'),
      action: text('What it wants to do.', 'send_expansion_email'),
    })
    .meta({ description: 'What an agent waits for permission to do; null: none does.' })
    .nullable(),
  assignee: field(z.string().nullable(), 'Who should take it; null: anybody of the queue.', null),
  claimedBy: field(z.string().nullable(), 'Who works on it; null: nobody.', null),
  claimedUntil: time('Until when it is theirs; null: nobody holds it.').nullable(),
  probability: probability('Of a sample, how likely it was drawn; null: it is none.', 0.1).nullable(),
  changes: count('How often newer answers have changed what is asked.', 0),
  resolution: resolution.meta({ description: 'How it ended; null: it has not.' }).nullable(),
  openedBy: text('Id of the adjudication that opened it.', ADJUDICATION),
  createdAt: time('When it was opened.'),
  closedAt: time('When it ended; null: it has not.').nullable(),
  blind: field(z.boolean(), 'Whether the recommendation is hidden until the reviewer has given theirs.', false),
}

export const escalation = z
  .object(escalationFields)
  .meta({ id: 'Escalation', description: 'An item in a human queue.' })

export const escalationPath = idPath('escalation')

export const escalationList = list('escalations', escalation)

export const escalationQuery = listQuery({
  cursor: idCursor,
  status: field(z.enum(ESCALATION_STATUSES), 'Only with this status.', 'open').optional(),
  queue: name('Only of this queue.', 'csm').optional(),
  kind: field(z.enum(KINDS).default('decision'), 'Only of this kind; decisions where it is left out.', 'decision'),
  claimedBy: nameFilter('Only those that this person holds.'),
  assignee: nameFilter('Only those that this person should take.'),
  account: name('Only of this account.', 'acme').optional(),
})
