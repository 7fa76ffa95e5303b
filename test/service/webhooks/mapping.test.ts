import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { Mapping, Matcher, Source } from '../../../src/core/sources.ts'
import { createMapper, type RequestMapper } from '../../../src/webhooks/mapping/mapper.ts'
import { eventually } from '../queue/eventually.ts'
import { HURRIED, PATIENT } from './limits.ts'

const NOW = '2026-11-20T09:00:00.000Z'

const patient = createMapper(PATIENT)
afterAll(patient.close)
/** For a request of its own each time. */
const mapper: RequestMapper = {
  split: (...asked) => patient.forRequest().split(...asked),
  map: (...asked) => patient.forRequest().map(...asked),
}
const hurried = createMapper(HURRIED)
afterAll(hurried.close)

const NOTHING: Mapping = { account: '"acme"', aliases: null, at: null, facts: null, signals: null }

const matcher = (makes: Partial<Mapping> | null, other: Partial<Matcher> = {}): Matcher => ({
  name: 'all',
  match: {},
  when: null,
  makes: makes && { ...NOTHING, ...makes },
  ...other,
})

function source(name: string, matchers: readonly Matcher[], forEach: string | null = null): Source {
  return {
    name,
    description: '',
    auth: { scheme: 'bearer', secretFrom: ['SECRET'], deliveryHeader: 'x-github-delivery' },
    format: 'json',
    organizationFrom: null,
    agents: [],
    forEach,
    matchers,
  }
}

describe('what an event becomes', () => {
  const companies = source('companies', [
    matcher(
      { account: '"hubspot:" & objectId', at: 'occurredAt', facts: '{ "arr": $number(value) }', aliases: 'alias' },
      { name: 'arr', match: { type: ['company'], 'change.property': ['arr', 'revenue'] } },
    ),
    matcher({ signals: '[{ "claim": "healthy", "observedAt": $receivedAt }]' }, { name: 'big', when: 'value > 100' }),
    matcher(null, { name: 'names', match: { 'change.property': ['name', null] } }),
  ])
  const become = async (...events: readonly unknown[]) => mapper.map(companies, events, NOW)

  it('is what the first matcher that fits makes of it', async () => {
    const change = { property: 'arr' }
    const event = { type: 'company', objectId: 4711, occurredAt: 5, value: '120', change }
    expect(
      await become(event, { ...event, change: { property: 'stage' }, value: 101 }, { change: { property: 'name' } }),
    ).toEqual([
      { kind: 'made', matcher: 'arr', account: 'hubspot:4711', at: 5, facts: { arr: 120 } },
      { kind: 'made', matcher: 'big', account: 'acme', signals: [{ claim: 'healthy', observedAt: NOW }] },
      { kind: 'ignored', matcher: 'names' },
    ])
  })

  it('takes null in a matcher for a field that is not there', async () => {
    expect(await become({ type: 'company' }, {})).toEqual([
      { kind: 'ignored', matcher: 'names' },
      { kind: 'ignored', matcher: 'names' },
    ])
  })

  it('is nothing where no matcher fits, or an expression fails, and the others are taken', async () => {
    const arr = { type: 'company', change: { property: 'arr' }, objectId: 1 }
    const results = await become(
      { ...arr, value: 'many' },
      { change: { property: 'stage' } },
      { change: { property: 'stage' }, value: 'many' },
      { ...arr, value: '7' },
    )
    expect(results).toEqual([
      {
        kind: 'failed',
        matcher: 'arr',
        account: 'hubspot:1',
        reason:
          '`facts`: unable to cast value to a number: `many`; say what becomes of such values (near character 17)',
      },
      { kind: 'failed', matcher: null, reason: expect.stringMatching(/^no matcher fits; add one/) },
      { kind: 'failed', matcher: 'big', reason: expect.stringMatching(/^`when`: the values .* same data type/) },
      expect.objectContaining({ kind: 'made', facts: { arr: 7 } }),
    ])
  })

  it('takes conditions that are true or false only', async () => {
    const odd = source('odd', [matcher({ facts: '{}' }, { when: 'score' })])
    expect(await mapper.map(odd, [{ score: true }, { score: 3 }, {}], NOW)).toMatchObject([
      { kind: 'made' },
      { kind: 'failed', reason: '`when` must come to true or false, not 3' },
      { kind: 'failed', reason: expect.stringMatching(/^no matcher fits/) },
    ])
  })

  it('is not what objects have by themselves', async () => {
    const bare = source('bare', [
      matcher({ facts: '{ "a": $string(constructor), "b": toString }' }, { match: { 'a.constructor': [null] } }),
    ])
    expect(await mapper.map(bare, [{ a: {} }], NOW)).toEqual([
      { kind: 'made', matcher: 'all', account: 'acme', facts: {} },
    ])
  })
})

describe('the events in a payload', () => {
  const all = [matcher({ facts: '{}' })]

  it('are the items of a list, the payload itself, or what `forEach` finds', async () => {
    expect(await mapper.split(source('list', all), [1, 2], NOW)).toEqual([1, 2])
    expect(await mapper.split(source('list', all), { a: 1 }, NOW)).toEqual([{ a: 1 }])
    const data = source('data', all, 'data.{ "id": id, "account": %.account }')
    expect(await mapper.split(data, { account: 'acme', data: [{ id: 1 }, { id: 2 }] }, NOW)).toEqual([
      { id: 1, account: 'acme' },
      { id: 2, account: 'acme' },
    ])
    expect(await mapper.split(data, { account: 'acme', data: { id: 1 } }, NOW)).toEqual([{ id: 1, account: 'acme' }])
  })

  it('are not there where nothing is found or `forEach` fails', async () => {
    expect(await mapper.split(source('none', all, 'data'), { items: [] }, NOW)).toMatchObject({
      kind: 'failed',
      reason: '`forEach` finds no events in it',
    })
    expect(await mapper.split(source('fails', all, '$number(data)'), { data: 'x' }, NOW)).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/^`forEach`: unable to cast/),
    })
    expect(
      await mapper.split(source('loops', all, `$match(data, ${'/^(a+)+$/'})`), { data: `${'a'.repeat(50)}!` }, NOW),
    ).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/^`forEach` did not end within a second/),
    })
  })
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('an expression that', () => {
  const events = [{ n: 1 }, { n: 2 }, { n: 3 }]
  /** What becomes of three events where `facts` does something else with the second. */
  const second = (facts: string) =>
    mapper.map(source('abused', [matcher({ facts: `n = 2 ? (${facts}) : { "n": n }` })]), events, NOW)
  const fine = (n: number) => ({ kind: 'made', matcher: 'all', account: 'acme', facts: { n } })

  it.each([
    ['loops', '$f := function($x) { $f($x) }; $f(1)', '`facts`: did not end within a second'],
    [
      'backtracks for ever',
      '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)',
      'its expressions did not end within a second, and were ended',
    ],
    ['calls itself too deeply', '$f := function($x) { 1 + $f($x) }; $f(1)', 'calls itself too often'],
    ['makes a list that is too long', '[1..9999999]', 'makes a list of more than 100,000 items'],
    [
      'needs too much memory at once',
      '{ "n": $length($pad("x", 500000000)) }',
      // A host that is busy may be slower to run out of memory than to lose patience.
      /(needed more than 64 MB|did not end within a second), and were ended$/,
    ],
    ['makes too much', '{ "n": $pad("x", 9000000) }', 'makes more than 8,000,000 characters'],
    ['fails', '$error("not today")', 'not today'],
  ])('%s does not take the other events with it', async (_, facts, reason) => {
    const [first, bad, third] = await second(facts)
    expect([first, third]).toEqual([fine(1), fine(3)])
    expect(bad).toMatchObject({ kind: 'failed', matcher: 'all', reason: expect.stringMatching(reason) })
  })

  it('makes too much of many events together is left with those for which there is room', async () => {
    const large = source('large', [matcher({ facts: '{ "n": $pad("x", 900000) }' })])
    const kinds = (await mapper.map(large, Array(12).fill({}), NOW)).map(({ kind }) => kind)
    expect(kinds).toEqual([...Array(8).fill('made'), ...Array(4).fill('failed')])
    const copies = source('copies', [matcher({ facts: '{}' })], '[1..1000].{ "all": $$ }')
    expect(await mapper.split(copies, { text: 'x'.repeat(10_000) }, NOW)).toMatchObject({
      kind: 'failed',
      reason: '`forEach`: makes more than 8,000,000 characters of JSON; make less of each event',
    })
  })

  it('does not end is ended though the service is killed meanwhile', async ({ skip }) => {
    skip(spawnSync('pgrep', ['-V']).error !== undefined, 'pgrep is not installed')
    const slow = source('slow', [
      matcher({ facts: 'ends ? {} : $match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)' }),
    ])
    const script = fileURLToPath(new URL('./mapper.child.ts', import.meta.url))
    const service = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(slow)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(service.stdout, 'data')
    const found = spawnSync('pgrep', ['-P', String(service.pid), '-f', 'mapping/worker']).stdout.toString()
    const pid = Number(found)
    expect(pid).toBeGreaterThan(0)
    service.kill('SIGKILL')
    await once(service, 'exit')
    await eventually(() => !isRunning(pid))
  })

  it('does not end for any event is not tried for all of them', async () => {
    const slow = source('slow', [
      matcher({ facts: '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)' }),
    ])
    const results = await hurried.forRequest().map(slow, Array(50).fill({}), NOW)
    expect(results).toHaveLength(50)
    expect(results.map((made) => (made.kind === 'failed' ? made.reason.slice(0, 9) : '')).slice(0, 3)).toEqual([
      'its expre',
      'not tried',
      'not tried',
    ])
  })

  it('ends each time, and takes long for many events together, is not tried for all of them', async () => {
    const slow = source('slow', [matcher({ facts: '($f := function($x) { $f($x) }; $f(1))' })])
    const results = await hurried.forRequest().map(slow, Array(41).fill({}), NOW)
    expect(results).toHaveLength(41)
    expect(results.at(0)).toMatchObject({ matcher: 'all', reason: '`facts`: did not end within a second' })
    expect(results.at(-1)).toEqual({
      kind: 'failed',
      matcher: null,
      reason: 'not tried, since the events before it took all that a request may; replay it',
    })
  })

  it('takes long to find events leaves less of the time for what they become', async () => {
    const endless = '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)'
    const request = hurried.forRequest()
    expect(await request.split(source('finds', [], endless), {}, NOW)).toMatchObject({ kind: 'failed' })
    // Without that it would be ended twice, and known to be at fault.
    expect(await request.map(source('slow', [matcher({ facts: endless })]), [{}], NOW)).toMatchObject([
      { reason: expect.stringMatching(/^not tried/) },
    ])
  })

  it('is changed is asked in its new form from then on', async () => {
    const asked = (facts: string) => mapper.map(source('changed', [matcher({ facts })]), [{}], NOW)
    const results = await Promise.all([asked('{ "version": 1 }'), asked('{ "version": 2 }'), asked('{ "version": 3 }')])
    expect(results.map(([made]) => made?.kind === 'made' && made.facts)).toEqual([
      { version: 1 },
      { version: 2 },
      { version: 3 },
    ])
  })
})
