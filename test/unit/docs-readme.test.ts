import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../../src/config.ts'

const ROOT = new URL('../../', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, ROOT), 'utf8')
const README = read('README.md')

/** What stands between backticks in the first column of the README's table with this head. */
function firstColumn(head: string): readonly string[] {
  const [, table = ''] = README.split(`${head}\n`)
  const [rows = ''] = table.split('\n\n')
  return rows
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code))
}

describe('the README', () => {
  it('lists every environment variable that is read, with its default', () => {
    const seen = new Set<string>()
    const config = readConfig(
      new Proxy<Record<string, string>>(
        {},
        {
          get: (_target, name) => {
            seen.add(String(name))
            return undefined
          },
        },
      ),
    )
    const ours = [...seen].filter((name) => !name.startsWith('OTEL_'))
    const listed = firstColumn('| variable | default | |')
    expect(listed.filter((name) => !name.startsWith('OTEL_')).sort()).toEqual(ours.sort())
    expect(README).toContain(`| \`${config.port}\`, \`${config.host}\` |`)
    const defaults = [config.dataDir, config.rulesDir, config.rateLimit, config.logLevel]
    for (const value of defaults) expect(README).toMatch(new RegExp(`^\\| \`[A-Z_]+\` \\| \`${value}\` \\|`, 'm'))
  })

  it('says what every folder is for', () => {
    const named = firstColumn('| | |')
    const sources = readdirSync(new URL('src', ROOT), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    for (const { name } of sources) expect(named).toContain(`src/${name}`)
    for (const name of named) expect(existsSync(new URL(name, ROOT)), name).toBe(true)
  })

  it('shows a rule that is shipped', () => {
    const [, text = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(README) ?? []
    const [shown] = parse(text).rules
    expect(parse(read('rules/expansion-outreach.yaml')).rules).toContainEqual(shown)
  })

  it('names scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json'))
    const named = [...README.matchAll(/npm (?:run )?(start|test|(?<=run )[\w:]+)/g)].map(([, name]) => name)
    expect(named.length).toBeGreaterThan(0)
    for (const name of named) expect(scripts).toHaveProperty([name ?? ''])
  })
})

const PAGES = ['README.md', 'CHANGELOG.md', ...pagesIn('docs'), ...pagesIn('docs/adr'), ...pagesIn('examples/telco')]

function pagesIn(folder: string): readonly string[] {
  return readdirSync(new URL(folder, ROOT))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)
}

describe('links lead somewhere', () => {
  it.each(PAGES)('in %s', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = '']) => link)
    const files = links.filter((link) => !/^https?:/.test(link)).map((link) => path.join(path.dirname(page), link))
    for (const file of files) expect(existsSync(new URL(file, ROOT)), file).toBe(true)
  })
})

describe('the glossary', () => {
  it('is in order', () => {
    const words = [...read('docs/glossary.md').matchAll(/^\| ([a-z][a-z, ]*) \|/gm)].map(([, word = '']) => word)
    const rows = words.slice(1)
    expect(rows.length).toBeGreaterThan(20)
    expect(rows).toEqual([...rows].sort())
  })
})
