import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { readRules } from '../../app/rule-files.ts'
import { withoutScale } from '../../app/signals.ts'
import type { AgentDeclarations } from '../../core/rules/agents.ts'
import { didYouMeanOr } from '../../core/rules/suggest.ts'
import type { Source } from '../../core/sources.ts'
import { mapEvents, type Outcome } from '../../webhooks/intake.ts'
import { createMapper } from '../../webhooks/mapping/mapper.ts'
import { isFailed, readEvents } from '../../webhooks/read.ts'
import { CommandError } from '../failure.ts'
import { terminalOf } from '../terminal.ts'
import { renderOutcomes } from './outcomes.ts'

interface TestOptions {
  readonly rules: string
  readonly json: boolean
}

/**
 * Prints what a payload becomes under the source of a directory.
 * @throws CommandError where it can't be read, or an event can't be taken in
 */
export async function testSource(name: string, payload: string, { rules, json }: TestOptions): Promise<void> {
  const { sources, agents } = await readRules(rules, 'name another by --rules')
  const source = sources.get(name)
  if (source === undefined) throw new CommandError(`no source \`${name}\`${didYouMeanOr(name, sources.keys())}`)
  const mapped = await outcomesOf(source, await readPayload(payload))
  const outcomes = mapped.map((outcome) => withScales(outcome, agents))
  console.log(
    json ? JSON.stringify(outcomes, null, 2) : renderOutcomes(name, outcomes, terminalOf(process.stdout, process.env)),
  )
  const rejected = outcomes.filter(({ kind }) => kind === 'rejected').length
  if (rejected > 0) throw new CommandError(`${rejected} of ${outcomes.length} could not be taken in`)
}

/** What an agent's score stands for is known only where it has a scale. */
function withScales(outcome: Outcome, { declared }: AgentDeclarations): Outcome {
  if (outcome.kind !== 'taken') return outcome
  const { account, signals } = outcome.event
  const unknown = signals.find(({ agent, score }) => score !== undefined && !declared.get(agent)?.scale)
  if (unknown === undefined) return outcome
  const reason = `signal \`${unknown.id}\`: ${withoutScale(unknown.agent)}`
  return { kind: 'rejected', matcher: outcome.matcher, account, reason }
}

async function outcomesOf(source: Source, body: Buffer): Promise<readonly Outcome[]> {
  const processes = createMapper()
  const mapper = processes.forRequest()
  try {
    const now = Date.now()
    const receivedAt = new Date(now).toISOString()
    const events = await readEvents(mapper, source, { body, organization: null, receivedAt })
    if (isFailed(events)) throw new CommandError(events.reason)
    return await mapEvents(mapper, source, events, { now, receivedAt: null })
  } finally {
    await processes.close()
  }
}

async function readPayload(path: string): Promise<Buffer> {
  try {
    return path === '-' ? await buffer(process.stdin) : await readFile(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new CommandError(`can't read \`${path}\` (${code ?? message}); name a file as the source sends it`)
  }
}
