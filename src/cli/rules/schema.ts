import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { jsonSchemas, schemaText } from '../../core/rules/schema/json.ts'
import { CommandError } from '../failure.ts'

/**
 * Writes the JSON Schemas that editors use into the directory of the rule files. Those that say the same already stay
 * as they are, whatever their layout.
 *
 * @throws CommandError where a file can't be written; where `check`, which writes none, where any is not current
 */
export async function writeSchemas(directory: string, { check }: { readonly check: boolean }): Promise<void> {
  const old: string[] = []
  for (const [name, schema] of Object.entries(jsonSchemas())) {
    const file = path.join(directory, name)
    if (await isCurrent(file, schema)) continue
    old.push(file)
    if (check) continue
    await write(file, schemaText(schema))
    console.log(`wrote ${file}`)
  }
  if (old.length === 0) console.log(`the schemas in \`${directory}\` are current`)
  else if (check)
    throw new CommandError(
      `not the schemas of this version: ${old.join(', ')}; write them by \`umpire rules schema ${directory}\``,
    )
}

async function isCurrent(file: string, schema: object): Promise<boolean> {
  try {
    return isDeepStrictEqual(JSON.parse(await readFile(file, 'utf8')), JSON.parse(JSON.stringify(schema)))
  } catch {
    return false
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandError(`can't write \`${file}\` (${code}); name the directory of the rule files`)
  }
}
