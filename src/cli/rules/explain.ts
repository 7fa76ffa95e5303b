import { readRules } from '../../app/rule-files.ts'
import { adjudicate } from '../../core/adjudicate.ts'
import { answerOf } from '../../core/comparison.ts'
import { shortHash } from '../../core/short-hash.ts'
import { readInput } from '../adjudicate.ts'
import { readCase } from '../case.ts'
import { UsageError } from '../failure.ts'
import { paints, type Terminal, terminalOf, wrap } from '../terminal.ts'
import { type Explained, renderExplanation } from './explanation.ts'

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

interface ExplainOptions {
  readonly rules: string
  /** Asks other rules the question of an adjudication. */
  readonly under?: string
}

/**
 * Prints how an answer came about: one that the database keeps, by its id, or that to a question from a file.
 *
 * @throws Problem where there is no such adjudication, or what it was made from has been erased; CommandError
 */
export async function explain(input: string | undefined, { rules, under }: ExplainOptions): Promise<void> {
  const terminal = terminalOf(process.stdout, process.env)
  const isStored = input !== undefined && ID.test(input)
  if (under !== undefined) {
    if (!isStored)
      throw new UsageError('--under takes the id of an adjudication; ask a question from a file with --rules')
    console.log(await underOthers(input.toLowerCase(), under, terminal))
    return
  }
  console.log(renderExplanation(isStored ? await fromStore(input) : await fromFile(input, rules), terminal))
}

async function underOthers(id: string, under: string, terminal: Terminal): Promise<string> {
  const [{ answerUnder }, { rulesetNamed }, { withStore }] = await Promise.all([
    import('../../app/explanation.ts'),
    import('../../app/named-ruleset.ts'),
    import('../store.ts'),
  ])
  return withStore({}, async ({ db }) => {
    const ruleset = await rulesetNamed(db, under)
    const { given, ...other } = await answerUnder(db, id, ruleset)
    const { bold, yellow } = paints(terminal)
    const header = `NOT the answer that was given: what ${shortHash(ruleset.hash)} would have answered to the question of ${id}.`
    const answers = `Given was \`${answerOf(given.recommendation)}\`${given.ruling ? ', which a person had decided' : ''}; this is \`${answerOf(other.answer.recommendation)}\`.`
    return [bold(yellow(wrap(header, terminal))), wrap(answers, terminal), renderExplanation(other, terminal)].join(
      '\n\n',
    )
  })
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
