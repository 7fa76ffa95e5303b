import type { Reliability } from '../../core/stats/calibration.ts'
import { SIDES } from '../measures/compared.ts'
import type { Calibration, DecisionReport, Pair } from '../report.ts'
import { curvesOf } from '../shown.ts'
import { counted, number, percent } from '../words.ts'
import { html, type Markup, prose, table } from './markup.ts'
import { type Axis, plot } from './plot.ts'

/** Radii of bins, in units of the drawing; the area grows with the count. */
const LARGEST = 15
const SMALLEST = 2

/** How often what was believed was true, for both sets; null where no outcome is known. */
export function reliabilityFigure({ calibration }: DecisionReport, id: string): Markup | null {
  const { baseline, candidate } = calibration
  if (baseline === null || candidate === null) return null
  const both = { baseline, candidate }
  const { state, curves } = curvesOf(both)
  const what = state === null ? 'the most believed state' : `\`${state}\``
  const words = `${SIDES.map((side) => inWords(side, both[side], curves[side], what)).join(' ')} ${scoreOfRates(candidate)}`
  return html`<figure>
<h4>Reliability</h4>
${drawing(curves, what, id)}<figcaption>
<p>${prose(words)}</p>
<p>${prose(`How often ${what} was true when that is how likely it was said to be. On the diagonal beliefs hold what they promise; above it, it was true more often than said. The larger a mark, the more questions.`)}</p>
</figcaption>
<details><summary>As tables</summary>
${bins(curves, what)}${byState(both)}</details>
</figure>\n`
}

const PROBABILITY = {
  ticks: [0, 0.2, 0.4, 0.6, 0.8, 1].map((at) => ({ at, text: `${Math.round(at * 100)} %` })),
  scale: (value: number) => value,
}

function drawing(curves: Pair<Reliability>, what: string, id: string): Markup {
  const most = Math.max(...SIDES.flatMap((side) => curves[side].bins.map(({ count }) => count)), 1)
  const axis = (label: string): Axis => ({ label, ...PROBABILITY })
  const marks = ({ bins }: Reliability) =>
    bins.flatMap(({ count, stated, observed }) =>
      stated === null || observed === null
        ? []
        : [{ x: stated, y: observed, radius: Math.max(LARGEST * Math.sqrt(count / most), SMALLEST) }],
    )
  const spelt = SIDES.map((side) => spoken(side, curves[side])).join(' ')
  return plot({
    id,
    title: 'Reliability',
    description: `How often ${what.replaceAll('`', '')} was true against how likely it was said to be, with the diagonal of perfect calibration. ${spelt}`,
    x: axis('said'),
    y: axis('was true'),
    reference: [
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ],
    series: { baseline: marks(curves.baseline), candidate: marks(curves.candidate) },
  })
}

function spoken(side: keyof Pair<unknown>, { bins }: Reliability): string {
  const points = bins.flatMap(({ stated, observed }) =>
    stated === null || observed === null ? [] : [`${percent(stated)} said, ${percent(observed)} true`],
  )
  return `The ${side}: ${points.join('; ')}.`
}

function inWords(
  side: keyof Pair<unknown>,
  { questions, brier }: Calibration,
  { ece }: Reliability,
  what: string,
): string {
  const off = `${(ece * 100).toFixed(1)} points`
  return `What the ${side} said of ${what} is off by ${off} on average (ECE ${ece.toFixed(3)}); its Brier score is ${brier.toFixed(3)}, over ${counted(questions, 'question')}.`
}

/** Brier score of whoever states how often each state occurs, whatever the question. */
function scoreOfRates({ questions, states }: Calibration): string {
  const score = states.reduce((sum, { bins }) => {
    const occurred = bins.reduce((total, { count, observed }) => total + count * (observed ?? 0), 0)
    const rate = occurred / questions
    return sum + rate * (1 - rate)
  }, 0)
  return `Of Brier scores, 0 is perfect; knowing no more than how often each state occurs would score ${score.toFixed(3)}.`
}

function bins(curves: Pair<Reliability>, what: string): Markup {
  const columns = [
    { head: 'said' },
    ...SIDES.flatMap((side) => [
      { head: `${side}: was true`, kind: 'number' as const },
      { head: 'questions', kind: 'number' as const },
    ]),
  ]
  const rows = curves.candidate.bins.map(({ from, to }, bin) => [
    `${Math.round(from * 100)} % to ${Math.round(to * 100)} %`,
    ...SIDES.flatMap((side) => {
      const of = curves[side].bins[bin]
      return [of === undefined || of.observed === null ? 'never said' : percent(of.observed), number(of?.count ?? 0)]
    }),
  ])
  return table(`How often ${what.replaceAll('`', '')} was true`, columns, rows)
}

function byState(both: Pair<Calibration>): Markup {
  const names = [...new Set([...both.candidate.states, ...both.baseline.states].map(({ state }) => state))]
  const columns = [
    { head: 'state' },
    ...SIDES.flatMap((side) => [
      { head: `${side}: prior`, kind: 'number' as const },
      { head: 'ECE', kind: 'number' as const },
      { head: 'Brier', kind: 'number' as const },
    ]),
  ]
  const rows = names.map((name) => [
    html`<code>${name}</code>`,
    ...SIDES.flatMap((side) => {
      const of = both[side].states.find(({ state }) => state === name)
      return of === undefined ? ['none', '', ''] : [percent(of.prior), of.ece.toFixed(3), of.brier.toFixed(3)]
    }),
  ])
  const top = ['the most believed', ...SIDES.flatMap((side) => ['', both[side].topState.ece.toFixed(3), ''])]
  return table('Calibration by state', columns, [...rows, top])
}
