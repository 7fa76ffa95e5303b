import type { App } from '../../app/app.ts'
import { getRuleset } from '../../app/ruleset.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { ANY_ROUTE, responses } from '../schemas/problem.ts'
import { ruleset } from '../schemas/ruleset.ts'

export function rulesetRoutes(http: Http, app: App): void {
  http.get(
    '/ruleset',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'getRuleset',
        tags: ['Ruleset'],
        summary: 'Read the ruleset',
        description: 'The rules that answer now, and what can be asked of them.',
        response: responses({ 200: { description: 'The ruleset.', schema: ruleset } }, ANY_ROUTE),
      },
    },
    async () => getRuleset(app),
  )
}
