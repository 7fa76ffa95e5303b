import { AUTONOMY, type Autonomy, type Decision } from '../../model.ts'
import { entriesOf } from '../schema/check.ts'
import { actionsMeant, type Check, rulesWithDecisions, warnAtKey } from './examined.ts'

/** Caps that are no stricter than the actions that they name are anyway, in every decision that has them. */
export const checkCaps: Check = (examined) =>
  rulesWithDecisions(examined).flatMap(([{ yaml, path, written }, decisions]) =>
    entriesOf(written.autonomyCap).flatMap(([reference, level]) => {
      const met = decisions.flatMap(({ decision }) => levelsMet(decision, reference))
      if (met.length === 0 || met.some((own) => isStricter(level as Autonomy, own))) return []
      const [own] = new Set(met)
      const stands =
        new Set(met).size === 1
          ? `\`${reference}\` is \`${own}\` anyway`
          : `all of \`${reference}\` are at least as strict anyway`
      const message = `${stands}, so the cap \`${level}\` never lowers it; name a stricter level, or remove the cap`
      return [warnAtKey(yaml, [...path, 'then', 'autonomyCap', reference], message)]
    }),
  )

function levelsMet(decision: Decision, reference: string): readonly Autonomy[] {
  return actionsMeant(decision, reference).flatMap((action) => decision.actions[action]?.autonomy ?? [])
}

function isStricter(level: Autonomy, than: Autonomy): boolean {
  return AUTONOMY.indexOf(level) > AUTONOMY.indexOf(than)
}
