import { SIDES } from '../measures/compared.ts'
import { decisionNotesOf } from '../notes.ts'
import type { BacktestReport, DecisionReport } from '../report.ts'
import { hoursOf, movedAgents } from '../shown.ts'
import { amount, interval, number, percent, points, signed, signedInterval, step } from '../words.ts'
import { flipsSection } from './flips.ts'
import { headlineOf } from './headline.ts'
import { type Column, html, type Markup, type Piece, prose, table } from './markup.ts'
import { reliabilityFigure } from './reliability.ts'
import { thresholdsFigure } from './thresholds.ts'

/** Agents that a page lists, those whose weight moved most. */
const MOST_AGENTS = 50

/** All that was found about one decision, the sentence that matters first. */
export function decisionSection(
  decision: DecisionReport,
  report: BacktestReport,
  id: string,
  service: string | null,
): Markup {
  const [headline, ...rest] = headlineOf(decision, report)
  const notes = decisionNotesOf(decision).map((note) => html`<p class="note">${prose(note)}</p>\n`)
  return html`<section class="decision" id="${id}">
<h2><code>${decision.decision}</code></h2>
<p class="headline"><strong>${headline}</strong> ${rest.join(' ')}</p>
${notes}${comparison(decision, report)}${flipsSection(decision, service)}${figures(decision, id)}${agents(decision)}</section>\n`
}

function comparison(decision: DecisionReport, { settings }: BacktestReport): Markup {
  const { costs, people, calibration, questions } = decision
  const both = (label: Piece, shown: (side: 'baseline' | 'candidate') => Piece, difference: Piece = null) => [
    label,
    shown('baseline'),
    shown('candidate'),
    difference,
  ]
  const priced = costs.map((cost) =>
    both(
      html`mean cost a question${costs.length > 1 ? ` by the ${cost.by}'s costs` : null} <small>of ${number(cost.questions)}</small>`,
      (side) => estimate(amount(cost[side].mean), interval(cost[side])),
      estimate(signed(cost.difference.mean), signedInterval(cost.difference)),
    ),
  )
  const share = (label: string, of: (side: 'baseline' | 'candidate') => number) =>
    both(label, (side) => percent(of(side)), points(of('candidate') - of('baseline')))
  const hours = hoursOf(people)
  const rows = [
    ...priced,
    share('a person decides', (side) => people[side].askedShare),
    share('a person looks afterwards', (side) => people[side].sampled / questions),
    both(
      html`reviewer hours per ${hours.per} <small>${settings.minutesPerReview} min each</small>`,
      (side) => hours[side].toFixed(1),
      step(hours.candidate - hours.baseline),
    ),
  ]
  const { baseline, candidate } = calibration
  if (baseline !== null && candidate !== null) {
    const of = { baseline, candidate }
    rows.push(
      both(html`calibration error <small>ECE, most believed state</small>`, (side) => of[side].topState.ece.toFixed(3)),
      both(html`Brier score <small>0 is perfect</small>`, (side) => of[side].brier.toFixed(3)),
    )
  }
  const columns: readonly Column[] = [
    { head: '' },
    ...['baseline', 'candidate', 'difference'].map((head) => ({ head, kind: 'number' as const })),
  ]
  return html`<section>
<h3>What it comes to</h3>
${table(`Both sets side by side, with ${Math.round(settings.level * 100)} % intervals`, columns, rows)}</section>\n`
}

const estimate = (mean: string, range: string) => html`${mean} <small>${range}</small>`

function figures(decision: DecisionReport, id: string): Markup {
  const { thresholds } = decision
  const cost = thresholds === null ? null : thresholdsFigure(thresholds, `${id}-cost`)
  const reliability = reliabilityFigure(decision, `${id}-reliability`)
  if (cost === null && reliability === null)
    return html`<p class="note">No outcome is known, so that there is neither a cost by threshold nor a reliability curve.</p>\n`
  return html`<section>
<h3>Where the threshold lies, and whether beliefs can be trusted</h3>
<div class="figures">
${cost}${reliability}</div>
</section>\n`
}

function agents({ agents }: DecisionReport): Markup {
  const moved = movedAgents(agents)
  const columns: readonly Column[] = [
    { head: 'agent' },
    ...[...SIDES, 'difference', 'questions'].map((head) => ({ head, kind: 'number' as const })),
  ]
  const rows = moved
    .slice(0, MOST_AGENTS)
    .map(({ agent, questions, baseline, candidate }) => [
      html`<code>${agent}</code>`,
      baseline.toFixed(3),
      candidate.toFixed(3),
      signed(candidate - baseline),
      number(questions),
    ])
  const left = moved.length - rows.length
  return html`<section>
<h3>Agents whose weight moved</h3>
${rows.length === 0 ? html`<p>None.</p>\n` : table('Mean weight of what each agent had said', columns, rows)}${left > 0 ? html`<p>${number(left)} more moved less.</p>\n` : null}</section>\n`
}
