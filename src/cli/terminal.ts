import Table from 'cli-table3'

/** What can be shown where the output goes. */
export interface Terminal {
  /** Columns. */
  readonly width: number
  readonly colour: boolean
}

/** No prose is wider than this: long lines are hard to read. */
const WIDEST_PROSE = 100
const INDENT = '  '

type Output = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'hasColors'>

/** Colour only on a terminal that has it, and where neither `NO_COLOR` nor `TERM=dumb` asks for none. */
export function terminalOf(output: Output, env: NodeJS.ProcessEnv): Terminal {
  if (!output.isTTY) return { width: Number(env.COLUMNS) || WIDEST_PROSE, colour: false }
  return { width: Math.max(output.columns || 80, 40), colour: !env.NO_COLOR && output.hasColors() }
}

type Paint = (text: string) => string

export interface Paints {
  readonly bold: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly green: Paint
  readonly yellow: Paint
}

/** ECMA-48 graphic renditions, or nothing where the terminal has no colour. */
export function paints({ colour }: Terminal): Paints {
  const paint = (on: number, off: number) => (text: string) =>
    colour && text !== '' ? `\x1b[${on}m${text}\x1b[${off}m` : text
  return { bold: paint(1, 22), dim: paint(2, 22), red: paint(31, 39), green: paint(32, 39), yellow: paint(33, 39) }
}

/** Text in lines that fit, the first behind `indent`, the others behind `hanging`. */
export function wrap(text: string, { width }: Terminal, indent = '', hanging = indent): string {
  return fold(text, Math.min(width, WIDEST_PROSE), indent, hanging).join('\n')
}

function fold(text: string, room: number, indent = '', hanging = indent): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const start = lines.length === 0 ? indent : hanging
    if (line === '') line = start + word
    else if (visibleWidth(line) + 1 + visibleWidth(word) <= room) line += ` ${word}`
    else {
      lines.push(line)
      line = hanging + word
    }
  }
  return [...lines, line]
}

/** Text of unknown origin without what a terminal would obey: control and bidirectional characters, but for line breaks. */
export function plain(text: string): string {
  return text.replace(OBEYED, '\ufffd')
}
const OBEYED = /(?!\n)[\p{Cc}\p{Bidi_Control}]/gu

export interface Column {
  readonly head: string
  readonly align?: 'left' | 'right'
  /** Gives way where the table is too wide: its text is wrapped, a word that fits nowhere cut. */
  readonly flexible?: boolean
  /** It gives way no further than this. */
  readonly least?: number
}

/** No column is made narrower than this, unless it says so; a terminal that needs it breaks lines by itself. */
const NARROWEST = 10

/** A table without lines, two columns in from the left, that fits the terminal. A cell may have several lines. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], terminal: Terminal): string {
  const { dim } = paints(terminal)
  const widths = columns.map(({ head }, c) => {
    const lines = [head, ...rows.map((row) => row[c] ?? '')].flatMap((text) => text.split('\n'))
    return Math.max(...lines.map(visibleWidth))
  })
  narrow(widths, columns, terminal.width)
  const made = new Table({
    head: columns.map(({ head }) => dim(head)),
    colAligns: columns.map(({ align = 'left' }) => align),
    colWidths: widths,
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  })
  made.push(...rows.flatMap((row) => linesOf(widths.map((width, c) => cellLines(row[c] ?? '', width)))))
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** A row for each line: cli-table3 takes time by the cube of the lines in a cell, 20 s for sixty. */
function linesOf(cells: readonly (readonly string[])[]): string[][] {
  const height = Math.max(...cells.map(({ length }) => length))
  return Array.from({ length: height }, (_, line) => cells.map((lines) => lines[line] ?? ''))
}

/** The lines of a cell; one that is painted has each of them painted. */
function cellLines(text: string, width: number): string[] {
  const [, on = '', bare = text, off = ''] = PAINTED.exec(text) ?? []
  const lines = bare.split('\n').flatMap((line) => (visibleWidth(line) > width ? fold(line, width) : line))
  return lines.map((line) => on + line + off)
}

/** Takes from the widest column that gives way, until the table fits or none can give any more. */
function narrow(widths: number[], columns: readonly Column[], available: number): void {
  const total = () => widths.reduce((sum, width) => sum + INDENT.length + width, 0)
  while (total() > available) {
    let widest = -1
    for (const [c, { flexible, least = NARROWEST }] of columns.entries()) {
      if (flexible && (widths[c] as number) > Math.max(least, widths[widest] ?? 0)) widest = c
    }
    if (widest === -1) return
    widths[widest] = (widths[widest] as number) - 1
  }
}

const NO_LINES = {
  ...Object.fromEntries(
    ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left-mid'].map(
      (name) => [name, ''],
    ),
  ),
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  left: INDENT,
  middle: INDENT,
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences that `paints` writes
const ESCAPES = /\x1b\[\d+m/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same, around all of a text
const PAINTED = /^(\x1b\[\d+m)([^\x1b]*)(\x1b\[\d+m)$/

function visibleWidth(text: string): number {
  return [...text.replace(ESCAPES, '')].length
}
