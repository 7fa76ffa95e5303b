import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { readCase } from '../../src/cli/case.ts'
import { adjudicate } from '../../src/core/adjudicate.ts'
import type { Adjudication, Flip, LedgerSignal } from '../../src/core/model.ts'
import { loadRuleset } from '../../src/core/rules/load.ts'
import { bodyOf, canonicalJson, entryHash, GENESIS, payloadDigest } from '../../src/storage/chain.ts'

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const PAGE = read('docs/arithmetic.md')

/** The rows of the page's tables that have so many cells, without heads. */
function rowsOf(cells: number): readonly string[][] {
  return PAGE.split('\n')
    .filter((line) => line.startsWith('|') && /\w/.test(line))
    .map((line) => line.split('|').slice(1, -1))
    .map((row) => row.map((cell) => cell.trim().replace(/^`|`$/g, '')))
    .filter((row) => row.length === cells && row[1] !== 'name')
}

describe('the worked answer', () => {
  const rows = rowsOf(4).map(([, name = '', formula = '', value = '']) => ({ name, formula, value }))

  let inAnswer: Readonly<Record<string, number | null>>
  beforeAll(() => {
    const answer = answerOf('examples/adjudicate.json')
    const [churn, pulse] = answer.signals as [LedgerSignal, LedgerSignal]
    const [flipChurn, flipPulse] = answer.flips as [Flip, Flip]
    inAnswer = {
      llr_pulse: pulse.llr,
      llr_churn: churn.llr,
      w: pulse.weight,
      healthy: answer.beliefs.healthy ?? null,
      at_risk: answer.beliefs.at_risk ?? null,
      send: answer.expectedLoss.send_expansion_email ?? null,
      wait: answer.expectedLoss.wait ?? null,
      regret: answer.regret,
      conflict: answer.conflict,
      flip_churn: flipChurn.atConfidence,
      flip_pulse: flipPulse.atConfidence,
    }
  })

  it('shows the values of the answer to the last digit', () => {
    const shown = rows.filter(({ name }) => name in inAnswer).map(({ name, value }) => [name, value])
    expect(shown).toEqual(Object.entries(inAnswer).map(([name, value]) => [name, String(value)]))
  })

  it('can be recomputed from its formulas', () => {
    const sheet = evaluate(rows)
    for (const { name, value } of rows) {
      expect(Math.abs((sheet.get(name) as number) / Number(value) - 1), name).toBeLessThan(1e-12)
    }
  })

  it('says what the answer is', () => {
    const { recommendation, proposal, regret, reviewCost } = answerOf('examples/adjudicate.json')
    expect(PAGE.replace(/\s+/g, ' ')).toContain(
      `The regret of ${Math.round(regret)} exceeds the \`review.cost\` of ${reviewCost}, so the disposition is ` +
        `\`${recommendation.disposition}\` (7), and the verdict on \`${proposal?.action}\` is \`${proposal?.verdict}\``,
    )
  })
})

describe('the worked entry', () => {
  const entry = Object.fromEntries(rowsOf(2)) as Record<string, string>
  const { previous = '', sequence = '', salt = '', payload = '', digest = '', hash = '' } = entry

  it('is the first of its stream, its payload canonical', () => {
    expect({ sequence: Number(sequence), hash: previous }).toEqual({
      sequence: GENESIS.sequence + 1,
      hash: GENESIS.hash,
    })
    expect(canonicalJson(JSON.parse(payload))).toBe(payload)
    expect(bodyOf(payload)).toHaveProperty('facts')
  })

  it('has the digest and the hash that the trail gives it', () => {
    expect(digest).toBe(payloadDigest(salt, payload))
    expect(hash).toBe(entryHash(previous, Number(sequence), digest))
  })

  it('has the hash that the commands of the page print', () => {
    const [, script = ''] = /^```sh\n([\s\S]*?)^```$/m.exec(PAGE) ?? []
    const env = { PATH: process.env.PATH, previous, sequence, salt, payload }
    expect(execFileSync('bash', ['--norc', '-c', script], { env, encoding: 'utf8' })).toBe(`${hash}  -\n`)
  })
})

/** The answer to a question of the examples under the shipped rules. */
function answerOf(file: string): Adjudication {
  const names = readdirSync(new URL('../../rules', import.meta.url)).filter((name) => /(?<!_test)\.yaml$/.test(name))
  const { ruleset } = loadRuleset(names.map((name) => ({ path: name, text: read(`rules/${name}`) })))
  if (ruleset === null) throw new Error('the shipped rules do not load')
  const { decision, question } = readCase({ path: file, text: read(file) }, ruleset, Date.now())
  return adjudicate(decision, question)
}

/** What a spreadsheet with these named cells shows. */
function evaluate(rows: readonly { name: string; formula: string }[]): ReadonlyMap<string, number> {
  const sheet = new Map<string, number>()
  for (const { name, formula } of rows) {
    const names = ['LN', 'EXP', 'ABS', ...sheet.keys()]
    const values = [Math.log, Math.exp, Math.abs, ...sheet.values()]
    sheet.set(name, new Function(...names, `return ${formula}`)(...values))
  }
  return sheet
}
