import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type FilesOptions, type HistoryFiles, openFiles } from '../../../src/backtest/files/source.ts'
import { FILE_KINDS } from '../../../src/backtest/history.ts'
import { type ReplayOptions, replay } from '../../../src/backtest/replay.ts'
import type { BacktestReport } from '../../../src/backtest/report.ts'
import { formatProblem, loadRuleset, type Ruleset } from '../../../src/core/rules/load.ts'
import { temporaryDirectory } from '../faults/process.ts'

export type Line = Readonly<Record<string, unknown>>

/** What goes into the three files: lines as values, or a file's text or bytes as they are. */
export type Written = Readonly<Partial<Record<keyof HistoryFiles, readonly Line[] | string | Buffer>>>

/** Files that are gone after the tests of the file. */
export async function writeFiles(written: Written): Promise<HistoryFiles> {
  const directory = await temporaryDirectory()
  const entries = await Promise.all(
    FILE_KINDS.map(async (kind) => {
      const lines = written[kind] ?? []
      const file = path.join(directory, `${kind}.jsonl`)
      await writeFile(
        file,
        typeof lines === 'string' || Buffer.isBuffer(lines)
          ? lines
          : lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      )
      return [kind, file] as const
    }),
  )
  return Object.fromEntries(entries) as unknown as HistoryFiles
}

export async function readLines(file: string): Promise<readonly Line[]> {
  return (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

export function rulesOf(files: Readonly<Record<string, string>>): Ruleset {
  const { ruleset, problems } = loadRuleset(Object.entries(files).map(([name, text]) => ({ path: name, text })))
  if (!ruleset) throw new Error(problems.map(formatProblem).join('\n'))
  return ruleset
}

/** Replays files from their opening to their closing. */
export async function replayFiles(
  files: HistoryFiles,
  rulesets: { readonly baseline: Ruleset; readonly candidate: Ruleset },
  { now = 0, decision = null, split = null, ...options }: Partial<FilesOptions> & ReplayOptions = {},
): Promise<BacktestReport> {
  const history = await openFiles(files, { now, decision, split })
  const named = (side: 'baseline' | 'candidate') => ({ name: side, ruleset: rulesets[side] })
  const contest = { baseline: named('baseline'), candidate: named('candidate'), minutesPerReview: 10 }
  return replay(history, contest, options).finally(history.close)
}
