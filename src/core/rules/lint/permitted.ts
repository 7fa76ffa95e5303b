import { listWords } from '../suggest.ts'
import { type Check, vetoesOf, warnAtKey } from './examined.ts'
import { all, not } from './formula.ts'
import { isPossible } from './possible.ts'

/**
 * Actions that are never permitted, since whatever the facts, a rule vetoes them.
 *
 * Keeps silent about vetoes that are asked for each signal: without one the action is permitted.
 */
export const checkPermitted: Check = ({ decisions }) =>
  decisions.flatMap((examined) =>
    examined.decision.actions.flatMap(({ name }, action) => {
      const vetoes = vetoesOf(examined, action)
      if (vetoes.length === 0 || isPossible(all(vetoes.map(({ when }) => not(when))))) return []
      const alone = vetoes.find(({ mayFail }) => !mayFail)
      const by = (alone === undefined ? vetoes : [alone]).map(({ rule }) => rule.id)
      const message = `\`${name}\` is never permitted: ${listWords(by, 'and')} ${by.length === 1 ? 'always vetoes' : 'together always veto'} it; change when, or remove the action`
      return [warnAtKey(examined.yaml, ['actions', name], message)]
    }),
  )
