import { type Check, rulesWithDecisions, warnAt } from './examined.ts'
import { not, readCondition } from './formula.ts'
import { isPossible } from './possible.ts'

const ANY_TIME = Number.NEGATIVE_INFINITY

/**
 * Rules whose condition is never true, or never false: comparisons of one fact, field or length with numbers, times
 * and words that leave no value, or every one; parts that deny each other.
 *
 * Keeps silent about what depends on two facts at a time, on text but for equality, and on what loops find.
 */
export const checkConditions: Check = (examined) =>
  rulesWithDecisions(examined).flatMap(([{ rule, mayHold, mayFail, yaml, path }]) => {
    const place = [...path, 'when']
    const atAnyTime = () => readCondition(rule.when.source, ANY_TIME)
    if (!mayHold) {
      const message = isPossible(atAnyTime())
        ? `\`${rule.id}\` never applies any more: the time that it waits for has passed; change that, or remove the rule`
        : `\`${rule.id}\` never applies: its condition can't be true; look for parts that contradict one another`
      return [warnAt(yaml, place, message)]
    }
    if (!mayFail) {
      const message = isPossible(not(atAnyTime()))
        ? `\`${rule.id}\` always applies by now: the time that it waited for has passed; say it in the actions, or write when it should apply`
        : `\`${rule.id}\` always applies: its condition can't be false; say it in the actions, or write when it should apply`
      return [warnAt(yaml, place, message)]
    }
    return []
  })
