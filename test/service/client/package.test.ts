import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { blocksOf } from '../pasted.ts'
import { compile, projectWithPackage } from './package.ts'

const NODE = ['--module', 'nodenext']
const BUNDLER = ['--module', 'esnext', '--moduleResolution', 'bundler']

describe('the package', () => {
  let project: string
  beforeAll(async () => {
    project = await projectWithPackage()
  })
  const run = (name: string) => promisify(execFile)(process.execPath, [name], { cwd: project })
  const write = (name: string, text: string) => writeFile(path.join(project, name), text)

  it('has all that the client needs', async () => {
    expect(await readdir(path.join(project, 'node_modules'))).toEqual(['umpire'])
    await write(
      'run.mjs',
      `import * as client from 'umpire/client'
      const { check } = client.createClient({ url: 'http://127.0.0.1:1', key: 'umk_1', retries: 0 })
      const { verdict } = await check({ account: 'a', decision: 'd', action: 'a', agent: 'a' })
      console.log(Object.keys(client).join(), verdict, await client.hashPayload({ b: 1, a: [] }))`,
    )
    const hash = createHash('sha256').update('{"a":[],"b":1}').digest('hex')
    expect((await run('run.mjs')).stdout).toBe(`UmpireError,createClient,hashPayload,withUmpire ask ${hash}\n`)
  })

  it.each([
    ['Node', NODE],
    ['a bundler', BUNDLER],
  ])('has types that %s finds, and that know no allow', async (_who, options) => {
    await write(
      'typed.mts',
      `import { createClient, type Check, type OnUnavailable, withUmpire } from 'umpire/client'
      const at = { url: 'http://127.0.0.1:1', key: 'umk_1' }
      createClient(at)
      createClient({ ...at, onUnavailable: 'ask' })
      createClient({ ...at, onUnavailable: 'deny' })
      // @ts-expect-error: there is no option for it
      createClient({ ...at, onUnavailable: 'allow' })
      // @ts-expect-error
      const chosen: OnUnavailable = 'allow'
      const client = createClient(at)
      const told = await client.check({ account: 'a', decision: 'd', action: 'a', agent: 'a', payload: [1] })
      const verdict: Check['verdict'] = told.verdict
      if (told.unavailable) {
        const never: 'ask' | 'deny' = told.verdict
        // @ts-expect-error: it rests on no answer
        told.adjudication.length
      }
      // @ts-expect-error: an agent has to be named
      client.check({ account: 'a', decision: 'd', action: 'a' })
      const about = { client, agent: 'a', decision: 'd', action: 'a' }
      const ask = withUmpire((n: number, unit: string) => n + unit, { ...about, account: (n) => n.toFixed() })
      const outcome = await ask(1, 'm')
      // @ts-expect-error: it may not have been done
      outcome.result
      const result: string = outcome.done ? outcome.result : outcome.message
      // @ts-expect-error: the input of the tool
      ask('1', 'm')`,
    )
    expect(await compile(project, ['typed.mts'], options)).toBe('')
  })

  it('would not pass for what it is not', async () => {
    await write(
      'allow.mts',
      `import { createClient } from 'umpire/client'
      createClient({ url: 'http://127.0.0.1:1', key: 'umk_1', onUnavailable: 'allow' })`,
    )
    expect(await compile(project, ['allow.mts'], NODE)).toMatch(/allow\.mts\(2,.*'"allow"' is not assignable to type/)
  })

  it('shows nothing else', async () => {
    await write('inside.mjs', `import 'umpire/dist/src/client/send.js'`)
    await expect(run('inside.mjs')).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })

  it('is used as its page shows', async () => {
    const block = blocksOf('docs/client.md')
    await write('tool.mts', block('ts tool'))
    await write('check.mts', block('ts check'))
    expect(await compile(project, ['tool.mts', 'check.mts'], NODE)).toBe('')
  })
})

describe('the sources of the client', () => {
  it.each(['ES2022,DOM', 'ES2022,WebWorker'])('need nothing of Node: %s', async (lib) => {
    const options = ['--module', 'nodenext', '--allowImportingTsExtensions', '--lib', lib, '--ignoreConfig']
    expect(await compile(process.cwd(), ['src/client/index.ts'], options)).toBe('')
  })
})
