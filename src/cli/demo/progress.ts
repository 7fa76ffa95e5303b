import { Presets, SingleBar } from 'cli-progress'

/**
 * Does a stage of the work and shows on stderr how far it is, since tables alone go to stdout: a bar with the time that
 * is left, or a line at the end where nobody watches.
 *
 * @param work is given the function to call with how much more is done
 * @returns what `work` returns, and the seconds that it took
 */
export async function runStage<T>(
  name: string,
  total: number,
  work: (advance: (by: number) => void) => Promise<T>,
): Promise<{ readonly result: T; readonly seconds: number }> {
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1000
  const output = process.stderr
  if (!output.isTTY) {
    const result = await work(() => {})
    const seconds = elapsed()
    output.write(`  ${name}: ${total.toLocaleString('en-US')} in ${seconds.toFixed(1)} s\n`)
    return { result, seconds }
  }

  const bar = createBar(name, output)
  bar.start(total, 0, { time: '' })
  let done = 0
  try {
    const result = await work((by) => {
      done += by
      bar.update(done, { time: `${Math.ceil((elapsed() * (total - done)) / done)} s left` })
    })
    const seconds = elapsed()
    bar.update(total, { time: `${seconds.toFixed(1)} s` })
    return { result, seconds }
  } finally {
    // Gives the terminal its cursor and its line breaks back.
    bar.stop()
  }
}

function createBar(name: string, output: NodeJS.WriteStream): SingleBar {
  return new SingleBar(
    {
      stream: output,
      format: `  ${name.padEnd(13)} {bar} {value}/{total}  {time}`,
      barsize: Math.max(10, Math.min(32, output.columns - 45)),
      hideCursor: true,
      gracefulExit: false,
      formatValue: (value) => value.toLocaleString('en-US'),
    },
    Presets.shades_classic,
  )
}
