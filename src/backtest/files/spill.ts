import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Of all parts together while they are written, in bytes. */
const BUFFERED = 32 * 1024 * 1024
const LARGEST_BLOCK = 64 * 1024

/** Bytes in many parts, each appended to at any time, then read in whole: what memory can't hold lies in a temporary file. */
export interface Spill {
  /** @returns a promise where the file must be written before more is appended */
  append(part: number, ...pieces: readonly Uint8Array[]): Promise<void> | undefined
  /** All bytes of a part, in their order. Nothing is appended to any after the first is read. */
  read(part: number): Promise<Uint8Array<ArrayBuffer>>
  /** Deletes the file. */
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

/** Where there is a file, it is for its owner only: it holds customers' data. */
export function createSpill(parts: number): Spill {
  const blockSize = Math.min(LARGEST_BLOCK, Math.ceil(BUFFERED / parts))
  const blocks = new Map<number, Block>()
  const extents: Extent[][] = Array.from({ length: parts }, () => [])
  let file: { readonly handle: FileHandle; readonly directory: string } | null = null
  let end = 0

  const write = async (part: number, bytes: Uint8Array) => {
    if (file === null) {
      const directory = await mkdtemp(path.join(tmpdir(), 'umpire-backtest-'))
      file = { directory, handle: await open(path.join(directory, 'history'), 'wx+', 0o600) }
    }
    extents[part]?.push({ position: end, length: bytes.length })
    end += bytes.length
    await file.handle.writev([bytes], end - bytes.length)
  }

  return {
    append(part, ...pieces) {
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
      let block = blocks.get(part)
      let flushed: Promise<void> | undefined
      if (block !== undefined && block.used + length > block.bytes.length) {
        // A copy, since the block goes on while it is written.
        flushed = write(part, Uint8Array.prototype.slice.call(block.bytes, 0, block.used))
        block.used = 0
      }
      if (length > blockSize) {
        const whole = Buffer.concat(pieces)
        return flushed === undefined ? write(part, whole) : flushed.then(() => write(part, whole))
      }
      if (block === undefined) {
        block = { bytes: Buffer.allocUnsafe(blockSize), used: 0 }
        blocks.set(part, block)
      }
      for (const piece of pieces) {
        block.bytes.set(piece, block.used)
        block.used += piece.length
      }
      return flushed
    },
    async read(part) {
      const block = blocks.get(part)
      const written = extents[part] ?? []
      const total = written.reduce((sum, { length }) => sum + length, block?.used ?? 0)
      const bytes = new Uint8Array(total)
      let at = 0
      for (const { position, length } of written) {
        await file?.handle.read(bytes, at, length, position)
        at += length
      }
      if (block !== undefined) bytes.set(block.bytes.subarray(0, block.used), at)
      blocks.delete(part)
      return bytes
    },
    async close() {
      blocks.clear()
      await file?.handle.close()
      if (file !== null) await rm(file.directory, { recursive: true, force: true })
    },
  }
}
