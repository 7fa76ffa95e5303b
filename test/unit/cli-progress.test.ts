import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { runStage, timeLeft } from '../../src/cli/progress.ts'

/** Where a terminal would be, and all that was written to it. */
function terminal() {
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 })
  const written: string[] = []
  output.on('data', (bytes) => written.push(String(bytes)))
  return { output: output as unknown as NodeJS.WriteStream, text: () => written.join('') }
}

/** ECMA-48, as xterm has it: shows the cursor, and breaks lines that are too long. */
const [SHOW_CURSOR, HIDE_CURSOR] = ['\x1b[?25h', '\x1b[?25l']
const [WRAP, NO_WRAP] = ['\x1b[?7h', '\x1b[?7l']

describe('progress', () => {
  it.each([
    [0, ''],
    [1, '27 s left'],
    [4, '5 s left'],
    [10, '0 s left'],
  ])('says what time is left once something is done: %i of 10 in 3 s', (done, time) => {
    expect(timeLeft(3, done, 10)).toBe(time)
  })

  it('gives the terminal back what it took, though it is interrupted', async () => {
    const { output, text } = terminal()
    // Whoever listens, too, ends the process in a way of their own.
    const interrupted = new Promise<void>((resolve) => process.once('SIGINT', () => resolve()))
    let shown = ''
    await runStage(
      'questions',
      10,
      async () => {
        process.emit('SIGINT', 'SIGINT')
        await interrupted
        shown = text()
      },
      output,
    )
    expect(shown).toContain(HIDE_CURSOR)
    expect(shown.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(shown.lastIndexOf(HIDE_CURSOR))
    expect(shown.lastIndexOf(WRAP)).toBeGreaterThan(shown.lastIndexOf(NO_WRAP))
    expect(process.listenerCount('SIGINT')).toBe(0)
  })

  it('is a line where nobody watches', async () => {
    const { output, text } = terminal()
    output.isTTY = false
    const { result } = await runStage('questions', 1_234, async () => 'done', output)
    expect(result).toBe('done')
    expect(text()).toMatch(/^ {2}questions: 1,234 in \d+\.\d s\n$/)
  })
})
