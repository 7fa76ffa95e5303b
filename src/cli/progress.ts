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
  output: NodeJS.WriteStream = process.stderr,
): Promise<{ readonly result: T; readonly seconds: number }> {
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1000
  if (!output.isTTY) {
    const result = await work(() => {})
    const seconds = elapsed()
    output.write(`  ${name}: ${total.toLocaleString('en-US')} in ${seconds.toFixed(1)} s\n`)
    return { result, seconds }
  }

  const bar = createBar(name, output)
  const giveBack = giveBackWhenInterrupted(bar)
  bar.start(total, 0, { time: '' })
  let done = 0
  try {
    const result = await work((by) => {
      done += by
      bar.update(done, { time: timeLeft(elapsed(), done, total) })
    })
    const seconds = elapsed()
    bar.update(total, { time: `${seconds.toFixed(1)} s` })
    return { result, seconds }
  } finally {
    giveBack()
  }
}

/** At the pace so far, in words; nothing until something is done. */
export function timeLeft(seconds: number, done: number, total: number): string {
  return done === 0 ? '' : `${Math.ceil((seconds * (total - done)) / done)} s left`
}

const INTERRUPTIONS = ['SIGINT', 'SIGTERM'] as const

/** @returns gives the terminal its cursor and its line breaks back; so does whoever interrupts the process */
function giveBackWhenInterrupted(bar: SingleBar): () => void {
  const giveBack = () => {
    bar.stop()
    for (const signal of INTERRUPTIONS) process.off(signal, interrupt)
  }
  const interrupt = (signal: NodeJS.Signals) => {
    giveBack()
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  // Before those who hear of it only once, and are gone from the list then.
  for (const signal of INTERRUPTIONS) process.prependListener(signal, interrupt)
  return giveBack
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
