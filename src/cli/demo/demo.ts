import path from 'node:path'
import { readRules } from '../../app/rule-files.ts'
import { createClient } from '../client.ts'
import { CommandError } from '../failure.ts'
import { projectFile } from '../project.ts'
import { terminalOf, wrap } from '../terminal.ts'
import { readCustomers } from './customers.ts'
import { replay } from './replay.ts'
import { renderReport } from './report.ts'
import { startDemoService } from './service.ts'

const RULES = projectFile('examples/telco/rules')
const DECISION = 'retention-offer'
const LOOK_FURTHER =
  `Change examples/telco/rules/${DECISION}.yaml and run this again. --data <directory> replays other customers, ` +
  '--keep keeps every answer to look at.'

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
    const client = createClient({ url: service.url, key: service.adminKey, interrupted: interruption.signal })
    const replayed = await replay(client, customers, DECISION)
    const terminal = terminalOf(process.stdout, process.env)
    console.log(`\n${renderReport(decision, customers, replayed, terminal)}`)
    console.log(`\n${keep ? whereKept(service.dataDir) : wrap(LOOK_FURTHER, terminal)}`)
  } finally {
    await service.close({ keep })
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

/** The command stands on a line of its own, to be copied. */
function whereKept(dataDir: string): string {
  const rules = path.relative('', RULES)
  return [
    `Every answer is kept; the key is in ${path.join(dataDir, 'admin.key')}. Look at them with`,
    `  UMPIRE_DATA_DIR=${dataDir} UMPIRE_RULES_DIR=${rules} npm start`,
  ].join('\n')
}
