import { z } from 'zod'
import { ESCALATION_STATUSES } from '../../storage/database.ts'
import { field, idPath, list, listQuery, name, number, text, time } from './common.ts'

const KINDS = ['decision', 'sample'] as const

export const escalationFields = {
  id: text('Id.', '01980a2e-7c20-7b1e-8c3d-5d0a5f4f9b02'),
  adjudication: text('Id of the adjudication that opened it.', '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11'),
  account: text('Id of the account.', 'acme'),
  decision: text('The decision.', 'expansion-outreach'),
  queue: text('Whose it is.', 'csm'),
  kind: field(z.enum(KINDS), 'A decision waits for a person; a sample blocks nothing.', 'decision'),
  status: field(z.enum(ESCALATION_STATUSES), 'How far it is.', 'open'),
  priority: field(z.number(), 'Higher comes first.', 50),
  regret: number('Expected cost of error of the answer.', 59.1),
  dueAt: time('When a person should have decided.'),
  claimedBy: field(z.string().nullable(), 'Who works on it; null: nobody.', null),
  claimedUntil: time('Until when it is theirs; null: nobody holds it.').nullable(),
  resolution: field(z.unknown(), 'How it was resolved; null: it was not.', null),
  createdAt: time('When it was opened.'),
}

export const escalation = z
  .object(escalationFields)
  .meta({ id: 'Escalation', description: 'An item in a human queue.' })

export const escalationPath = idPath('escalation')

export const escalationList = list('escalations', escalation)

export const escalationQuery = listQuery({
  status: field(z.enum(ESCALATION_STATUSES), 'Only with this status.', 'open').optional(),
  queue: name('Only of this queue.', 'csm').optional(),
  kind: field(z.enum(KINDS), 'Only of this kind.', 'decision').optional(),
  claimedBy: name('Only those that this person holds.', 'maria').optional(),
  account: name('Only of this account.', 'acme').optional(),
})
