import { type Check, warnAt } from './examined.ts'

/**
 * Agents whose default confidence argues against their own claims: a bare claim counts from ½ on, so that less than
 * that speaks against it, and ½ says nothing.
 */
export const checkAgents: Check = ({ ruleset }, { sources }) => {
  const { agents: yaml } = sources
  if (yaml === null) return []
  return [...ruleset.agents.declared].flatMap(([name, { defaultConfidence }]) => {
    if (defaultConfidence === null || defaultConfidence > 0.5) return []
    const does = defaultConfidence < 0.5 ? 'argues against it' : 'says nothing'
    const message = `where \`${name}\` states no confidence its claim ${does}: it is taken for ${defaultConfidence}; give more than 0.5, or mute the agent`
    return [warnAt(yaml, ['agents', name, 'defaultConfidence'], message)]
  })
}
