import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { checkRules } from '../../../src/app/check-rules.ts'
import { formatProblem } from '../../../src/core/rules/problem.ts'
import { NOW } from './warnings.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

test.each(['rules', 'examples/telco/rules'])('nothing is wrong in %s, and nothing looks wrong', async (directory) => {
  const { ruleset, problems } = await checkRules(`${root}${directory}`, { now: NOW, facts: null, claims: null })
  expect(problems.map(formatProblem)).toEqual([])
  expect(ruleset).not.toBeNull()
})
