import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { Facts } from '../../core/model.ts'
import { CommandError } from '../failure.ts'

const accountLine = z.object({ account: z.string(), facts: z.record(z.string(), z.unknown()) })
const signalLine = z.object({
  id: z.string(),
  agent: z.string(),
  account: z.string(),
  claim: z.string(),
  confidence: z.number().min(0).max(1),
})
const outcomeLine = z.object({ account: z.string(), state: z.string(), split: z.string().optional() })

export type CustomerSignal = z.output<typeof signalLine>

/** A customer, what agents said of it, and what happened. */
export interface Customer {
  readonly account: string
  readonly facts: Facts
  readonly signals: readonly CustomerSignal[]
  /** What turned out to be true. */
  readonly state: string
  /** Which part of the data it is: only what no agent was fitted on may be scored. Null: the data are one. */
  readonly split: string | null
}

/**
 * Reads `accounts.jsonl`, `signals.jsonl` and `outcomes.jsonl` of a directory, in the order of the accounts.
 * @throws CommandError naming file and line where they are not what they should be
 */
export async function readCustomers(directory: string): Promise<readonly Customer[]> {
  const accounts = await readLines(directory, 'accounts.jsonl', accountLine)
  const signals = await readLines(directory, 'signals.jsonl', signalLine)
  const outcomes = await readLines(directory, 'outcomes.jsonl', outcomeLine)
  if (accounts.length === 0) throw new CommandError(`\`${path.join(directory, 'accounts.jsonl')}\` is empty`)
  const said = new Map<string, CustomerSignal[]>(accounts.map(({ account }) => [account, []]))
  for (const signal of signals) said.get(signal.account)?.push(signal)
  const happened = new Map(outcomes.map((outcome) => [outcome.account, outcome]))
  return accounts.map(({ account, facts }) => {
    const outcome = happened.get(account)
    if (outcome === undefined) throw new CommandError(`account \`${account}\` has no line in outcomes.jsonl; add one`)
    return { account, facts, signals: said.get(account) ?? [], state: outcome.state, split: outcome.split ?? null }
  })
}

async function readLines<S extends z.ZodType>(directory: string, name: string, schema: S): Promise<z.output<S>[]> {
  const file = path.join(directory, name)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new CommandError(`can't read \`${file}\` (${(error as NodeJS.ErrnoException).code}); see examples/telco`)
  }
  const lines: z.output<S>[] = []
  text.split('\n').forEach((line, i) => {
    if (line.trim() !== '') lines.push(parseLine(line, schema, `${file}:${i + 1}`))
  })
  return lines
}

function parseLine<S extends z.ZodType>(line: string, schema: S, place: string): z.output<S> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new CommandError(`${place}: not JSON; each line must be a JSON object`)
  }
  const { data, error } = schema.safeParse(value)
  if (!error) return data
  const field = error.issues[0]?.path.join('.') || 'the line'
  throw new CommandError(`${place}: \`${field}\` is missing or wrong; write the line as in examples/telco`)
}
