import { z } from 'zod'
import { TEST } from '../../app/events/subscriptions.ts'
import { EVENT_TYPES } from '../../core/events.ts'
import { EVENTS } from '../../core/queues.ts'
import { DELIVERY_STATUSES } from '../../storage/database.ts'
import { count, field, idCursor, idPath, list, listQuery, name, text, time, unfilled } from './common.ts'

const ESCALATION = '01980a2e-7c20-7b1e-8c3d-5d0a5f4f9b02'

const deliveryFields = {
  id: text('Id, which a webhook has in its header `webhook-id`.', '01980a2e-7c21-7a3c-9f0e-1b2c3d4e5f60'),
  target: text('Who is told, by the name in `queues.yaml`; of a subscription, the host.', 'csm/1'),
  subscription: field(z.string().nullable(), 'Id of the subscription that it is for; null: none.', null),
  event: field(z.enum([...new Set([...EVENTS, ...EVENT_TYPES]), TEST]), 'What happened.', 'escalation.opened'),
  account: field(z.string().nullable(), 'Id of the account that it is about; null: it tries a subscription.', 'acme'),
  escalation: field(z.string().nullable(), 'Id of the escalation that it is about; null: none.', ESCALATION),
  status: field(
    z.enum(DELIVERY_STATUSES),
    'Pending until the target has taken it; dead once it was tried in vain for a day, or the target wants no more.',
    'pending',
  ),
  attempts: count('Attempts since it was made or last replayed.', 3),
  nextAt: time('When it is tried next; null: it is settled.').nullable(),
  lastError: field(
    z.string().nullable(),
    'Why the newest attempt that failed did; null: none has.',
    '`hooks.example.com` refuses connections',
  ),
  createdAt: time('When it was made.'),
  settledAt: time('When it was delivered or given up; null: it is pending.').nullable(),
}

export const delivery = z
  .object(deliveryFields)
  .meta({ id: 'Delivery', description: 'One notice or event on its way to one target.' })

export const deliveryDetail = z
  .object({
    ...deliveryFields,
    body: field(z.record(z.string(), z.unknown()), 'What is sent.', {
      type: 'escalation.opened',
      timestamp: '2026-11-20T09:00:00.000Z',
      data: { escalation: { id: ESCALATION, account: 'acme' } },
    }),
  })
  .meta({ id: 'DeliveryDetail', description: 'One notice or event on its way to one target, with what is sent.' })

export const deliveryPath = idPath('delivery')

export const deliveryList = list('deliveries', delivery)

export const deliveryQuery = listQuery({
  status: field(z.enum(DELIVERY_STATUSES), 'Only with this status; `dead` is the dead-letter list.', 'dead').optional(),
  target: name('Only to this target.', 'csm/1').optional(),
  escalation: unfilled(z.uuid(), 'Only about this escalation.'),
  subscription: unfilled(z.uuid(), 'Only for this subscription.'),
  cursor: idCursor,
})
