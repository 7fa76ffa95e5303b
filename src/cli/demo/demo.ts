import path from 'node:path'
import { readRules } from '../../app/rule-files.ts'
import { CommandError } from '../failure.ts'
import { projectFile } from '../project.ts'
import { terminalOf, wrap } from '../terminal.ts'
import { createClient } from './client.ts'
import { readCustomers } from './customers.ts'
import { replay } from './replay.ts'
import { renderReport } from './report.ts'
import { startDemoService } from './service.ts'

const RULES = projectFile('examples/telco/rules')
const DECISION = 'retention-offer'

export interface DemoOptions {
  /** Directory of the data. */
  readonly data: string
  /** Leave the service's data where they are. */
  readonly keep: boolean
}

/** Starts a service, replays the customers of a data set through its API, and prints what came of it. */
export async function runDemo({ data, keep }: DemoOptions): Promise<void> {
  const decision = (await readRules(RULES)).decisions.get(DECISION)
  if (decision === undefined) throw new CommandError(`the demo's rules lack the decision \`${DECISION}\`; restore it`)
  const customers = await readCustomers(data)

  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  console.error('Starting a service with a database of its own …')
  const service = await startDemoService(RULES)
  try {
    const client = createClient(service.url, service.adminKey, interruption.signal)
    const replayed = await replay(client, customers, DECISION)
    const terminal = terminalOf(process.stdout, process.env)
    console.log(`\n${renderReport(decision, customers, replayed, terminal)}`)
    console.log(`\n${wrap(lookFurther(service.dataDir, keep), terminal)}`)
  } finally {
    await service.close({ keep })
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

function lookFurther(dataDir: string, keep: boolean): string {
  const rules = path.relative('', RULES)
  if (keep) return `To look at each answer: UMPIRE_DATA_DIR=${dataDir} UMPIRE_RULES_DIR=${rules} npm start`
  return `Change ${rules}/${DECISION}.yaml and run this again; --data <directory> replays more customers, --keep keeps the answers.`
}
