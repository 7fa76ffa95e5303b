import type { SignalInput } from '../../app/signals.ts'
import type { Outcome } from '../../webhooks/intake.ts'
import { paints, plain, type Terminal, wrap } from '../terminal.ts'

/** What events become, one after another. */
export function renderOutcomes(source: string, outcomes: readonly Outcome[], terminal: Terminal): string {
  const { bold } = paints(terminal)
  const head = `${source}: ${outcomes.length} ${outcomes.length === 1 ? 'event' : 'events'}`
  return [bold(head), ...outcomes.flatMap((outcome, i) => ['', ...linesOf(outcome, i + 1, terminal)])].join('\n')
}

function linesOf(outcome: Outcome, number: number, terminal: Terminal): readonly string[] {
  const { green, red, dim } = paints(terminal)
  const head = (result: string) => `${number}. ${result}${outcome.matcher === null ? '' : ` by \`${outcome.matcher}\``}`
  switch (outcome.kind) {
    case 'ignored':
      return [dim(head('passed over'))]
    case 'rejected':
      return [red(head('can not be taken in')), wrap(plain(outcome.reason), terminal, '   ')]
    case 'taken': {
      const { account, aliases, at, facts, signals } = outcome.event
      const when = at === null ? '' : `, at ${new Date(at).toISOString()}`
      return [
        green(head('taken in')),
        `   account ${plain(account)}${when}`,
        ...aliases.map((alias) => `   alias ${plain(alias)}`),
        ...Object.entries(facts ?? {}).map(([fact, value]) => `   fact ${plain(`${fact}: ${JSON.stringify(value)}`)}`),
        ...signals.map((signal) => `   signal ${plain(signalInWords(signal))}`),
      ]
    }
  }
}

/** `churn-radar says churn_risk, confidence 0.82 (id hubspot-1)` */
function signalInWords({ agent, claim, confidence, score, id }: SignalInput): string {
  const stated =
    confidence === undefined ? (score === undefined ? '' : `, score ${score}`) : `, confidence ${confidence}`
  return `${agent} says ${claim}${stated} (id ${id})`
}
