import { html, type Markup } from './markup.ts'

export type Side = 'baseline' | 'candidate'

/** In units of the drawing, which is as wide as its column. */
export const WIDTH = 440
export const HEIGHT = 320
const AREA = { left: 56, right: WIDTH - 14, top: 36, bottom: HEIGHT - 46 }

export interface Axis {
  readonly label: string
  readonly ticks: readonly { readonly at: number; readonly text: string }[]
  /** Position along the axis, 0 to 1. */
  readonly scale: (value: number) => number
}

export interface Plot {
  /** Unique in the page. */
  readonly id: string
  readonly title: string
  /** What one would say to whom can't see it. */
  readonly description: string
  readonly x: Axis
  readonly y: Axis
  readonly content: (at: Position) => Markup
}

/** Where a point lies in the drawing. */
export type Position = (x: number, y: number) => Point
export interface Point {
  readonly x: number
  readonly y: number
}

/** A plot of both sets with grid, axes and legend, as inline SVG. */
export function plot({ id, title, description, x, y, content }: Plot): Markup {
  const { left, right, top, bottom } = AREA
  const across = (value: number) => tenth(left + x.scale(value) * (right - left))
  const up = (value: number) => tenth(bottom - y.scale(value) * (bottom - top))
  const middle = (top + bottom) / 2
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
<text transform="translate(13 ${middle})rotate(-90)" text-anchor="middle">${y.label}</text>
${content((a, b) => ({ x: across(a), y: up(b) }))}
${legend('baseline', left)}
${legend('candidate', left + 130)}
</svg>\n`
}

/** The sets differ in dash and shape as well as in colour. */
function legend(side: Side, x: number): Markup {
  return html`<g class="${side}"><path class="line" d="M${x} 16h34"/>${marker(side, { x: x + 17, y: 16 }, 5)}</g>
<text x="${x + 42}" y="20">${side}</text>`
}

export function line(points: readonly Point[]): Markup {
  return html`<path class="line" d="${points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('')}"/>`
}

/** A hollow circle for the baseline, a filled square of the same area for the candidate. */
export function marker(side: Side, { x, y }: Point, radius: number): Markup {
  if (side === 'baseline') return html`<circle class="mark" cx="${x}" cy="${y}" r="${tenth(radius)}"/>`
  const half = (radius * Math.sqrt(Math.PI)) / 2
  return html`<rect class="mark" x="${tenth(x - half)}" y="${tenth(y - half)}" width="${tenth(2 * half)}" height="${tenth(2 * half)}"/>`
}

/** From 0 to a round number that `most` lies below, in steps of 1, 2 or 5 times a power of ten. */
export function upTo(most: number, label: string): Axis {
  const aim = (most > 0 ? most : 1) / 4
  const power = 10 ** Math.floor(Math.log10(aim))
  const step = power * ([1, 2, 5, 10].find((times) => times * power >= aim) ?? 10)
  const steps = Math.max(Math.ceil((most > 0 ? most : 1) / step), 1)
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  const text = new Intl.NumberFormat(
    'en-US',
    step >= 10_000 ? { notation: 'compact' } : { minimumFractionDigits: digits, maximumFractionDigits: digits },
  )
  return {
    label,
    ticks: Array.from({ length: steps + 1 }, (_, i) => ({ at: i * step, text: text.format(i * step) })),
    scale: (value) => value / (steps * step),
  }
}

/** Drawings are the same to the byte, and no longer than they need be. */
const tenth = (value: number) => Math.round(value * 10) / 10
