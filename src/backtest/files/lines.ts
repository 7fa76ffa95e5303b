import { createReadStream } from 'node:fs'
import { BacktestError } from '../failure.ts'

/** What is longer is no line of JSON that we know. */
const LONGEST_LINE = 1024 * 1024

const NEWLINE = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** A line where it lies, from `start` to before `end`: a view of its own would cost as much as all else done with it. */
export interface Line {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

/**
 * Calls `take` with each line of a file that is not blank, without its line break, and waits where it returns a promise.
 * The line is good until the next one is taken.
 *
 * @throws BacktestError where the file can't be read, or has a line of more than 1 MiB
 */
export async function forEachLine(
  file: string,
  take: (line: Line, number: number) => Promise<void> | undefined,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0)
  let number = 0
  const tooLong = (line: number) =>
    new BacktestError(`${file}:${line}: a line of more than 1 MiB; write one JSON object a line`)
  const takeLine = (bytes: Buffer, from: number, end: number) => {
    number += 1
    if (end - from > LONGEST_LINE) throw tooLong(number)
    const isMarked = number === 1 && bytes.subarray(from, from + 3).equals(BYTE_ORDER_MARK)
    const line = { bytes, start: isMarked ? from + 3 : from, end }
    return isBlank(line) ? undefined : take(line, number)
  }
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let start = 0
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        const waiting = takeLine(bytes, start, end)
        if (waiting !== undefined) await waiting
        start = end + 1
      }
      rest = bytes.subarray(start)
      if (rest.length > LONGEST_LINE) throw tooLong(number + 1)
    }
    await takeLine(rest, 0, rest.length)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof BacktestError || code === undefined) throw error
    throw new BacktestError(`can't read \`${file}\` (${code}); its form is that of examples/telco`)
  }
}
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

function isBlank({ bytes, start, end }: Line): boolean {
  for (let i = start; i < end; i += 1) if (!isSpace(bytes[i] as number)) return false
  return true
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d
}

/**
 * `hashOfName` of the text at the key `account` of a JSON object, found without parsing the rest of it; null where none is
 * found, as in what is no JSON.
 */
export function hashOfAccount(line: Line): number | null {
  const { bytes, start, end } = line
  let depth = 0
  for (let i = start; i < end; i += 1) {
    const byte = bytes[i]
    if (byte === 0x7b || byte === 0x5b) depth += 1
    else if (byte === 0x7d || byte === 0x5d) depth -= 1
    else if (byte === QUOTE) {
      const close = endOfString(line, i)
      const value = depth === 1 && isAccountKey(bytes, i + 1, close) ? startOfValue(line, close + 1) : -1
      if (value !== -1) return hashOfText(bytes, value + 1, endOfString(line, value))
      i = close
    }
  }
  return null
}

/** A hash (FNV-1a) of an account's name. */
export function hashOfName(account: string): number {
  const bytes = Buffer.from(account)
  return hash(bytes, 0, bytes.length)
}

/** The place of the closing quote, or the end of the line. */
function endOfString({ bytes, end }: Line, open: number): number {
  let i = open + 1
  while (i < end && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1
  return Math.min(i, end)
}

function isAccountKey(bytes: Buffer, start: number, end: number): boolean {
  return end - start === 7 && bytes[start] === 0x61 && bytes.toString('latin1', start, end) === 'account'
}

/** The opening quote of the text behind a colon; −1: what stood before is no key, or what it holds is no text. */
function startOfValue({ bytes, end }: Line, from: number): number {
  const colon = skipSpace(bytes, from, end)
  if (colon === end || bytes[colon] !== 0x3a) return -1
  const value = skipSpace(bytes, colon + 1, end)
  return value < end && bytes[value] === QUOTE ? value : -1
}

function skipSpace(bytes: Buffer, from: number, end: number): number {
  let i = from
  while (i < end && isSpace(bytes[i] as number)) i += 1
  return i
}

function hashOfText(bytes: Buffer, start: number, end: number): number | null {
  for (let i = start; i < end; i += 1) {
    if (bytes[i] === BACKSLASH) return hashOfEscaped(bytes.toString('utf8', start, end))
  }
  return hash(bytes, start, end)
}

function hash(bytes: Buffer, start: number, end: number): number {
  let sum = 0x811c9dc5
  for (let i = start; i < end; i += 1) sum = Math.imul(sum ^ (bytes[i] as number), 0x01000193)
  return sum >>> 0
}

/** Of a text that is written with escapes as of the same written without, which must not be parted from it. */
function hashOfEscaped(text: string): number | null {
  try {
    return hashOfName(JSON.parse(`"${text}"`))
  } catch {
    return null
  }
}
