import type { Steps } from '../steps.ts'
import type { RuleProblem } from './problem.ts'
import { parsedYaml, parseYaml, type RuleFile, type YamlFile } from './yaml.ts'

/** What a file is, by its name. */
export type Kind = 'decision' | 'shared' | 'agents' | 'queues' | 'sources'

const KINDS: Readonly<Record<string, Kind>> = {
  '_all.yaml': 'shared',
  'agents.yaml': 'agents',
  'queues.yaml': 'queues',
  'sources.yaml': 'sources',
}

/** A file that counts for a ruleset. */
export interface ParsedFile {
  readonly name: string
  readonly kind: Kind
  readonly yaml: YamlFile
  /** The value of `yaml`. */
  readonly json: string
}

/** Files that were parsed without a problem, by path, with what they came to. */
export type ReadFiles = ReadonlyMap<string, { readonly text: string; readonly value: unknown }>

/**
 * Parses the files that count, a step each, in the order of their names.
 * @param known what is written there still is not parsed again
 * @param problems where faults are put
 */
export function* parsingFiles(
  files: readonly RuleFile[],
  known: ReadFiles,
  problems: RuleProblem[],
): Steps<{ readonly parsed: readonly ParsedFile[]; readonly read: ReadFiles }> {
  const byName = new Map<string, string>()
  const parsed: ParsedFile[] = []
  const read = new Map<string, { text: string; value: unknown }>()
  const refuse = ({ path }: RuleFile, message: string) =>
    problems.push({ file: path, line: 1, column: 1, severity: 'error', message })
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const name = file.path.split(/[/\\]/).at(-1) ?? ''
    if (name.endsWith('.yml')) refuse(file, 'rule files end in `.yaml`; rename it')
    if (!name.endsWith('.yaml') || name.endsWith('_test.yaml')) continue
    const same = byName.get(name)
    if (same !== undefined) refuse(file, `there is a file of this name already, \`${same}\`; rename one`)
    byName.set(name, file.path)
    const before = known.get(file.path)
    const { yaml, problems: faults } =
      before?.text === file.text ? { yaml: locatedLater(file, before.value), problems: [] } : parseYaml(file)
    problems.push(...faults)
    if (yaml !== null) {
      parsed.push(parsedFile(name, yaml))
      read.set(file.path, { text: file.text, value: yaml.value })
    }
    yield
  }
  return { parsed: parsed.sort((a, b) => (a.name < b.name ? -1 : 1)), read }
}

/** The files that the content of a ruleset was made of. */
export function filesOfContent(content: string): readonly ParsedFile[] {
  const entries = JSON.parse(content) as readonly (readonly [name: string, value: unknown])[]
  return entries.map(([name, value]) => parsedFile(name, parsedYaml(name, value)))
}

/** The content of a ruleset: JSON, `[[file name, value], …]`. */
export function contentOf(files: readonly ParsedFile[]): string {
  return `[${files.map(({ name, json }) => `[${JSON.stringify(name)},${json}]`).join()}]`
}

function parsedFile(name: string, yaml: YamlFile): ParsedFile {
  return { name, kind: KINDS[name] ?? 'decision', yaml, json: JSON.stringify(yaml.value) }
}

/** Where the parts of a value stand is only asked for when something is wrong with them. */
function locatedLater(file: RuleFile, value: unknown): YamlFile {
  let located: YamlFile | null = null
  const locate = () => {
    located ??= parseYaml(file).yaml ?? parsedYaml(file.path, value)
    return located
  }
  return {
    path: file.path,
    value,
    at: (path, message) => locate().at(path, message),
    atKey: (path, message) => locate().atKey(path, message),
    within: (path, offset, message) => locate().within(path, offset, message),
  }
}
