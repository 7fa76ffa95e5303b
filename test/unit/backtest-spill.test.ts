import { mkdtemp, readdir, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { forEachLine, hashOfAccount, hashOfName } from '../../src/backtest/files/lines.ts'
import { createSpill } from '../../src/backtest/files/spill.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'umpire-test-'))
  vi.stubEnv('TMPDIR', directory)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true })
})

const lineOf = (bytes: Buffer, start = 0) => ({ bytes, start, end: bytes.length - start })
/** Of a line that lies among others. */
const hashOf = (text: string) => hashOfAccount(lineOf(Buffer.from(`"{"${text}"}"`), 3))

describe('the account of a line', () => {
  it('is found wherever it stands and however it is written', () => {
    const json = fc.json({ maxDepth: 3 })
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), json, json, (account, before, after) => {
        const name = JSON.stringify(account)
        const units = Array.from({ length: account.length }, (_, i) => account.charCodeAt(i))
        const escaped = `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`
        const wanted = hashOf(`{"account":${name}}`)
        expect(hashOf(`{"before": ${before}, "account" : ${name}, "after": ${after}}`)).toBe(wanted)
        expect(hashOf(`{"facts":{"account":"another"},"x":["account"],"account":${name}}`)).toBe(wanted)
        expect(hashOf(`{"account":${escaped}}`)).toBe(wanted)
        expect(hashOfName(account)).toBe(wanted)
      }),
    )
  })

  it.each(['', 'account', '[]', '{"account"', '{"account":', '{"account":7}', '{"account":"', '{"x":"account"}'])(
    'is none in `%s`',
    (text) => {
      expect(hashOf(text)).toBe(text === '{"account":"' ? hashOf('{"account":""}') : null)
    },
  )

  it('parts accounts from one another', () => {
    const parts = new Set(Array.from({ length: 1_000 }, (_, i) => hashOf(`{"account":"account-${i}"}`)! % 64))
    expect(parts.size).toBe(64)
  })
})

describe('lines', () => {
  it('are those of the file, whatever it is read in', async () => {
    const lines = fc.array(fc.string({ unit: fc.constantFrom('a', 'ü', '€', '😀', ' ') }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(lines, fc.constantFrom('\n', '\r\n'), fc.boolean(), async (written, lineBreak, ended) => {
        const file = path.join(directory, 'lines')
        await writeFile(file, written.join(lineBreak) + (ended ? lineBreak : ''))
        const read: [number, string][] = []
        await forEachLine(
          file,
          ({ bytes, start, end }, number) =>
            void read.push([number, bytes.toString('utf8', start, end).replace(/\r$/, '')]),
        )
        expect(read).toEqual(
          written.map((line, i): [number, string] => [i + 1, line]).filter(([, line]) => line.trim() !== ''),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('are put together where the file is read in pieces', async () => {
    const file = path.join(directory, 'long')
    const written = Array.from({ length: 40 }, (_, i) => `${i}${'x'.repeat(100_000)}`)
    await writeFile(file, written.join('\n'))
    const read: string[] = []
    await forEachLine(file, ({ bytes, start, end }) => void read.push(bytes.toString('utf8', start, end)))
    expect(read).toEqual(written)
  })
})

describe('a line of more than a mebibyte', () => {
  it.each([0, 1, 600_000, 1_000_000])('is refused, behind a line of %i bytes too', async (before) => {
    const file = path.join(directory, 'huge')
    await writeFile(file, `${'x'.repeat(before)}\n${'x'.repeat(1024 * 1024 + 1)}\n`)
    const reading = forEachLine(file, () => undefined)
    await expect(reading).rejects.toThrow(/huge:\d: a line of more than 1 MiB; write one JSON object a line$/)
  })
})

describe('a spill', () => {
  it('gives back each part as it was appended, in memory or not', async () => {
    const piece = fc.record({ part: fc.nat(6), length: fc.oneof(fc.nat(200), fc.integer({ min: 0, max: 90_000 })) })
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
        const spill = createSpill(7)
        const wanted = Array.from({ length: 7 }, () => [] as Buffer[])
        try {
          for (const [i, { part, length }] of pieces.entries()) {
            const bytes = Buffer.alloc(length, i)
            wanted[part]!.push(Buffer.from(`s${i} `), bytes, Buffer.from('\n'))
            await spill.append(part, `s${i} `, lineOf(bytes))
          }
          for (const [part, bytes] of wanted.entries()) {
            expect(Buffer.compare(Buffer.from(await spill.read(part)), Buffer.concat(bytes))).toBe(0)
          }
        } finally {
          await spill.close()
        }
      }),
      { numRuns: 40 },
    )
    expect(await readdir(directory)).not.toContainEqual(expect.stringMatching(/^umpire-backtest-/))
  })

  it('has a file without a name, which nobody else can open and no end of the process leaves behind', async () => {
    const spill = createSpill(1)
    for (let i = 0; i < 2; i += 1) await spill.append(0, 's1 ', lineOf(Buffer.alloc(200_000)))
    expect((await readdir(directory)).filter((name) => name.startsWith('umpire-backtest-'))).toEqual([])
    expect((await spill.read(0)).length).toBe(2 * (3 + 200_000 + 1))
    await spill.close()
  })

  it.runIf(process.platform === 'linux')('has a file that is of its owner alone while it has a name', async () => {
    const spill = createSpill(1)
    for (let i = 0; i < 2; i += 1) await spill.append(0, 's1 ', lineOf(Buffer.alloc(200_000)))
    const opened = await Promise.all(
      (await readdir('/proc/self/fd')).map(async (fd) => ({
        fd,
        name: await readlink(`/proc/self/fd/${fd}`).catch(() => ''),
      })),
    )
    const mine = opened.filter(({ name }) => name.startsWith(path.join(directory, 'umpire-backtest-')))
    const modes = await Promise.all(mine.map(async ({ fd }) => (await stat(`/proc/self/fd/${fd}`)).mode & 0o777))
    expect(modes).toEqual([0o600])
    await spill.close()
  })

  it('says where there is no room for it', async () => {
    vi.stubEnv('TMPDIR', path.join(directory, 'gone'))
    const spill = createSpill(1)
    await spill.append(0, 's1 ', lineOf(Buffer.alloc(200_000)))
    await expect(spill.append(0, 's2 ', lineOf(Buffer.alloc(200_000)))).rejects.toThrow(
      /^can't write to `.*gone` \(ENOENT\); make room there, or set TMPDIR to elsewhere$/,
    )
    await spill.close()
    vi.stubEnv('TMPDIR', directory)
  })
})
