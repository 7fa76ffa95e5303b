import { z } from 'zod'
import type { App } from '../../app/app.ts'
import type { ItemResult } from '../../app/items.ts'
import { type OutcomeInput, recordOutcomes } from '../../app/outcomes.ts'
import { serveEach } from '../batch.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { isAhead } from '../schemas/common.ts'
import { outcome, outcomesRequest, outcomesResponse } from '../schemas/outcome.ts'
import { ANY_POST, responses } from '../schemas/problem.ts'
import { check, parse, sentences } from '../validation.ts'

export function outcomeRoutes(http: Http, app: App): void {
  http.post(
    '/outcomes',
    {
      onRequest: needs('outcomes:write'),
      schema: {
        operationId: 'sendOutcomes',
        tags: ['Outcomes'],
        summary: 'Send outcomes',
        description: 'Takes in outcomes one by one: a bad one is rejected and stops no other.',
        body: outcomesRequest,
        response: responses(
          { 202: { description: 'What became of each, in the order given.', schema: outcomesResponse } },
          ANY_POST,
        ),
      },
      // The schema is for readers: each outcome is validated on its own.
      validatorCompiler: () => (value) => ({ value }),
    },
    async ({ principal, body }, reply) => {
      const now = app.now()
      const results = await serveEach<unknown, OutcomeInput, ItemResult>(
        parse(envelope, body).outcomes,
        (item) => checkOutcome(item, now),
        (good) => recordOutcomes(app, principal, good),
        (_item, detail) => ({ status: 'rejected', problem: { code: 'invalid_request', detail } }),
      )
      return reply.code(202).send({ results })
    },
  )
}

const envelope = z.strictObject({ outcomes: z.array(z.unknown()).min(1).max(1_000) })

/** @returns the outcome, or else what is wrong with it */
function checkOutcome(item: unknown, now: number): OutcomeInput | string {
  const { value, errors } = check(outcome, item)
  if (value === undefined) return sentences(errors, 'the outcome')
  return isAhead(value.observedAt, now) ? '`observedAt` must be at most 5 minutes ahead of now' : value
}
