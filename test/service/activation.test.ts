import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { activateStored, listRulesets, releaseRules, rollBack, uploadRuleset } from '../../src/app/activation.ts'
import { adjudicate } from '../../src/app/adjudications.ts'
import type { App } from '../../src/app/app.ts'
import { verifyAudit } from '../../src/app/audit.ts'
import type { Principal } from '../../src/app/principal.ts'
import { CasesFail, type Found, reloadRules } from '../../src/app/reload.ts'
import { getRuleset } from '../../src/app/ruleset.ts'
import { startRules } from '../../src/app/start-rules.ts'
import { loadRuleset } from '../../src/core/rules/load.ts'
import { watchDirectory } from '../../src/watch/directory.ts'
import { followActivations } from '../../src/watch/follow.ts'
import { createTestApp, RULES, START } from './app.ts'
import { execute } from './database.ts'
import { eventually } from './queue/eventually.ts'

const admin: Principal = { name: 'admin', kind: 'service', scopes: new Set(['admin']), agents: null }
const { app, databaseUrl, logged } = await createTestApp()
/** Another process on the same database. */
const { app: other } = await createTestApp({ databaseUrl })
for (const one of [app, other]) afterAll(followActivations(one))

const edited = (from: string, to: string) => ({
  ...RULES,
  'expansion-outreach.yaml': RULES['expansion-outreach.yaml']!.replace(from, to),
})
const filesOf = (rules: Readonly<Record<string, string>>) =>
  Object.entries(rules).map(([name, text]) => ({ path: name, text }))
const FAILING = `
now: 2026-11-20T09:00:00Z
cases:
  - name: nobody is heard
    facts: { arr: 1000, segment: smb }
    expect: { action: wait }
`
const first = app.rules.active.hash
const answersWith = (hash: string) =>
  eventually(async () => app.rules.active.hash === hash && other.rules.active.hash === hash)
const costOf = async (on = app) =>
  JSON.parse((await adjudicate(on, admin, { account: 'acme', decision: 'expansion-outreach', dryRun: true })).body)

describe('an activation', async () => {
  /** Nobody follows there. */
  const { app: alone } = await createTestApp()

  it('is of what was stored, reaches every process, and says what changed and who wanted it', async () => {
    const { ruleset } = await uploadRuleset(app, admin, filesOf(edited('cost: 40', 'cost: 55')))
    expect(app.rules.active.hash).toBe(first)
    expect(await activateStored(app, admin, ruleset)).toMatchObject({
      ruleset,
      by: 'admin',
      pinned: true,
      changes: ['expansion-outreach: review cost 40 → 55'],
    })
    await answersWith(ruleset)
    expect(await costOf(other)).toMatchObject({ ruleset, reviewCost: 55 })
  })

  it('answers in the process that was asked as soon as that says so, and gives way to nothing older', async () => {
    const before = alone.rules.activation
    const { ruleset } = await uploadRuleset(alone, admin, filesOf(edited('cost: 40', 'cost: 56')))
    const activation = await activateStored(alone, admin, ruleset)
    expect(getRuleset(alone)).toMatchObject({ ruleset, pinned: true, by: 'admin' })
    await releaseRules(alone, admin)
    expect(getRuleset(alone)).toMatchObject({ ruleset, pinned: false })
    alone.rules.follow(before, await alone.rules.byHash(before.ruleset))
    alone.rules.follow(activation, await alone.rules.byHash(ruleset))
    expect(getRuleset(alone)).toMatchObject({ ruleset, pinned: false })
  })

  it('is taken back to the set before, and listed', async () => {
    expect(await rollBack(app, admin)).toMatchObject({ ruleset: first, pinned: true })
    await answersWith(first)
    const { items } = await listRulesets(app, { limit: 10 })
    expect(items.map(({ by }) => by)).toEqual(['admin', 'admin', 'directory rules'])
    expect(await verifyAudit(app, {})).toMatchObject({ ok: true })
  })

  it('is refused where the rules do not load or a case fails', async () => {
    const files = filesOf({ ...RULES, 'expansion-outreach_test.yaml': FAILING })
    await expect(uploadRuleset(app, admin, files)).rejects.toMatchObject({
      code: 'invalid_ruleset',
      errors: [
        { path: 'expansion-outreach_test.yaml', message: expect.stringContaining('case `nobody is heard`: action') },
      ],
    })
    await expect(uploadRuleset(app, admin, filesOf(edited('cost: 40', 'cost: -1')))).rejects.toMatchObject({
      code: 'invalid_ruleset',
      errors: [{ path: 'expansion-outreach.yaml', message: expect.stringContaining('`cost` must be at least 0') }],
    })
    const [agents] = filesOf({ 'agents.yaml': RULES['agents.yaml']! })
    await expect(uploadRuleset(app, admin, [agents!])).rejects.toMatchObject({
      code: 'invalid_ruleset',
      message: 'the rules have no decision; nothing was stored',
      errors: [{ path: 'agents.yaml', message: expect.stringContaining('there is no decision in it') }],
    })
    await expect(activateStored(app, admin, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is of one set for each answer, however often that changes', async () => {
    const { ruleset: dear } = await uploadRuleset(app, admin, filesOf(edited('cost: 40', 'cost: 55')))
    const switching = (async () => {
      for (let i = 0; i < 10; i++) await activateStored(i % 2 ? app : other, admin, i % 2 ? first : dear)
    })()
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => costOf(i % 2 ? app : other)))
    await switching
    for (const { ruleset, reviewCost } of answers) expect(reviewCost).toBe(ruleset === dear ? 55 : 40)
    await activateStored(app, admin, first)
    await answersWith(first)
  })
})

describe('a rollback', async () => {
  const { app: fresh } = await createTestApp()
  const priced = async (cost: number) =>
    (await uploadRuleset(app, admin, filesOf(edited('cost: 40', `cost: ${cost}`)))).ruleset

  it('goes on to the set before where it is done again, and is not undone by the next', async () => {
    const [a, b, c, d] = [await priced(101), await priced(102), await priced(103), await priced(104)]
    for (const hash of [a, b, c]) await activateStored(app, admin, hash)
    const first = await rollBack(app, admin)
    expect(first).toMatchObject({ ruleset: b, changes: ['expansion-outreach: review cost 103 → 102'] })
    const second = await rollBack(app, admin)
    expect(second).toMatchObject({ ruleset: a, pinned: true })
    const [newest, ...older] = (await listRulesets(app, { limit: 5 })).items
    expect(newest).toEqual(second)
    expect(older.find(({ sequence }) => sequence === newest?.restores)).toMatchObject({ ruleset: a, restores: null })
    // What somebody activates since is what the next goes back from; `b` and `c` have been done away with.
    await activateStored(app, admin, d)
    expect(await rollBack(app, admin)).toMatchObject({ ruleset: a, restores: newest?.restores })
    expect((await rollBack(app, admin)).ruleset).not.toBe(b)
  })

  it('has to have somewhere to go', async () => {
    await expect(rollBack(fresh, admin)).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('a start', () => {
  const load = (rules: Readonly<Record<string, string>>) => loadRuleset(filesOf(rules)).ruleset!
  const start = (found: Found, on: Pick<App, 'db' | 'log'> = app) => startRules(on, found, app.rules.directory, START)

  it('takes what is active, unless its directory has never been', async () => {
    await releaseRules(app, admin)
    const fresh = load(edited('cost: 40', 'cost: 41'))
    expect((await start({ ruleset: fresh })).active.hash).toBe(fresh.hash)
    // An old host of a rolling deployment comes up again.
    expect((await start({ ruleset: load(RULES) })).active.hash).toBe(fresh.hash)
    await answersWith(fresh.hash)
  })

  it('takes what is pinned, whatever its directory has', async () => {
    await activateStored(app, admin, first)
    const rules = await start({ ruleset: load(edited('cost: 40', 'cost: 42')) })
    expect(rules.active.hash).toBe(first)
    await answersWith(first)
  })

  it('goes on with what is active where its directory is refused, and says why', async () => {
    const rules = await start({ refused: new CasesFail('a_test.yaml:1: one\na_test.yaml:2: other') })
    expect(rules.active.hash).toBe(first)
    expect(rules.refused).toEqual({ at: START, reasons: ['a_test.yaml:1: one', 'a_test.yaml:2: other'] })
    expect(rules.directory.ruleset).toBeNull()
    expect(logged.some((line) => line.includes('`rules` are refused; the last good ones go on answering'))).toBe(true)
  })

  describe('where this version does not load what is active', async () => {
    const upgraded = await createTestApp()
    const { hash } = upgraded.app.rules.active
    const age = async () => {
      await execute(upgraded.databaseUrl, `UPDATE rulesets SET content = replace(content, 'autonomous', 'on_its_own')`)
    }

    it('takes what its directory has, pinned against it or not, and says so', async () => {
      await activateStored(upgraded.app, admin, hash)
      await age()
      const ruleset = load(edited('cost: 40', 'cost: 43'))
      const rules = await start({ ruleset }, upgraded.app)
      expect(rules.active.hash).toBe(ruleset.hash)
      expect(rules.activation).toMatchObject({ by: 'directory rules', pinned: false })
      expect(upgraded.logged.some((line) => line.includes("the active rules can't be used any more"))).toBe(true)
      // The next process finds nothing amiss.
      expect((await start({ ruleset }, upgraded.app)).activation.sequence).toBe(rules.activation.sequence)
    })

    it('says what is wrong in its directory where that is refused, too', async () => {
      await age()
      const refused = new CasesFail('a_test.yaml:1: one')
      await expect(start({ refused }, upgraded.app)).rejects.toBe(refused)
    })
  })
})

describe('a directory', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-watched-'))
  const write = (rules: Readonly<Record<string, string>>) =>
    Promise.all(Object.entries(rules).map(([name, text]) => writeFile(path.join(directory, name), text)))
  const watching = await createTestApp({ databaseUrl, rulesDir: directory })
  const unfollow = followActivations(watching.app)
  const refused = () => getRuleset(watching.app).lastError?.reasons
  await write(RULES)
  const stopWatching = watchDirectory(watching.app, await reloadRules(directory))
  afterAll(async () => {
    await stopWatching()
    await unfollow()
    await rm(directory, { recursive: true, force: true })
  })

  it('is taken when it changes, in every process', async () => {
    await releaseRules(app, admin)
    await eventually(async () => !watching.app.rules.activation.pinned)
    await write(edited('cost: 40', 'cost: 60'))
    await eventually(async () => (await costOf(other)).reviewCost === 60)
    await eventually(async () => watching.app.rules.active.hash === other.rules.active.hash)
    expect(getRuleset(watching.app)).toMatchObject({ source: `directory ${directory}`, pinned: false, lastError: null })
  })

  it('is heard again when what was pinned against it is released', async () => {
    const { ruleset } = await uploadRuleset(app, admin, filesOf(edited('cost: 40', 'cost: 77')))
    await activateStored(app, admin, ruleset)
    await eventually(async () => watching.app.rules.activation.pinned && watching.app.rules.active.hash === ruleset)
    await write(edited('cost: 40', 'cost: 78'))
    await eventually(async () =>
      watching.logged.some((line) => line.includes('they are taken when those are released')),
    )
    expect((await costOf(watching.app)).reviewCost).toBe(77)
    await releaseRules(app, admin)
    await eventually(async () => (await costOf(other)).reviewCost === 78)
    // What it had before others were pinned has been gone back from.
    await activateStored(app, admin, ruleset)
    await answersWith(ruleset)
    await releaseRules(app, admin)
    await eventually(async () => !watching.app.rules.activation.pinned)
    await write(edited('cost: 40', 'cost: 79'))
    await eventually(async () => (await costOf(other)).reviewCost === 79)
    const { items } = await listRulesets(app, { limit: 3 })
    expect(items.map(({ changes }) => changes)).toEqual([
      ['expansion-outreach: review cost 77 → 79'],
      ['expansion-outreach: review cost 78 → 77'],
      ['expansion-outreach: review cost 77 → 78'],
    ])
  })

  it('is refused where it does not load or a case fails, and says why', async () => {
    const { hash } = watching.app.rules.active
    await write(edited('cost: 40', 'cost: much'))
    await eventually(async () => refused()?.[0]?.includes('`cost` must be a number') === true)
    await write({ 'expansion-outreach_test.yaml': FAILING })
    await write(edited('cost: 40', 'cost: 61'))
    await eventually(async () => refused()?.[0]?.includes('case `nobody is heard`: action: expected') === true)
    expect(watching.app.rules.active.hash).toBe(hash)
    expect(watching.logged.some((line) => line.includes('are refused; the last good ones go on answering'))).toBe(true)
    const mended = () => watching.logged.filter((line) => line.includes('nothing is wrong any more with the rules in'))
    expect(mended()).toEqual([])
    await write(edited('cost: 40', 'cost: 79'))
    await rm(path.join(directory, 'expansion-outreach_test.yaml'))
    await eventually(async () => refused() === undefined)
    expect(mended()).toHaveLength(1)
    await rm(directory, { recursive: true })
    await eventually(async () => refused()?.[0]?.includes("can't read the rules directory") === true)
    expect(watching.app.rules.active.hash).toBe(hash)
  })
})
