import { z } from 'zod'
import { field, name, timestamp } from './common.ts'
import { CLOUD_EVENT } from './examples.ts'
import { signal } from './signal.ts'

const data = signal.omit({ id: true, agent: true, account: true, claim: true, observedAt: true })

/** A signal as a CloudEvent 1.0 in JSON. For readers: events are read by `cloudevents.ts`. */
export const cloudEvent = z
  .looseObject({
    specversion: field(z.literal('1.0'), 'Version of CloudEvents.', '1.0'),
    id: name("The agent's own id of the signal.", 'cr-2026-11-20-17'),
    source: name('The agent.', 'churn-radar'),
    subject: name('The account.', 'acme'),
    type: field(z.string().startsWith('umpire.signal.'), '`umpire.signal.<claim>`', 'umpire.signal.churn_risk'),
    time: timestamp('When it was observed.').optional(),
    datacontenttype: field(z.string(), 'JSON.', 'application/json').optional(),
    data: data.meta({ description: 'What else a signal has.' }).optional(),
  })
  .meta({ id: 'CloudEvent', description: 'A signal as a CloudEvent 1.0.', examples: [CLOUD_EVENT] })

export const cloudEvents = (longest: number) =>
  z
    .array(cloudEvent)
    .min(1)
    .max(longest)
    .meta({ examples: [[CLOUD_EVENT]] })
