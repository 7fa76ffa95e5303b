import type { Decision, Outcome, Question, Taken } from './model.ts'
import { ago, capitalised, moment, spoken } from './phrases.ts'

/** An action or a tag whose time has not passed since it was last done. */
interface Cooling {
  /** `send_expansion_email`, or `#customer_facing` */
  readonly name: string
  /** Indexes of the actions that are not to be done. */
  readonly actions: readonly number[]
  readonly last: Taken
  /** Milliseconds since the epoch. */
  readonly until: number
}

const HOUR = 3_600_000

/**
 * A veto for each action or tag that was done too lately to be done again, as if a rule `cooldown:<action or #tag>` held.
 * Under whatever decision it was done counts.
 */
export function coolingDown(decision: Decision, question: Question): readonly Outcome[] {
  return findCooling(decision, question).map(({ name, actions, last, until }) => {
    const because = inWords(name, last, until, question.now)
    return {
      entry: { id: `cooldown:${name}`, effect: 'veto', because },
      effect: { kind: 'veto', actions },
      signal: null,
      amounts: [],
    }
  })
}

/** When the first of them may be done again, in milliseconds since the epoch; infinite where all may. */
export function cooledDown(decision: Decision, question: Question): number {
  return Math.min(...findCooling(decision, question).map(({ until }) => until))
}

/** What was done so lately that it bears on an answer: with nothing else the answer is the same. */
export function takenOf(decision: Decision, question: Question): readonly Taken[] {
  return [...new Set(findCooling(decision, question).map(({ last }) => last))]
}

/** All that cools down, `send_expansion_email` or `#customer_facing`. */
export function coolingNames({ actions, cooldowns }: Decision): readonly string[] {
  const own = actions.flatMap(({ name, cooldown }) => (cooldown === null ? [] : [name]))
  return [...own, ...[...cooldowns.keys()].map((tag) => `#${tag}`)]
}

function findCooling({ actions, cooldowns }: Decision, { taken = [], now }: Question): readonly Cooling[] {
  if (taken.length === 0) return []
  const cooling: Cooling[] = []
  const add = (name: string, held: readonly number[], duration: number, done: readonly Taken[]) => {
    const last = done.reduce<Taken | null>((a, b) => (a === null || isLater(b, a) ? b : a), null)
    if (last !== null && last.at + duration > now) {
      cooling.push({ name, actions: held, last, until: last.at + duration })
    }
  }
  for (const [index, { name, cooldown }] of actions.entries()) {
    if (cooldown === null) continue
    const done = taken.filter(({ action }) => action === name)
    add(name, [index], cooldown, done)
  }
  for (const [tag, duration] of cooldowns) {
    const held = actions.flatMap(({ tags }, index) => (tags.includes(tag) ? [index] : []))
    const done = taken.filter(({ tags }) => tags.includes(tag))
    add(`#${tag}`, held, duration, done)
  }
  return cooling
}

const isLater = (one: Taken, other: Taken): boolean =>
  one.at > other.at || (one.at === other.at && one.sequence > other.sequence)

/** `Send expansion email was done two days ago; nothing customer facing is done again before 4 December`. */
function inWords(name: string, { action, at }: Taken, until: number, now: number): string {
  const done = `${capitalised(spoken(action))} was done ${ago((now - at) / HOUR)}`
  const again = name.startsWith('#') ? `nothing ${spoken(name.slice(1))} is done again` : 'it is not done again'
  return `${done}; ${again} before ${moment(until, now)}`
}
