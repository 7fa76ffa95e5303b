import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { BacktestError } from '../failure.ts'
import type { Line } from './lines.ts'

/** Of all parts together while they are written, in bytes. */
const BUFFERED = 32 * 1024 * 1024
const LARGEST_BLOCK = 64 * 1024
const NEWLINE = 0x0a

/** Lines in many parts, each appended to at any time, then read in whole: what memory can't hold lies in a temporary file. */
export interface Spill {
  /**
   * A line with a tag before it and a line break behind.
   * @param tag of ASCII
   * @returns a promise where the file must be written before more is appended
   */
  append(part: number, tag: string, line: Line): Promise<void> | undefined
  /** All bytes of a part, in their order. Nothing is appended to any after the first is read. */
  read(part: number): Promise<Uint8Array<ArrayBuffer>>
  close(): Promise<void>
}

interface Block {
  readonly bytes: Buffer
  used: number
}

interface Extent {
  readonly position: number
  readonly length: number
}

/**
 * It holds customers' data: only its owner may open it, and it loses its name at once, so that nothing of it is left
 * however the process ends.
 */
async function createFile(): Promise<FileHandle> {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-backtest-'))
  try {
    return await open(path.join(directory, 'history'), 'wx+', 0o600)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** A file is made only once what is kept in memory has no more room. */
export function createSpill(parts: number): Spill {
  const blockSize = Math.min(LARGEST_BLOCK, Math.ceil(BUFFERED / parts))
  const blocks = new Map<number, Block>()
  const extents: Extent[][] = Array.from({ length: parts }, () => [])
  let file: FileHandle | null = null
  let end = 0

  const write = async (part: number, bytes: Uint8Array) => {
    extents[part]?.push({ position: end, length: bytes.length })
    end += bytes.length
    try {
      file ??= await createFile()
      const { bytesWritten } = await file.write(bytes, 0, bytes.length, end - bytes.length)
      if (bytesWritten < bytes.length) throw Object.assign(new Error('short write'), { code: 'ENOSPC' })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new BacktestError(`can't write to \`${tmpdir()}\` (${code}); make room there, or set TMPDIR to elsewhere`)
    }
  }

  const makeBlock = (part: number, least: number): Block => {
    const block = { bytes: Buffer.allocUnsafe(Math.max(blockSize, least)), used: 0 }
    blocks.set(part, block)
    return block
  }

  return {
    append(part, tag, line) {
      const length = tag.length + line.end - line.start + 1
      const block = blocks.get(part) ?? makeBlock(part, length)
      if (block.used + length <= block.bytes.length) {
        put(block, tag, line)
        return undefined
      }
      return write(part, block.bytes.subarray(0, block.used)).then(() => {
        block.used = 0
        put(length <= block.bytes.length ? block : makeBlock(part, length), tag, line)
      })
    },
    async read(part) {
      const block = blocks.get(part)
      const written = extents[part] ?? []
      const total = written.reduce((sum, { length }) => sum + length, block?.used ?? 0)
      const bytes = new Uint8Array(total)
      let at = 0
      for (const { position, length } of written) {
        await file?.read(bytes, at, length, position)
        at += length
      }
      if (block !== undefined) bytes.set(block.bytes.subarray(0, block.used), at)
      blocks.delete(part)
      return bytes
    },
    async close() {
      blocks.clear()
      await file?.close()
    },
  }
}

function put(block: Block, tag: string, { bytes, start, end }: Line): void {
  block.used += block.bytes.write(tag, block.used, 'latin1')
  block.used += bytes.copy(block.bytes, block.used, start, end)
  block.bytes[block.used] = NEWLINE
  block.used += 1
}
