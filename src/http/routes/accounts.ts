import { getAccount, putAccount } from '../../app/accounts.ts'
import type { App } from '../../app/app.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { account, accountChange, accountPath } from '../schemas/account.ts'
import { ANY_BODY, ANY_ROUTE, responses } from '../schemas/problem.ts'

const tags = ['Accounts']

export function accountRoutes(http: Http, app: App): void {
  http.put(
    '/accounts/:account',
    {
      onRequest: needs('accounts:write'),
      schema: {
        operationId: 'putAccount',
        tags,
        summary: 'Set facts and aliases',
        description:
          'Merges facts at the top level (`null` takes one away) and adds aliases. An alias that was an account of its ' +
          'own joins this one.',
        params: accountPath,
        body: accountChange,
        response: responses({ 200: { description: 'The account as it stands now.', schema: account } }, [
          ...ANY_BODY,
          'alias_conflict',
          'facts_too_large',
          'overloaded',
        ]),
      },
    },
    ({ principal, params, body }) => putAccount(app, principal, params.account, body),
  )

  http.get(
    '/accounts/:account',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'getAccount',
        tags,
        summary: 'Read an account',
        description: 'Its facts, live signals, the newest adjudication of each decision, and open escalations.',
        params: accountPath,
        response: responses({ 200: { description: 'The account as it stands.', schema: account } }, [
          ...ANY_ROUTE,
          'not_found',
        ]),
      },
    },
    ({ principal, params }) => getAccount(app, params.account, principal),
  )
}
