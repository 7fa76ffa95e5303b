import { comparisonOf } from '../comparison.ts'
import { SIDES } from '../measures/compared.ts'
import { decisionNotesOf } from '../notes.ts'
import type { BacktestReport, DecisionReport } from '../report.ts'
import { movedAgents } from '../shown.ts'
import { number, signed } from '../words.ts'
import { flipsSection } from './flips.ts'
import { headlineOf } from './headline.ts'
import { type Column, html, type Markup, prose, table } from './markup.ts'
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
  const columns: readonly Column[] = [
    { head: '' },
    ...[...SIDES, 'difference'].map((head) => ({ head, kind: 'number' as const })),
  ]
  const rows = comparisonOf(decision, settings).map(({ label, note, baseline, candidate, difference }) => [
    withSmall(label, note),
    ...[baseline, candidate, difference].map((figure) => figure && withSmall(figure.value, figure.range)),
  ])
  return html`<section>
<h3>What it comes to</h3>
${table(`Both sets side by side, with ${Math.round(settings.level * 100)} % intervals`, columns, rows)}</section>\n`
}

function withSmall(text: string, small: string | null): Markup {
  return html`${text}${small === null ? null : html` <small>${small}</small>`}`
}

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
