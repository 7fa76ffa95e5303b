import type { App } from '../../app/app.ts'
import type { Principal } from '../../app/principal.ts'
import { startShadow, stopShadow } from '../../app/shadow.ts'
import { listShadowAnswers } from '../../app/shadow-answers.ts'
import { reportShadow } from '../../backtest/shadow.ts'
import type { ShadowError } from '../../backtest/shadow-errors.ts'
import { answerOf } from '../../core/comparison.ts'
import type { ShadowAnswer } from '../../storage/shadow-answers.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { ANY_POST, ANY_ROUTE, responses } from '../schemas/problem.ts'
import { NOTICE, shadowAnswerList, shadowAnswerQuery, shadowReport, shadowStart } from '../schemas/shadow.ts'

const tags = ['Ruleset']
const MARKED = { shadow: true, notice: NOTICE } as const
const found = { 200: { description: 'What it has found so far.', schema: shadowReport } }

export function shadowRoutes(http: Http, app: App): void {
  http.get(
    '/shadow',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'getShadow',
        tags,
        summary: 'Compare the shadow set',
        description:
          'What a set of rules would have answered to the questions that were asked since it was started as a shadow, ' +
          'beside what was answered. A shadow answers nobody, opens nothing and tells nobody. What one has found stays ' +
          'until the next is started.',
        response: responses(found, ANY_ROUTE),
      },
    },
    ({ principal }) => report(app, principal),
  )

  http.post(
    '/shadow',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'startShadow',
        tags,
        summary: 'Start a shadow',
        description:
          'Has stored rules answer, unheard, every question that is asked from now on; in every process within a second. ' +
          'One runs at a time; it ends when it is stopped, or becomes the active set.',
        body: shadowStart,
        response: responses(found, [...ANY_POST, 'not_found', 'shadow_conflict']),
      },
    },
    async ({ principal, body }) => {
      await startShadow(app, principal, body.ruleset)
      return report(app, principal)
    },
  )

  http.delete(
    '/shadow',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'stopShadow',
        tags,
        summary: 'Stop the shadow',
        description: 'What it has found stays until the next is started.',
        response: responses(found, [...ANY_ROUTE, 'not_found']),
      },
    },
    async ({ principal }) => {
      await stopShadow(app, principal)
      return report(app, principal)
    },
  )

  http.get(
    '/shadow/answers',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'listShadowAnswers',
        tags,
        summary: 'List what the shadow would have answered',
        description: 'Newest first, of the shadow that was started last.',
        querystring: shadowAnswerQuery,
        response: responses({ 200: { description: 'A page.', schema: shadowAnswerList } }, ANY_ROUTE),
      },
    },
    async ({ principal, query: { limit, cursor, ...filter } }) => {
      const { items, next } = await listShadowAnswers(app, principal, filter, { limit, cursor })
      return { ...MARKED, answers: items.map(view), next }
    },
  )
}

async function report(app: App, viewer: Principal) {
  const found = await reportShadow(app, viewer)
  if (!found) return { ...MARKED, ...NEVER }
  const { shadow, questions, decisions } = found
  const { ruleset, against, changes, activations, at, by, source, end } = shadow
  return {
    ...MARKED,
    running: end === null,
    ruleset,
    against,
    changes,
    activations,
    startedAt: new Date(at).toISOString(),
    startedBy: by,
    source,
    stoppedAt: end && new Date(end.at).toISOString(),
    stoppedBy: end?.by ?? null,
    stoppedBecause: end?.reason ?? null,
    questions,
    decisions: decisions.map((decision) => ({
      ...decision,
      newest: decision.newest.map(view),
      newestErrors: decision.newestErrors.map(errorView),
    })),
  }
}

const NEVER = {
  running: false,
  ruleset: null,
  against: null,
  changes: [],
  activations: 0,
  startedAt: null,
  startedBy: null,
  source: null,
  stoppedAt: null,
  stoppedBy: null,
  stoppedBecause: null,
  questions: 0,
  decisions: [],
}

function errorView({ answer, failures }: ShadowError) {
  const { adjudication, link, account, at } = view(answer)
  return { adjudication, link, account, at, failures }
}

function view({ adjudication, account, decision, at, result, active, candidate }: ShadowAnswer) {
  return {
    adjudication,
    link: `/v1/adjudications/${adjudication}`,
    account,
    decision,
    at: at.toISOString(),
    result,
    active: { answer: answerOf(active), ...active },
    candidate: candidate && { answer: answerOf(candidate), ...candidate },
  }
}
