import { readRules } from '../../app/rule-files.ts'
import { adjudicate } from '../../core/adjudicate.ts'
import { readInput } from '../adjudicate.ts'
import { readCase } from '../case.ts'
import { terminalOf } from '../terminal.ts'
import { type Explained, renderExplanation } from './explanation.ts'

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Prints how an answer came about: one that the database keeps, by its id, or that to a question from a file.
 *
 * @throws Problem where there is no such adjudication, or what it was made from has been erased; CommandError
 */
export async function explain(input: string | undefined, { rules }: { readonly rules: string }): Promise<void> {
  const explained = input !== undefined && ID.test(input) ? await fromStore(input) : await fromFile(input, rules)
  console.log(renderExplanation(explained, terminalOf(process.stdout, process.env)))
}

async function fromStore(id: string): Promise<Explained> {
  const [{ explainAdjudication }, { withStore }] = await Promise.all([
    import('../../app/explanation.ts'),
    import('../store.ts'),
  ])
  return withStore({}, ({ db }) => explainAdjudication(db, id.toLowerCase(), Date.now()))
}

async function fromFile(input: string | undefined, rules: string): Promise<Explained> {
  const file = await readInput(input, 'name a JSON file, the whole id of an adjudication, or - for standard input')
  const asked = readCase(file, await readRules(rules, 'name another by --rules'), Date.now())
  return { ...asked, answer: adjudicate(asked.decision, asked.question) }
}
