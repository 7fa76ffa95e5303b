import { afterAll } from 'vitest'

/** What the tests of this file leave behind. Hooks can't be registered within a test. */
const leftovers: (() => unknown)[] = []

/** Has something undone at the end of the test file: what was begun last comes first, and what fails keeps nothing else. */
export function afterwards(undo: () => unknown): void {
  leftovers.push(undo)
}

afterAll(async () => {
  const problems: unknown[] = []
  for (const undo of leftovers.splice(0).reverse()) {
    try {
      await undo()
    } catch (error) {
      problems.push(error)
    }
  }
  if (problems.length > 0) throw new AggregateError(problems, `left behind: ${problems.join('; ')}`)
})
