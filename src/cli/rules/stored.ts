import { stat } from 'node:fs/promises'
import { readRuleFiles } from '../../app/rule-files.ts'
import type { Client } from '../client.ts'
import { CommandError, UsageError } from '../failure.ts'

/** An activation as the service tells it. */
export interface Activation {
  readonly ruleset: string
  readonly activatedAt: string
  readonly source: string
  readonly by: string
  readonly pinned: boolean
  readonly changes: readonly string[]
}

/**
 * The hash of rules that the service has: of a directory, which is uploaded first, or by its beginning.
 * @throws CommandError, UsageError
 */
export async function storedHash(client: Client, which: string): Promise<string> {
  return (await isDirectory(which)) ? uploadDirectory(client, which) : findHash(client, which)
}

async function isDirectory(name: string): Promise<boolean> {
  return (await stat(name).catch(() => null))?.isDirectory() ?? false
}

async function uploadDirectory(client: Client, directory: string): Promise<string> {
  const { files, unread } = await readRuleFiles(directory, 'name another')
  const [problem] = unread
  if (problem) throw new CommandError(`${directory}/${problem.file}: ${problem.message}`)
  const body = { files: Object.fromEntries(files.map(({ path, text }) => [path, text])) }
  const { ruleset, warnings } = (await client.send('POST', '/v1/rulesets', body)) as {
    ruleset: string
    warnings: readonly string[]
  }
  for (const warning of warnings) console.error(warning)
  return ruleset
}

/** A hash by its beginning, among those that have been active and that which runs or ran last as a shadow. */
async function findHash(client: Client, which: string): Promise<string> {
  const wanted = which.startsWith('sha256:') ? which : `sha256:${which}`
  if (!/^sha256:[0-9a-f]{4,64}$/.test(wanted)) {
    throw new UsageError(`\`${which}\` is neither a directory nor the beginning of a hash, of four digits at least`)
  }
  if (wanted.length === 'sha256:'.length + 64) return wanted
  const [activations, shadow] = await Promise.all([newestActivations(client), client.send('GET', '/v1/shadow')])
  const known = new Set([...activations, shadow as { ruleset: string | null }].map(({ ruleset }) => ruleset))
  const [only, another] = [...known].filter((hash) => hash?.startsWith(wanted))
  if (!only) {
    throw new CommandError(
      `no ruleset that was active, or ran last as a shadow, begins with \`${which}\`; see \`umpire rules history\``,
    )
  }
  if (another !== undefined) throw new CommandError(`several rulesets begin with \`${which}\`; give more of the hash`)
  return only
}

/** The newest first. */
export async function newestActivations(client: Client): Promise<readonly Activation[]> {
  return ((await client.send('GET', '/v1/rulesets?limit=200')) as { activations: readonly Activation[] }).activations
}
