import { getAgent, listAgents, patchAgent } from '../../app/agents.ts'
import type { App } from '../../app/app.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { agent, agentList, agentPatch, agentPath, agentQuery } from '../schemas/agent.ts'
import { ANY_BODY, ANY_ROUTE, responses } from '../schemas/problem.ts'

const tags = ['Agents']

export function agentRoutes(http: Http, app: App): void {
  http.get(
    '/agents',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'listAgents',
        tags,
        summary: 'List agents by name',
        description: 'Those that agents.yaml declares and those that have spoken.',
        querystring: agentQuery,
        response: responses({ 200: { description: 'A page.', schema: agentList } }, ANY_ROUTE),
      },
    },
    async ({ query }) => {
      const { items, next } = await listAgents(app, query)
      return { agents: items, next }
    },
  )

  http.get(
    '/agents/:agent',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'getAgent',
        tags,
        summary: 'Read an agent',
        params: agentPath,
        response: responses({ 200: { description: 'The agent as it stands.', schema: agent } }, [
          ...ANY_ROUTE,
          'not_found',
        ]),
      },
    },
    ({ params }) => getAgent(app, params.agent),
  )

  http.patch(
    '/agents/:agent',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'patchAgent',
        tags,
        summary: 'Change an agent',
        description: 'Holds from the next adjudication on, and wins over agents.yaml.',
        params: agentPath,
        body: agentPatch,
        response: responses({ 200: { description: 'The agent as it stands now.', schema: agent } }, ANY_BODY),
      },
    },
    ({ principal, params, body }) => patchAgent(app, principal, params.agent, body),
  )
}
