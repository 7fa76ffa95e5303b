import { isNeverNegative, readAmount } from './amount.ts'
import { type Check, warnAt } from './examined.ts'

/**
 * Losses that are never above 0: below it an action is not permitted, so that a sign is wrong.
 *
 * Keeps silent where what is multiplied may be less than 0 itself, and where a rule adds to the loss.
 */
export const checkLosses: Check = ({ decisions }) =>
  decisions.flatMap(({ decision: { actions, states, rules }, yaml }) => {
    const losses = actions.map(({ loss }) => loss.map(({ source }) => readAmount(source)))
    const effects = rules.flatMap((rule) => rule.effects)
    const isRaised = (action: number) =>
      effects.some((effect) => effect.kind === 'addLoss' && effect.terms.some((term) => term.action === action))
    return actions.flatMap(({ name }, action) =>
      states.flatMap((state, s) => {
        const parts = [...(losses[action]?.[s] ?? [])]
        const isAbove = parts.some(([part, factor]) => factor > 0 || !isNeverNegative(part, losses))
        if (parts.length === 0 || isAbove || isRaised(action)) return []
        const message = `the loss of \`${name}\` in \`${state.name}\` is never above 0, and with one below 0 an action is not permitted; write what it costs more than the best action, or 0`
        return [warnAt(yaml, ['actions', name, 'loss', state.name], message)]
      }),
    )
  })
