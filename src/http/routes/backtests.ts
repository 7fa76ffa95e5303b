import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { App } from '../../app/app.ts'
import { cancelBacktest, getBacktest, getReport, listBacktests, requestBacktest } from '../../app/backtests.ts'
import { visibleTo } from '../../backtest/blind.ts'
import { STYLE } from '../../backtest/html/style.ts'
import { renderReport } from '../../backtest/html.ts'
import type { BacktestReport } from '../../backtest/report.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import {
  backtest,
  backtestDetail,
  backtestList,
  backtestPath,
  backtestQuery,
  backtestRequest,
} from '../schemas/backtest.ts'
import { knownId } from '../schemas/common.ts'
import { ANY_POST, ANY_ROUTE, responses } from '../schemas/problem.ts'

const tags = ['Back-tests']

export function backtestRoutes(http: Http, app: App): void {
  http.post(
    '/backtests',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'requestBacktest',
        tags,
        summary: 'Try other rules on the recorded past',
        description:
          'Asks the adjudications of the past again, each with the signals, facts and agents that there were then, of ' +
          'two rulesets, and reports how they compare. That takes seconds to minutes, in the background: look at it ' +
          'until its status is `done`. Rules that are not active are stored with `POST /v1/rulesets` before.',
        body: backtestRequest,
        response: responses({ 202: { description: 'It waits for its turn.', schema: backtest } }, [
          ...ANY_POST,
          'not_found',
          'unknown_decision',
        ]),
      },
    },
    async ({ principal, body }, reply) => {
      const requested = await requestBacktest(app, principal, body)
      return reply.code(202).header('location', `/v1/backtests/${requested.id}`).send(requested)
    },
  )

  http.get(
    '/backtests',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'listBacktests',
        tags,
        summary: 'List back-tests, newest first',
        description: 'Without their reports. They are kept for ninety days after they have ended.',
        querystring: backtestQuery,
        response: responses({ 200: { description: 'A page.', schema: backtestList } }, ANY_ROUTE),
      },
    },
    async ({ query }) => {
      const { items, next } = await listBacktests(app, query)
      return { backtests: items, next }
    },
  )

  http.get(
    '/backtests/:id',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'getBacktest',
        tags,
        summary: 'Read a back-test',
        description:
          'How far it is, and what it found once it is done. Reviewers are not shown flips of which a blind queue hides ' +
          'what is recommended.',
        params: backtestPath,
        response: responses({ 200: { description: 'The back-test.', schema: backtestDetail } }, [
          ...ANY_ROUTE,
          'not_found',
        ]),
      },
    },
    async ({ params, principal }) => {
      const { report, ...backtest } = await getBacktest(app, knownId(params.id, 'back-test'))
      return { ...backtest, report: report && (await visibleTo(app, principal, report as BacktestReport)) }
    },
  )

  http.get(
    '/backtests/:id/report',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'getBacktestReport',
        tags,
        summary: 'Read what a back-test found, as a page',
        description: 'One page with plots that needs nothing else, so that it can be saved and sent around.',
        params: backtestPath,
        response: {
          ...responses({}, [...ANY_ROUTE, 'not_found', 'backtest_pending']),
          200: { description: 'The page.', content: { 'text/html': { schema: z.string() } } },
        },
      },
    },
    async ({ params, principal }, reply) => {
      const report = JSON.parse(await getReport(app, knownId(params.id, 'back-test')))
      return reply.headers(PAGE_HEADERS).send(renderReport(await visibleTo(app, principal, report), app.publicUrl))
    },
  )

  http.delete(
    '/backtests/:id',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'cancelBacktest',
        tags,
        summary: 'Cancel a back-test',
        description: 'One that waits or runs; whichever process runs it stops within a second or two.',
        params: backtestPath,
        response: responses({ 200: { description: 'The back-test, cancelled.', schema: backtest } }, [
          ...ANY_ROUTE,
          'not_found',
          'backtest_finished',
        ]),
      },
    },
    ({ params, principal }) => cancelBacktest(app, principal, knownId(params.id, 'back-test')),
  )
}

/** The page has a style sheet of its own and nothing else, names accounts, and is within no other. */
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}
