import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ENGINE } from '../../src/core/model.ts'
import { answerOf, compileTexts, type Golden } from './golden/golden.ts'

/*
 * Answers are recomputed from the trail years later, so what an engine once answered it answers for ever, to the last
 * digit. If a record differs, the arithmetic has changed: raise `ENGINE`, keep the old arithmetic for the old trail and
 * start `golden/engine-<n>.json`; never edit or regenerate a record. Summaries and handoffs are not compared: words, and who is asked,
 * may become better ones.
 *
 * New records are appended, and only appended, by `npx tsx test/core/golden/add.ts new.json`, followed by
 * `npx biome format --write test/core/golden`. The file holds `{"rulesets"?: {name: {file: YAML}}, "questions": [{name,
 * ruleset, decision, question}]}`. Read each new answer before it is committed: it will stand.
 */
const golden = JSON.parse(readFileSync(new URL('golden/engine-1.json', import.meta.url), 'utf8')) as Golden
const rulesets = new Map(Object.entries(golden.rulesets).map(([name, texts]) => [name, compileTexts(texts)]))

describe('engine 1', () => {
  it('is the one that answers', () => {
    expect(ENGINE).toBe(golden.engine)
  })

  it.each(golden.records.map((record) => [record.name, record] as const))('answers as ever: %s', (_name, record) => {
    const ruleset = rulesets.get(record.ruleset)
    if (ruleset === undefined) throw new Error(`there is no ruleset \`${record.ruleset}\``)
    const { handoff: _, ...answer } = record.answer
    expect(answerOf(ruleset, record)).toStrictEqual(answer)
  })
})
