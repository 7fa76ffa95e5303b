import type { App } from './app.ts'

/** The ruleset that answers now, and what can be asked of it. */
export function getRuleset({ rules }: App) {
  const { activation, directory, refused, shadow } = rules
  return {
    ruleset: rules.active.hash,
    activatedAt: new Date(activation.at).toISOString(),
    source: activation.source,
    by: activation.by,
    pinned: activation.pinned,
    decisions: [...rules.active.decisions.values()].map(({ name, description, states, actions }) => ({
      decision: name,
      description,
      states: states.map((state) => state.name),
      actions: actions.map((action) => action.name),
    })),
    shadow: shadow && { ruleset: shadow.ruleset.hash, startedAt: new Date(shadow.start.at).toISOString() },
    directory: {
      path: directory.path,
      watched: directory.isWatched,
      ruleset: directory.ruleset,
      differs: directory.ruleset !== null && directory.ruleset !== rules.active.hash,
    },
    lastError: refused && { at: new Date(refused.at).toISOString(), reasons: refused.reasons },
  }
}
