import { percent, spoken } from '../../core/phrases.ts'
import { sigmoid } from '../../core/probability.ts'
import type { Waterfall, WaterfallStep } from '../../core/waterfall.ts'
import { signed } from '../answer.ts'
import { paints, type Terminal } from '../terminal.ts'

/** More steps than that are one, so that the picture stays one. */
const MOST_STEPS = 15
const WIDEST_LABEL = 36
const WIDEST_BAR = 48
const NARROWEST_BAR = 8
/** Right of the bar: what is added, and what is believed then. */
const NUMBERS = 7
const BELIEF = 11

interface Row {
  readonly label: string
  readonly from: number
  readonly to: number
  /** Of what holds before and after, from 0; else of a step. */
  readonly isTotal: boolean
}

/**
 * The evidence as bars, each where the last one ended, on one scale of log-odds with a line at 0, where a state is as
 * likely as not; behind them what each adds, and what is believed then.
 */
export function renderWaterfall({ prior, steps, belief }: Waterfall, terminal: Terminal): string {
  const rows: readonly Row[] = [
    { label: 'before any signal', from: 0, to: prior, isTotal: true },
    ...folded(steps),
    { label: 'believed', from: 0, to: belief, isTotal: true },
  ]
  const labels = Math.min(Math.max(...rows.map(({ label }) => lengthOf(label))), WIDEST_LABEL, terminal.width >> 1)
  const left = terminal.width - 2 - labels - 2 - NUMBERS - BELIEF
  const draw = barsOf(rows, Math.min(Math.max(left, NARROWEST_BAR), WIDEST_BAR), terminal)
  const lines = rows.map((row) => {
    const number = signed(row.isTotal ? row.to : row.to - row.from).padStart(NUMBERS)
    const then = percent(sigmoid(row.to)).padStart(BELIEF)
    return `  ${fitted(row.label, labels)}  ${draw(row)}${number}${then}`
  })
  return lines.join('\n')
}

function folded(steps: readonly WaterfallStep[]): readonly Row[] {
  const shown = steps.length > MOST_STEPS ? steps.slice(0, MOST_STEPS - 1) : steps
  const rows = shown.map(({ signal, from, to }) => ({ label: labelOf(signal), from, to, isTotal: false }))
  const rest = steps.slice(shown.length)
  const [first, last] = [rest[0], rest.at(-1)]
  if (first === undefined || last === undefined) return rows
  return [...rows, { label: `${rest.length} others`, from: first.from, to: last.to, isTotal: false }]
}

function labelOf({ agent, claim, confidence }: WaterfallStep['signal']): string {
  return `${agent}: ${spoken(claim)}${confidence === null ? '' : ` ${percent(confidence)}`}`
}

/** Draws rows on the scale that fits all of them. */
function barsOf(rows: readonly Row[], room: number, terminal: Terminal): (row: Row) => string {
  const ends = rows.flatMap(({ from, to }) => [from, to])
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)]
  const cellOf = (odds: number) => (high === low ? 0 : Math.round(((odds - low) / (high - low)) * (room - 1)))
  const { bold, green, red } = paints(terminal)
  return ({ from, to, isTotal }) => {
    const [start, end] = [Math.min(from, to), Math.max(from, to)].map(cellOf) as [number, number]
    const mark = isTotal ? '█' : to > from ? '▓' : '░'
    const paint = isTotal ? bold : to > from ? green : red
    const cells = Array.from({ length: room }, (_, cell) => {
      if (from !== to && cell >= start && cell <= end) return paint(mark)
      return cell === cellOf(0) ? '│' : ' '
    })
    return cells.join('')
  }
}

function fitted(label: string, width: number): string {
  const letters = [...label]
  return letters.length > width
    ? `${letters.slice(0, width - 1).join('')}…`
    : label + ' '.repeat(width - letters.length)
}

const lengthOf = (text: string): number => [...text].length
