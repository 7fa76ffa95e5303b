import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const PAGES = [
  'README.md',
  ...readdirSync(new URL('docs', ROOT)).flatMap((name) => (name.endsWith('.md') ? `docs/${name}` : [])),
]

/** What is pasted into a terminal, page by page. */
const pasted = PAGES.map((page) => {
  const blocks = readFileSync(new URL(page, ROOT), 'utf8').matchAll(/^```sh.*\n([\s\S]*?)^```$/gm)
  return { page, text: [...blocks].map(([, block]) => block).join('') }
})

/** What more than one page gives the same name. */
function shared(pattern: RegExp): readonly string[] {
  const named = pasted.flatMap(({ text }) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name ?? ''))])
  return named.filter((name, i) => named.indexOf(name) !== i)
}

// So that they can be followed one after the other, on one service and in one directory.
it('each page has keys, accounts and copilots of its own', () => {
  expect(shared(/keys create --name (\S+)/g)).toEqual([])
  expect(shared(/"account": "([a-z]+)"/g)).toEqual([])
  expect(shared(/"agent": "([a-z]+-copilot)"/g)).toEqual([])
})

it('no page leaves files in the directory where it is pasted', () => {
  const left = pasted.flatMap(({ text }) =>
    [...text.matchAll(/ > ([\w.]+\.(?:json|txt|mjs|secret))\b/g)].map(([, file]) => file),
  )
  expect(left).toEqual([])
})
