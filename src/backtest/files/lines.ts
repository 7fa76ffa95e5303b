import { createReadStream } from 'node:fs'
import { BacktestError } from '../failure.ts'

/** What is longer is no line of JSON that we know. */
const LONGEST_LINE = 1024 * 1024

const NEWLINE = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Calls `take` with each line of a file that is not blank, without its line break, and waits where it returns a promise.
 * @throws BacktestError where the file can't be read, or has a line of more than 1 MiB
 */
export async function forEachLine(
  file: string,
  take: (line: Buffer, number: number) => Promise<void> | undefined,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0)
  let number = 0
  const takeLine = (line: Buffer) => {
    number += 1
    const text = number === 1 && line.subarray(0, 3).equals(BYTE_ORDER_MARK) ? line.subarray(3) : line
    return isBlank(text) ? undefined : take(text, number)
  }
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let start = 0
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        const waiting = takeLine(bytes.subarray(start, end))
        if (waiting !== undefined) await waiting
        start = end + 1
      }
      rest = bytes.subarray(start)
      if (rest.length > LONGEST_LINE) {
        throw new BacktestError(`${file}:${number + 1}: a line of more than 1 MiB; write one JSON object a line`)
      }
    }
    await takeLine(rest)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof BacktestError || code === undefined) throw error
    throw new BacktestError(`can't read \`${file}\` (${code}); its form is that of examples/telco`)
  }
}
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false
  return true
}

/**
 * A hash (FNV-1a) of the text at the key `account` of a JSON object, found without parsing the rest of it. 0 where there
 * is none, as in what is no JSON: whoever parses the line will say so.
 */
export function hashOfAccount(line: Buffer): number {
  let depth = 0
  for (let i = 0; i < line.length; i += 1) {
    const byte = line[i]
    if (byte === 0x7b || byte === 0x5b) depth += 1
    else if (byte === 0x7d || byte === 0x5d) depth -= 1
    else if (byte === QUOTE) {
      const end = endOfString(line, i)
      const value = depth === 1 && isAccountKey(line, i + 1, end) ? startOfValue(line, end + 1) : -1
      if (value !== -1) return hash(line, value + 1, endOfString(line, value))
      i = end
    }
  }
  return 0
}

/** The place of the closing quote, or the end of the line. */
function endOfString(line: Buffer, open: number): number {
  let i = open + 1
  while (i < line.length && line[i] !== QUOTE) i += line[i] === BACKSLASH ? 2 : 1
  return Math.min(i, line.length)
}

const ACCOUNT = Buffer.from('account')

function isAccountKey(line: Buffer, start: number, end: number): boolean {
  return end - start === ACCOUNT.length && line.compare(ACCOUNT, 0, ACCOUNT.length, start, end) === 0
}

/** The opening quote of the text behind a colon; −1: what stood before is no key, or what it holds is no text. */
function startOfValue(line: Buffer, from: number): number {
  let i = skipSpace(line, from)
  if (line[i] !== 0x3a) return -1
  i = skipSpace(line, i + 1)
  return line[i] === QUOTE ? i : -1
}

function skipSpace(line: Buffer, from: number): number {
  let i = from
  while (line[i] === 0x20 || line[i] === 0x09) i += 1
  return i
}

function hash(line: Buffer, start: number, end: number): number {
  // The same text may be written with escapes, which must not part it from itself.
  const bytes = line.subarray(start, end)
  const text = bytes.includes(BACKSLASH) ? unescaped(bytes) : bytes
  let sum = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) sum = Math.imul(sum ^ (text[i] as number), 0x01000193)
  return sum >>> 0
}

function unescaped(bytes: Buffer): Buffer {
  try {
    return Buffer.from(JSON.parse(`"${bytes.toString()}"`))
  } catch {
    return bytes
  }
}
