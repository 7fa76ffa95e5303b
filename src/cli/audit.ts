import { verifyAudit } from '../app/audit.ts'
import { CommandError } from './failure.ts'
import { withStore } from './store.ts'

/** @throws CommandError naming stream, sequence and reason where the trail is broken; Problem where there is no such stream */
export async function verifyTrail({ stream }: { readonly stream?: string }): Promise<void> {
  const progress = createProgress(process.stderr)
  const result = await withStore({}, (store) => verifyAudit(store, { stream }, progress.seen)).finally(progress.clear)
  if (!result.ok) {
    throw new CommandError(
      `the trail is broken: stream \`${result.stream}\`, sequence ${result.sequence}: ${result.reason}`,
    )
  }
  const redacted = result.redacted === 0 ? '' : `, ${format(result.redacted)} redacted`
  console.log(
    `the trail holds: ${counted(result.entries, 'entry', 'entries')} in ${counted(result.streams, 'stream', 'streams')}${redacted}`,
  )
}

/** A line that says how far it got, where somebody watches. */
function createProgress(output: NodeJS.WriteStream) {
  let shownAt = 0
  return {
    seen(entries: number) {
      if (!output.isTTY || Date.now() - shownAt < 100) return
      shownAt = Date.now()
      output.write(`\r\x1b[Kverified ${format(entries)} entries`)
    },
    clear() {
      if (shownAt > 0) output.write('\r\x1b[K')
    },
  }
}

function counted(n: number, one: string, many: string): string {
  return `${format(n)} ${n === 1 ? one : many}`
}

function format(count: number): string {
  return count.toLocaleString('en-US')
}
