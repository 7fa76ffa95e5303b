import { z } from 'zod'
import { isName } from '../../core/names.ts'
import { isReserved } from '../../core/rules/name.ts'
import { anyJson } from './common.ts'

const ITEMS_AT_MOST = 1_000

const checked = anyJson.superRefine((facts, context) => {
  const report = (path: readonly (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path: [...path], message })
  for (const fact of Object.keys(facts)) {
    if (!isName(fact) || isReserved(fact)) report([fact.slice(0, 200)], 'is no name for a fact; choose another')
  }
  const list = longList(facts)
  if (list) report(list, `must have at most ${ITEMS_AT_MOST} items`)
})

/** @returns the path to a list that is too long, null where there is none */
function longList(value: unknown): readonly (string | number)[] | null {
  if (typeof value !== 'object' || value === null) return null
  if (Array.isArray(value) && value.length > ITEMS_AT_MOST) return []
  for (const [key, inner] of Object.entries(value)) {
    const path = longList(inner)
    if (path) return [key, ...path]
  }
  return null
}

const EXAMPLE = { arr: 180_000, segment: 'mid_market', flags: ['procurement_dispute'] }

export const factsInput = checked.meta({
  description: 'What is known of the account, by name: at most 64 KiB as JSON, and 1,000 items a list.',
  examples: [EXAMPLE],
})

export const factsChange = checked.meta({
  description:
    'Facts to set, merged at the top level; null takes one away. At most 64 KiB as JSON, and 1,000 items a list.',
  examples: [{ ...EXAMPLE, onboardedAt: null }],
})

export const facts = z.record(z.string(), z.unknown()).meta({
  description: 'What is known of the account, by name.',
  examples: [EXAMPLE],
})
