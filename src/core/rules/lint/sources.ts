import { type Check, warnAt } from './examined.ts'

/** Agents that a source speaks for and nobody has declared: they are recorded and not heard. */
export const checkSources: Check = ({ ruleset }, { sources: { webhooks: yaml } }) => {
  const { agents, sources } = ruleset
  if (yaml === null || agents.unknown.mode === 'live') return []
  return [...sources.values()].flatMap((source) =>
    source.agents.flatMap((agent, index) => {
      if (agents.declared.has(agent)) return []
      const message = `agents.yaml does not declare \`${agent}\`, so what the source says in its name is recorded and moves nothing; declare it there`
      return [warnAt(yaml, ['sources', source.name, 'agents', index], message)]
    }),
  )
}
