import { readFileSync, writeFileSync } from 'node:fs'
import { ENGINE } from '../../../src/core/model.ts'
import { answerOf, compileTexts, type Golden, type GoldenQuestion, type RuleTexts } from './golden.ts'

/**
 * Appends golden records: `npx tsx test/core/golden/add.ts new.json`, where the file holds `{"rulesets"?, "questions"}`.
 * What is there already stays as it is, to the letter: a record is never computed anew.
 */
const FILE = new URL(`engine-${ENGINE}.json`, import.meta.url)

interface Additions {
  readonly rulesets?: Readonly<Record<string, RuleTexts>>
  readonly questions: readonly GoldenQuestion[]
}

const [path] = process.argv.slice(2)
if (path === undefined) throw new Error('name the file with the questions to add')
const additions = JSON.parse(readFileSync(path, 'utf8')) as Additions
const golden = JSON.parse(readFileSync(FILE, 'utf8')) as Golden

const taken = [
  ...Object.keys(additions.rulesets ?? {}).filter((name) => name in golden.rulesets),
  ...additions.questions
    .map(({ name }) => name)
    .filter((name) => golden.records.some((record) => record.name === name)),
]
if (taken.length > 0) throw new Error(`there already: ${taken.join(', ')}; give them other names`)

const rulesets = { ...golden.rulesets, ...additions.rulesets }
const compiled = new Map(Object.entries(rulesets).map(([name, texts]) => [name, compileTexts(texts)]))
const added = additions.questions.map(({ name, ruleset, decision, question }) => {
  const rules = compiled.get(ruleset)
  if (rules === undefined) throw new Error(`\`${name}\`: there is no ruleset \`${ruleset}\`; add it under \`rulesets\``)
  const asked = { name, ruleset, decision, question }
  return { ...asked, answer: answerOf(rules, asked) }
})
writeFileSync(FILE, `${JSON.stringify({ ...golden, rulesets, records: [...golden.records, ...added] }, null, 2)}\n`)
