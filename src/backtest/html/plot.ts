import type { Pair } from '../report.ts'
import { html, type Markup } from './markup.ts'

/** In units of the drawing, which is as wide as its column. */
const WIDTH = 440
const HEIGHT = 320
const AREA = { left: 60, right: WIDTH - 22, top: 36, bottom: HEIGHT - 46 }

export interface Plot {
  /** Unique in the page. */
  readonly id: string
  readonly title: string
  /** What one would say to whom can't see it. */
  readonly description: string
  readonly x: Axis
  readonly y: Axis
  /** Ends of a dotted line to compare with. */
  readonly reference: readonly [Point, Point]
  readonly series: Pair<readonly Mark[]>
}

export interface Axis {
  readonly label: string
  readonly ticks: readonly { readonly at: number; readonly text: string }[]
  /** Position along the axis, 0 to 1. */
  readonly scale: (value: number) => number
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Mark extends Point {
  /** In units of the drawing. */
  readonly radius: number
}

/** A plot of both sets with grid, axes and legend, as inline SVG. */
export function plot({ id, title, description, x, y, reference, series }: Plot): Markup {
  const { left, right, top, bottom } = AREA
  const across = (value: number) => tenth(left + x.scale(value) * (right - left))
  const up = (value: number) => tenth(bottom - y.scale(value) * (bottom - top))
  const placed = <P extends Point>(point: P): P => ({ ...point, x: across(point.x), y: up(point.y) })
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${title}</title>
<desc id="${id}-desc">${description}</desc>
<g class="grid">
${y.ticks.map(({ at }) => html`<path d="M${left} ${up(at)}H${right}"/>`)}
${x.ticks.map(({ at }) => html`<path d="M${across(at)} ${top}V${bottom}"/>`)}
</g>
<g class="ticks">
${y.ticks.map(({ at, text }) => html`<text x="${left - 7}" y="${up(at) + 4}" text-anchor="end">${text}</text>`)}
${x.ticks.map(({ at, text }) => html`<text x="${across(at)}" y="${bottom + 17}" text-anchor="middle">${text}</text>`)}
</g>
<text x="${(left + right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${x.label}</text>
<text transform="translate(13 ${(top + bottom) / 2})rotate(-90)" text-anchor="middle">${y.label}</text>
<path class="reference" d="${through(reference.map(placed))}"/>
${LAYERS.map((side) => drawn(side, series[side].map(placed)))}${legend('baseline', left)}${legend('candidate', left + 130)}</svg>\n`
}

/** The baseline's marks are hollow, so that the candidate's stay visible below them. */
const LAYERS = ['candidate', 'baseline'] as const

function drawn(side: keyof Pair<unknown>, marks: readonly Mark[]): Markup {
  return html`<g class="${side}"><path class="line" d="${through(marks)}"/>${marks.map((mark) => shape(side, mark))}</g>\n`
}

/** The sets differ in dash and shape as well as in colour: a circle and a square, of the same area. */
function shape(side: keyof Pair<unknown>, { x, y, radius }: Mark): Markup {
  if (side === 'baseline') return html`<circle class="mark" cx="${x}" cy="${y}" r="${tenth(radius)}"/>`
  const half = (radius * Math.sqrt(Math.PI)) / 2
  const size = tenth(2 * half)
  return html`<rect class="mark" x="${tenth(x - half)}" y="${tenth(y - half)}" width="${size}" height="${size}"/>`
}

function legend(side: keyof Pair<unknown>, x: number): Markup {
  return html`<g class="${side}"><path class="line" d="M${x} 16h34"/>${shape(side, { x: x + 17, y: 16, radius: 5 })}</g>
<text x="${x + 42}" y="20">${side}</text>\n`
}

function through(points: readonly Point[]): string {
  return points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('')
}

/** From 0 to a round number that `most` does not exceed, in steps of 1, 2 or 5 times a power of ten. */
export function upTo(most: number, label: string): Axis {
  const top = most > 0 ? most : 1
  const power = 10 ** Math.floor(Math.log10(top / 4))
  const step = power * ([1, 2, 5].find((times) => times * power >= top / 4) ?? 10)
  const steps = Math.ceil(top / step)
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  const format = new Intl.NumberFormat(
    'en-US',
    step >= 10_000 ? { notation: 'compact' } : { minimumFractionDigits: digits, maximumFractionDigits: digits },
  )
  return {
    label,
    ticks: Array.from({ length: steps + 1 }, (_, i) => ({ at: i * step, text: format.format(i * step) })),
    scale: (value) => value / (steps * step),
  }
}

/** Drawings are the same to the byte, and no longer than they need be. */
const tenth = (value: number) => Math.round(value * 10) / 10
