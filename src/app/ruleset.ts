import type { App } from './app.ts'

/** The ruleset that answers now, and what can be asked of it. */
export function getRuleset({ rules }: App) {
  return {
    ruleset: rules.active.hash,
    activatedAt: new Date(rules.activatedAt).toISOString(),
    source: rules.source,
    decisions: [...rules.active.decisions.values()].map(({ name, description, states, actions }) => ({
      decision: name,
      description,
      states: states.map((state) => state.name),
      actions: actions.map((action) => action.name),
    })),
    lastError: null,
  }
}
