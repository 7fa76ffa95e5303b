import { type LintContext, lintRuleset } from '../../../src/core/rules/lint/lint.ts'
import { loadRuleset } from '../../../src/core/rules/load.ts'
import { formatProblem } from '../../../src/core/rules/problem.ts'

/** A decision about which nothing can be said, and pieces of it to put others in the place of. */
export const SOUND = `decision: d
facts: { arr: number, seats: number, segment: string, vip: bool, flags: { type: list<string>, default: [] }, since: timestamp }
states: { well: { prior: 0.8 }, ill: { prior: 0.2 } }
claims: { risk: { pointsAt: [ill] }, fine: { pointsAt: [well] } }
actions:
  send: { autonomy: supervised, tags: [seen], loss: { well: 0, ill: 100 } }
  wait: { autonomy: autonomous, loss: { well: 50, ill: 0 } }
review: { cost: 10, queue: csm }
rules: []
`

export const NOW = Date.UTC(2026, 10, 20)

/** What lint says of decision \`d\` with pieces replaced, or of other files; `line:column message`, each piece must be there. */
export function warnings(
  edits: readonly (readonly [from: string, to: string])[],
  { files = {}, ...context }: Partial<LintContext> & { readonly files?: Readonly<Record<string, string>> } = {},
): readonly string[] {
  const text = edits.reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`the decision has no ${from}`)
    return before.replace(from, () => to)
  }, SOUND)
  const all = Object.entries({ 'd.yaml': text, ...files }).map(([path, content]) => ({ path, text: content }))
  const { ruleset, problems, sources } = loadRuleset(all)
  if (ruleset === null) throw new Error(problems.map(formatProblem).join('\n'))
  const found = lintRuleset(ruleset, { sources, cases: [], now: NOW, facts: null, claims: null, ...context })
  if (!found.every(({ severity }) => severity === 'warning')) throw new Error('lint found an error')
  return found.map(
    ({ file, line, column, message }) => `${file === 'd.yaml' ? '' : `${file}:`}${line}:${column} ${message}`,
  )
}

/** A rule of each condition, `r1`, `r2` and so on, that does nothing but mark. */
export function rules(...conditions: readonly string[]): readonly [string, string] {
  const list = conditions.map((when, i) => `  - { id: r${i + 1}, when: '${when}', then: { tag: seen, because: Why } }`)
  return ['rules: []', `rules:\n${list.join('\n')}`]
}

/** Rules as written, `id: when -> effect`. */
export function rulesThat(...texts: readonly string[]): readonly [string, string] {
  const list = texts.map((text) => {
    const [, id, when, effect] = /^(\S+): (.*) -> (.*)$/.exec(text) ?? []
    return `  - id: ${id}\n    when: '${when}'\n    then: { ${effect}, because: Why }`
  })
  return ['rules: []', `rules:\n${list.join('\n')}`]
}
