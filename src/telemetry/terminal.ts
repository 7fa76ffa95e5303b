import type { DestinationStream } from 'pino'

const LEVELS: Readonly<Record<number, string>> = { 40: 'warning: ', 50: 'error: ', 60: 'fatal: ' }

/** Log lines for somebody who looks on: time, words, and what else there is, instead of JSON. */
export function terminalStream(write: (text: string) => void): DestinationStream {
  return {
    write(line) {
      const { level, time, msg, ...rest } = JSON.parse(line) as { level: number; time: string; msg: string }
      const more = Object.keys(rest).length > 0 ? `  ${JSON.stringify(rest)}` : ''
      write(`${time.slice(11, 19)}  ${LEVELS[level] ?? ''}${msg}${more}\n`)
    },
  }
}
