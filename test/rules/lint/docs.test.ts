import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { forPeople } from '../../../src/cli/rules/problems.ts'
import { loadRuleset } from '../../../src/core/rules/load.ts'

const ROOT = new URL('../../../', import.meta.url)
const DOCS = readFileSync(new URL('docs/rules.md', ROOT), 'utf8')

const contents = (directory: string, ending: string) =>
  readdirSync(new URL(directory, ROOT))
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ path: `${directory}${name}`, text: readFileSync(new URL(directory + name, ROOT), 'utf8') }))

test('the page explains warnings that there are', () => {
  const source = contents('src/core/rules/lint/', '.ts')
    .map(({ text }) => text)
    .join('\n')
  const [, table = ''] = /^\| warning .*\n\|.*\n((?:\|.*\n)+)/m.exec(DOCS) ?? []
  const rows = table.trim().split('\n')
  const phrases = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, phrase = '']) => phrase),
  )
  expect(phrases.length).toBeGreaterThan(10)
  expect(phrases.filter((phrase) => !source.includes(phrase.replace(/^its claim /, '')))).toEqual([])
})

test('the error on the page is the one that there is', () => {
  const files = contents('rules/', '.yaml').map(({ path, text }) => ({
    path,
    text: path.endsWith('/churn-save.yaml')
      ? text.replace(/account\.arr >= 100000 && signals.*$/m, 'account.ar >= 100000')
      : text,
  }))
  const { problems } = loadRuleset(files)
  const [error = '', ...others] = forPeople({ ruleset: null, problems, files }, { width: 100, colour: false })
  expect(others).toEqual([])
  expect(DOCS).toContain(`\n${error}`)
})
