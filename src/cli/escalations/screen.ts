type Output = Pick<NodeJS.WriteStream, 'columns' | 'rows' | 'write'>

/** Text that is drawn anew where it stands. */
export interface Screen {
  /** @param status one line below the text, of which as much is shown as there is room for */
  draw(text: string, status: string): void
  /** Leaves what was drawn last, and gives the cursor back. */
  close(): void
}

/** Sequences of ECMA-48: cursor up, erase below, cursor hidden and shown (DEC private mode 25). */
export function createScreen(output: Output): Screen {
  let drawn = ''
  let height = 0
  output.write('\x1b[?25l')
  return {
    draw(text, status) {
      const frame = frameOf(text, status, output)
      if (frame === drawn) return
      output.write(`${height > 0 ? `\x1b[${height}A\r` : ''}\x1b[J${frame}\n`)
      drawn = frame
      height = frame.split('\n').length
    },
    close: () => void output.write('\x1b[?25h'),
  }
}

/** What fits: the cursor can't go back to lines that have left the screen at its top. */
function frameOf(text: string, status: string, { columns = 80, rows = 24 }: Pick<Output, 'columns' | 'rows'>): string {
  const lines = text.split('\n')
  // Below it a blank line, the status, and the line of the cursor.
  const room = Math.max(rows - 4, 1)
  const shown = lines.length > room ? [...lines.slice(0, room - 1), '  …'] : lines
  return [...shown, '', status.length > columns ? `${status.slice(0, columns - 1)}…` : status].join('\n')
}
