import type { App } from '../../app/app.ts'
import { listAudit, verifyAudit } from '../../app/audit.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { auditList, auditQuery, verification, verifyQuery } from '../schemas/audit.ts'
import { ANY_ROUTE, responses } from '../schemas/problem.ts'

const tags = ['Audit']

export function auditRoutes(http: Http, app: App): void {
  http.get(
    '/audit',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'listAudit',
        tags,
        summary: 'Read an audit stream, oldest entry first',
        querystring: auditQuery,
        response: responses({ 200: { description: 'A page.', schema: auditList } }, ANY_ROUTE),
      },
    },
    async ({ query }) => {
      const { items, next } = await listAudit(app, query)
      return { entries: items, next }
    },
  )

  http.get(
    '/audit/verify',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'verifyAudit',
        tags,
        summary: 'Verify the audit trail',
        description:
          'Recomputes every hash of one stream, or of all, and holds the stored rows against the entries that made them, up to the first that is not right.',
        querystring: verifyQuery,
        response: responses({ 200: { description: 'Whether it holds.', schema: verification } }, [
          ...ANY_ROUTE,
          'not_found',
        ]),
      },
    },
    ({ query }) => verifyAudit(app, query),
  )
}
