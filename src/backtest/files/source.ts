import { stat } from 'node:fs/promises'
import { BacktestError } from '../failure.ts'
import { FILE_KINDS, type FileKind, type History, type Piece, type Reading } from '../history.ts'
import { parseFields } from './fields.ts'
import { forEachLine, hashOfAccount, hashOfName, type Line } from './lines.ts'
import { createSpill, type Spill } from './spill.ts'
import { tagOf } from './tags.ts'

/** Of each piece, in bytes: small enough to keep all cores busy to the end, large enough to be worth the way to one. */
const PIECE = 512 * 1024
const MOST_PIECES = 4096

/** Paths of `accounts.jsonl`, `signals.jsonl` and `outcomes.jsonl`, under whatever names. */
export type HistoryFiles = Readonly<Record<FileKind, string>>

export interface FilesOptions extends Pick<Reading, 'now' | 'decision' | 'split'> {
  /** Hears of bytes that have been read. */
  readonly onRead?: (bytes: number) => void
}

/** History from files, until it is closed. */
export interface FileHistory extends History {
  close(): Promise<void>
}

/**
 * Opens history that lies in files: one question per outcome. Lines may stand in any order: a first pass puts those of an
 * account together, in a temporary file where they are many, so that memory stays flat.
 *
 * @throws BacktestError where a file can't be read, a line names no account, or there is no outcome; what else is wrong with
 *   a line shows in the replay
 */
export async function openFiles(files: HistoryFiles, options: FilesOptions): Promise<FileHistory> {
  const { now, decision, split, onRead } = options
  const parts = Math.min(Math.max(Math.ceil((await sizeOf(files)) / PIECE), 1), MOST_PIECES)
  const spill = createSpill(parts)
  try {
    const outcomes = await sortOut(files, parts, spill, onRead)
    const total = outcomes.reduce((sum, count) => sum + count, 0)
    if (total === 0) {
      throw new BacktestError(
        `\`${files.outcomes}\` has no outcome; write a line for each account whose state is known`,
      )
    }
    const reading: Reading = { files, now, decision, split }
    return { source: 'files', total, pieces: () => piecesOf(spill, outcomes, reading), close: spill.close }
  } catch (error) {
    await spill.close()
    throw error
  }
}

/** In bytes, all files together. */
export async function sizeOf(files: HistoryFiles): Promise<number> {
  const sizes = FILE_KINDS.map(async (kind) => {
    const found = await stat(files[kind]).catch(({ code }) => {
      throw new BacktestError(`can't read \`${files[kind]}\` (${code}); its form is that of examples/telco`)
    })
    if (!found.isFile()) throw new BacktestError(`\`${files[kind]}\` is not a file; name the JSON lines themselves`)
    return found.size
  })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** @returns how many outcomes each part has */
async function sortOut(
  files: HistoryFiles,
  parts: number,
  spill: Spill,
  onRead: (bytes: number) => void = () => {},
): Promise<readonly number[]> {
  const outcomes = new Array<number>(parts).fill(0)
  let unheard = 0
  for (const kind of FILE_KINDS) {
    await forEachLine(files[kind], (line, number) => {
      const part = (hashOfAccount(line) ?? hashOfParsed(line, `${files[kind]}:${number}`)) % parts
      if (kind === 'outcomes') outcomes[part] = (outcomes[part] as number) + 1
      unheard += line.end - line.start + 1
      if (unheard >= PIECE) {
        onRead(unheard)
        unheard = 0
      }
      return spill.append(part, tagOf(kind, number), line)
    })
  }
  return outcomes
}

/** Says at once what is wrong with a line without an account: all of them would gather in one part. */
function hashOfParsed({ bytes, start, end }: Line, place: string): number {
  return hashOfName(parseFields(bytes.toString('utf8', start, end), place).text('account'))
}

async function* piecesOf(spill: Spill, outcomes: readonly number[], reading: Reading): AsyncIterable<Piece> {
  for (let part = 0; part < outcomes.length; part += 1) {
    const bytes = await spill.read(part)
    if (bytes.length > 0) yield { kind: 'lines', bytes, outcomes: outcomes[part] as number, reading }
  }
}
