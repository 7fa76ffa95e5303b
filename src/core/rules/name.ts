const NAME = /^[A-Za-z][A-Za-z0-9_.-]*$/
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/
/** Left of an expression that YAML took apart at a comma. */
const EXPRESSION = /[()[\]<>="']/
const LONGEST = 100

/** What is wrong with a name of a decision, state, action, claim, agent, queue or tag; null where nothing is. */
export function nameProblem(name: string): string | null {
  if (EXPRESSION.test(name))
    return `\`${name}\` is no name; if it is part of an expression, put all of that in single quotes`
  if (!NAME.test(name)) return `\`${name}\` is no name; use letters, digits, \`_\`, \`.\` and \`-\`, a letter first`
  return reservedOrLong(name)
}

/** What is wrong with a name of a fact, which must be one that expressions can read as `account.name`. */
export function factNameProblem(name: string): string | null {
  if (!IDENTIFIER.test(name)) return `\`${name}\` is no name of a fact; use letters, digits and \`_\`, no digit first`
  return reservedOrLong(name)
}

/** Names that every JavaScript object answers to: reading them would find something where there is nothing. */
export function isReserved(name: string): boolean {
  return name in Object.prototype || name === 'prototype'
}

function reservedOrLong(name: string): string | null {
  if (isReserved(name)) return `\`${name}\` is a reserved word; choose another name`
  if (name.length > LONGEST) return `\`${name.slice(0, 20)}…\` is longer than ${LONGEST} characters; shorten it`
  return null
}
