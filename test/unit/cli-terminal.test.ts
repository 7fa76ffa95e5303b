import { describe, expect, it } from 'vitest'
import { plain, table, terminalOf, wrap } from '../../src/cli/terminal.ts'

const tty = { isTTY: true, columns: 90, hasColors: () => true }

describe('what can be shown', () => {
  it('is as wide as the terminal, and in colour', () => {
    expect(terminalOf(tty, {})).toEqual({ width: 90, colour: true })
  })

  it('has no colour where NO_COLOR is set, whatever to, or the terminal has none', () => {
    expect(terminalOf(tty, { NO_COLOR: '1' }).colour).toBe(false)
    expect(terminalOf({ ...tty, hasColors: () => false }, {}).colour).toBe(false)
  })

  it('has no colour and a width of its own where the output goes into a file', () => {
    const file = { isTTY: false, columns: 0, hasColors: () => true }
    expect(terminalOf(file, {})).toEqual({ width: 100, colour: false })
    expect(terminalOf(file, { COLUMNS: '72' }).width).toBe(72)
  })
})

describe('wrapped text', () => {
  const terminal = { width: 20, colour: false }

  it('breaks between words, later lines behind their own indent', () => {
    expect(wrap('the quick brown fox jumps', terminal, '  ', '    ')).toBe('  the quick brown\n    fox jumps')
  })

  it('lets a word stand out that fits nowhere', () => {
    expect(wrap('a aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b', terminal)).toBe('a\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nb')
  })
})

describe('text of unknown origin', () => {
  it('keeps its lines, and nothing that a terminal would obey', () => {
    const obeyed = ['\x1b[2J', 'a\tb', 'a\rb', '\x7f', '\x9b1m', '\u061c', '\u200f', '\u202e', '\u2066']
    for (const text of obeyed) expect(plain(`1\n${text}`)).toMatch(/^1\n[\x20-\x7e]*\ufffd[\x20-\x7e]*$/)
    expect(plain('Grüße,\n顧客 👍')).toBe('Grüße,\n顧客 👍')
  })
})

describe('a table', () => {
  const columns = [{ head: 'name' }, { head: 'n', align: 'right' as const }, { head: 'why', flexible: true }]
  const rows = [
    ['a', '1', 'because it is so'],
    ['bcdef', '22', 'and nothing can be done about it'],
  ]

  it('is as narrow as what is in it', () => {
    expect(table(columns, rows, { width: 80, colour: false })).toBe(
      ['  name    n  why', '  a       1  because it is so', '  bcdef  22  and nothing can be done about it'].join('\n'),
    )
  })

  it('wraps the column that gives way where it is too wide', () => {
    expect(table(columns, rows, { width: 30, colour: false })).toBe(
      [
        '  name    n  why',
        '  a       1  because it is so',
        '  bcdef  22  and nothing can',
        '             be done about it',
      ].join('\n'),
    )
  })

  it('has room for hundreds of lines in a cell', () => {
    const lines = Array.from({ length: 300 }, (_, n) => `line ${n}`)
    const shown = table([{ head: 'a' }, { head: 'b' }], [['x\ny', lines.join('\n')]], { width: 80, colour: false })
    expect(shown.split('\n')).toEqual([
      '  a  b',
      '  x  line 0',
      '  y  line 1',
      ...lines.slice(2).map((line) => `     ${line}`),
    ])
  })
})
