import { SIDES } from '../measures/compared.ts'
import type { Pair, ThresholdPoint, Thresholds } from '../report.ts'
import { amount, percent } from '../words.ts'
import { html, type Markup, table } from './markup.ts'
import { type Axis, plot, upTo } from './plot.ts'

/** Realised cost against the factor on `review.cost` from which on a person is asked, for both sets. */
export function thresholdsFigure(thresholds: Thresholds, id: string): Markup {
  const words = SIDES.map((side) => cheapest(side, thresholds[side])).join(' ')
  const costs = SIDES.flatMap((side) => thresholds[side].map(({ meanCost }) => meanCost))
  const y = upTo(Math.max(...costs), 'mean cost a question')
  const marks = (points: readonly ThresholdPoint[]) =>
    points.map(({ multiplier, meanCost }) => ({ x: multiplier, y: meanCost, radius: 4.5 }))
  const drawing = plot({
    id,
    title: 'Cost by threshold',
    description: `Mean realised cost a question against the factor on review.cost. ${words}`,
    x: factors(thresholds.candidate),
    y,
    reference: [
      { x: 1, y: 0 },
      { x: 1, y: y.ticks.at(-1)?.at ?? 0 },
    ],
    series: { baseline: marks(thresholds.baseline), candidate: marks(thresholds.candidate) },
  })
  return html`<figure>
<h4>Cost by threshold</h4>
${drawing}<figcaption>
<p>${words}</p>
<p>What would have been, had people been asked when regret exceeds this many times <code>review.cost</code>. A look costs what it costs, and prices are the candidate's. At ×1 each set is as it is.</p>
</figcaption>
<details><summary>As a table</summary>
${values(thresholds)}</details>
</figure>\n`
}

/** Logarithmic, a tick each time it doubles. */
function factors(points: readonly ThresholdPoint[]): Axis {
  const all = points.map(({ multiplier }) => Math.log2(multiplier))
  const [least, most] = [Math.min(...all), Math.max(...all)]
  const span = most - least || 1
  const ticks = points.filter((_, i) => Number.isInteger(Math.round((all[i] as number) * 1e6) / 1e6))
  return {
    label: 'factor on review.cost',
    ticks: ticks.map(({ multiplier }) => ({ at: multiplier, text: factor(multiplier) })),
    scale: (value) => (Math.log2(value) - least) / span,
  }
}

function cheapest(side: keyof Pair<unknown>, points: readonly ThresholdPoint[]): string {
  const now = points.find(({ multiplier }) => multiplier === 1)
  const best = points.reduce((a, b) => (b.meanCost < a.meanCost ? b : a), now ?? (points[0] as ThresholdPoint))
  if (now === undefined || best.multiplier === 1) return `The ${side} costs least as it is, ${amount(best.meanCost)}.`
  return `The ${side} costs ${amount(now.meanCost)} as it is and would cost least, ${amount(best.meanCost)}, at ${factor(best.multiplier)}.`
}

function values(thresholds: Thresholds): Markup {
  const columns = [
    { head: 'factor' },
    ...SIDES.flatMap((side) => [
      { head: `${side}: mean cost`, kind: 'number' as const },
      { head: 'a person is asked', kind: 'number' as const },
    ]),
  ]
  const rows = thresholds.candidate.map(({ multiplier }, i) => [
    factor(multiplier),
    ...SIDES.flatMap((side) => {
      const point = thresholds[side][i]
      return point === undefined ? ['', ''] : [amount(point.meanCost), percent(point.asked)]
    }),
  ])
  return table('Mean cost and share asked, by threshold', columns, rows)
}

const factor = (multiplier: number) => `×${Number(multiplier.toFixed(2))}`
