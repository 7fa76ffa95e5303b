import Table from 'cli-table3'

/** One figure beside its yardstick, both of the same run. */
export interface Figure {
  readonly name: string
  /** What the figures are: `adjudications/s`. */
  readonly unit: string
  readonly value: number
  readonly yardstick: string
  readonly yardstickValue: number
  /** value ÷ yardstick, the median over rounds of the ratio within a round. */
  readonly ratio: number
  /** What the ratio should reach, or stay below. */
  readonly target?: { readonly is: 'at least' | 'at most'; readonly ratio: number }
}

export const isMet = ({ ratio, target }: Figure): boolean =>
  target === undefined || (target.is === 'at least' ? ratio >= target.ratio : ratio <= target.ratio)

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The smallest value that `p` per cent of all do not exceed. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(Math.ceil((p / 100) * sorted.length) - 1, 0)]!
}

/** Medians of paired rounds: noise that slows a whole round cancels in its ratio. */
export function paired(
  figure: Omit<Figure, 'value' | 'yardstickValue' | 'ratio'>,
  rounds: readonly { readonly value: number; readonly yardstick: number }[],
): Figure {
  return {
    ...figure,
    value: median(rounds.map((round) => round.value)),
    yardstickValue: median(rounds.map((round) => round.yardstick)),
    ratio: median(rounds.map((round) => round.value / round.yardstick)),
  }
}

export function printTable(figures: readonly Figure[]): void {
  const table = new Table({
    style: { head: [], border: [] },
    head: ['figure', 'measured', 'yardstick', 'measured', 'ratio', 'target', ''],
  })
  for (const figure of figures) {
    const { name, unit, value, yardstick, yardstickValue, ratio, target } = figure
    table.push([
      name,
      `${number(value)} ${unit}`,
      yardstick,
      `${number(yardstickValue)} ${unit}`,
      ratio.toFixed(2),
      target ? `${target.is === 'at least' ? '≥' : '≤'} ${target.ratio}` : '',
      target ? (isMet(figure) ? 'met' : 'missed') : '',
    ])
  }
  console.log(table.toString())
}

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 })
}
