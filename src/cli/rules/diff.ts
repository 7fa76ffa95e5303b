import { isStored, rulesetNamed } from '../../app/named-ruleset.ts'
import { diffRulesets, type RulesetChange } from '../../core/rules/diff.ts'
import type { Ruleset } from '../../core/rules/load.ts'
import { section } from '../answer.ts'
import { CommandError, Trouble } from '../failure.ts'
import { withStore } from '../store.ts'
import { paints, plain, type Terminal, terminalOf, wrap } from '../terminal.ts'

/**
 * Prints how two rulesets differ in what they mean, each named by its directory, its hash or as `active`.
 *
 * @throws CommandError, exit code 1, where they differ; Trouble, exit code 2, where one of them can't be read
 */
export async function diffRules(from: string, to: string, { json }: { readonly json: boolean }): Promise<void> {
  const [before, after] = await readBoth(from, to)
  const changes = diffRulesets(before, after)
  if (json) {
    console.log(JSON.stringify({ from: before.hash, to: after.hash, changes: changes.map(forPrograms) }, null, 2))
  } else if (changes.length > 0) {
    console.log(renderChanges(changes, terminalOf(process.stdout, process.env)))
  } else {
    console.log(before.hash === after.hash ? 'the same rules' : 'the same in meaning: only words or layout differ')
  }
  if (changes.length > 0) {
    throw new CommandError(
      `${changes.length} ${changes.length === 1 ? 'change' : 'changes'} from \`${from}\` to \`${to}\``,
    )
  }
}

async function readBoth(from: string, to: string): Promise<readonly [Ruleset, Ruleset]> {
  try {
    if (!isStored(from) && !isStored(to)) return [await rulesetNamed(null, from), await rulesetNamed(null, to)]
    return await withStore({}, async ({ db }) => [await rulesetNamed(db, from), await rulesetNamed(db, to)])
  } catch (error) {
    throw new Trouble(error)
  }
}

function forPrograms({ about, kind, path, from = null, to = null, text }: RulesetChange) {
  return { about, kind, path, from, to, text }
}

/** The changes under what they are about, each on a line. */
export function renderChanges(changes: readonly RulesetChange[], terminal: Terminal): string {
  const paint = paints(terminal)
  const hues = { added: paint.green, removed: paint.red, changed: (text: string) => text, reworded: paint.dim }
  const subjects = [...new Set(changes.map(({ about }) => about))]
  const parts = subjects.map((about) => {
    const lines = changes
      .filter((change) => change.about === about)
      .map(({ kind, what }) => hues[kind](wrap(plain(what).replace(/\s+/g, ' '), terminal, '  ', '    ')))
    return section(about, lines.join('\n'), paint)
  })
  return parts.join('\n\n')
}
