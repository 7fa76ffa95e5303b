import { z } from 'zod'
import { money, percent } from '../../core/phrases.ts'
import { adjudication } from '../../http/schemas/adjudication.ts'
import { defineTool, id, quoted } from '../tool.ts'

type Adjudication = z.output<typeof adjudication>

export const explainAdjudication = defineTool({
  name: 'explain_adjudication',
  title: 'Explain an answer',
  description:
    'Says why an answer is what it is: what each signal weighed, which rules held, what would have changed it, and what people ' +
    'decided since (`resolution`). Call it when somebody asks why, or to see whether a person has decided.',
  annotations: { readOnlyHint: true },
  input: z.strictObject({
    adjudication: id(
      'Id of the answer, as check_action and get_recommendation give it.',
      '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11',
    ),
  }),
  output: adjudication,
  ask: (api, { adjudication }) => api({ method: 'GET', path: `/v1/adjudications/${adjudication}` }),
  tell: (answer) =>
    [
      answer.summary,
      beliefs(answer),
      section('Signals', answer.signals.map(signalLine)),
      section('Rules', answer.rules.map(ruleLine)),
      section('What would change it', answer.flips.map(flipLine)),
      ended(answer),
    ]
      .filter((text) => text !== '')
      .join('\n'),
})

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`${title}:`, ...lines.map((line) => `- ${line}`)].join('\n')
}

function beliefs({ beliefs, expectedLoss, regret, reviewCost }: Adjudication): string {
  const states = Object.entries(beliefs).map(([state, p]) => `${state} ${percent(p)}`)
  const losses = Object.entries(expectedLoss).map(
    ([action, loss]) => `${action} ${loss === null ? 'unknown' : money(loss)}`,
  )
  return `Beliefs: ${states.join(', ')}. Expected loss: ${losses.join(', ')}. A mistake costs ${money(regret)} on average, asking a person ${money(reviewCost)}.`
}

function signalLine({
  id,
  agent,
  claim,
  calibrated,
  ageHours,
  contribution,
  used,
  why,
}: Adjudication['signals'][number]) {
  const said = `${quoted(agent)} says ${quoted(claim)} (${quoted(id)}, ${percent(calibrated)}, ${Math.round(ageHours)} h old)`
  return used ? `${said}: contributes ${contribution.toFixed(2)}` : `${said}: not used, ${why}`
}

function ruleLine({ id, effect, because, error }: Adjudication['rules'][number]) {
  return error === undefined ? `${id}: ${effect}, ${because}` : `${id} failed: ${error}`
}

function flipLine({ signal, atConfidence, action }: Adjudication['flips'][number]) {
  return `${quoted(signal)} at ${percent(atConfidence)}: ${action}`
}

function ended({ resolution, escalation }: Adjudication): string {
  if (resolution) {
    const { resolution: how, action, by, at, reason } = resolution
    return `${quoted(by)} decided at ${at}: ${how}, ${action ?? 'nothing'} (${quoted(reason)}).`
  }
  return escalation?.kind === 'decision'
    ? `Nobody has decided yet; ${escalation.queue} should by ${escalation.dueAt}.`
    : ''
}
