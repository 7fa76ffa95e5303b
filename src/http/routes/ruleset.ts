import { activateStored, listRulesets, releaseRules, rollBack, uploadRuleset } from '../../app/activation.ts'
import type { App } from '../../app/app.ts'
import { getRuleset } from '../../app/ruleset.ts'
import type { Activation } from '../../storage/activations.ts'
import { MEBIBYTE } from '../errors.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { listQuery } from '../schemas/common.ts'
import { ANY_POST, ANY_ROUTE, responses } from '../schemas/problem.ts'
import { activation, activationList, ruleset, rulesetPath, upload, uploaded } from '../schemas/ruleset.ts'

const tags = ['Ruleset']
/** Of all files together, in bytes. Each may have 256 KiB, and a hundred and more are nothing unusual. */
const LARGEST_SET = 32 * MEBIBYTE
const activated = { 200: { description: 'What answers from now on.', schema: activation } }

export function rulesetRoutes(http: Http, app: App): void {
  http.get(
    '/ruleset',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'getRuleset',
        tags,
        summary: 'Read the ruleset',
        description: 'The rules that answer now, and what can be asked of them.',
        response: responses({ 200: { description: 'The ruleset.', schema: ruleset } }, ANY_ROUTE),
      },
    },
    async () => getRuleset(app),
  )

  http.get(
    '/rulesets',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'listRulesets',
        tags,
        summary: 'List activations',
        description: 'Which rules answered when, the newest first.',
        querystring: listQuery({}),
        response: responses({ 200: { description: 'A page.', schema: activationList } }, ANY_ROUTE),
      },
    },
    async ({ query }) => {
      const { items, next } = await listRulesets(app, query)
      return { activations: items.map(view), next }
    },
  )

  http.post(
    '/rulesets',
    {
      bodyLimit: LARGEST_SET,
      onRequest: needs('admin'),
      schema: {
        operationId: 'uploadRuleset',
        tags,
        summary: 'Store a ruleset',
        description:
          'It is checked, its cases are run, and where all is well it is kept. It answers nothing until it is activated. The body may have 32 MiB.',
        body: upload,
        response: responses({ 201: { description: 'It is stored.', schema: uploaded } }, [
          ...ANY_POST,
          'invalid_ruleset',
        ]),
      },
    },
    async ({ principal, body }, reply) => {
      const files = Object.entries(body.files).map(([path, text]) => ({ path, text }))
      return reply.code(201).send(await uploadRuleset(app, principal, files))
    },
  )

  http.post(
    '/rulesets/:hash/activate',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'activateRuleset',
        tags,
        summary: 'Activate a stored ruleset',
        description:
          'The process that is asked answers with it at once, every other within a second. It is pinned: the directory is not heard until it is released.',
        params: rulesetPath,
        response: responses(activated, [...ANY_ROUTE, 'not_found']),
      },
    },
    async ({ principal, params }) => view(await activateStored(app, principal, params.hash)),
  )

  http.post(
    '/rulesets/rollback',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'rollBackRuleset',
        tags,
        summary: 'Go back to the rules before',
        description:
          'Activates and pins the set that answered before. The next time it goes on to the one before that: what has been gone back from is not come back to.',
        response: responses(activated, [...ANY_ROUTE, 'not_found']),
      },
    },
    async ({ principal }) => view(await rollBack(app, principal)),
  )

  http.post(
    '/rulesets/release',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'releaseRuleset',
        tags,
        summary: 'Hear the directory again',
        description:
          'Takes what has changed in the directory while other rules were pinned; where nothing has, they go on answering until it changes.',
        response: responses(activated, [...ANY_ROUTE, 'not_found']),
      },
    },
    async ({ principal }) => view(await releaseRules(app, principal)),
  )
}

function view({ at, ...activation }: Activation) {
  return { ...activation, activatedAt: new Date(at).toISOString() }
}
