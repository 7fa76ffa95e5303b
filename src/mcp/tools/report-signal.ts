import { signal, signalsResponse } from '../../http/schemas/signal.ts'
import { type ProblemTold, Refusal } from '../api.ts'
import { defineTool } from '../tool.ts'

const result = signalsResponse.shape.results.element.omit({ problem: true })

export const reportSignal = defineTool({
  name: 'report_signal',
  title: 'Report what you know of an account',
  description:
    'Tells Umpire what you have found out about an account (`claim`, and how sure you are), so that it counts for every ' +
    'agent. Choose an `id` of your own: the same one is taken in once, so repeat the call as it was if you got no answer.',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
  input: signal,
  output: result,
  async ask(api, body) {
    const answer = await api({ method: 'POST', path: '/v1/signals', body: { signals: [body] } })
    const [{ problem, ...taken }] = (answer as Answer).results
    if (problem) throw new Refusal(problem)
    return taken
  },
  tell: ({ id, status }) =>
    status === 'duplicate' ? `Signal ${id} had been taken in before.` : `Signal ${id} is taken in.`,
})

interface Answer {
  readonly results: readonly [{ readonly problem?: ProblemTold }]
}
