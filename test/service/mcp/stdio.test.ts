import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { describe, expect, inject, it } from 'vitest'
import { startUmpire, umpire } from '../cli.ts'
import { listen, startReceiver } from '../deliveries/receiver.ts'
import { rulesDirectory, temporaryDirectory } from '../faults/process.ts'
import { freePort } from '../ports.ts'
import {
  codeOf,
  connected,
  copilotKey,
  createMcpServing,
  doubted,
  GLOSSARY,
  healthyAccount,
  type Mcp,
  personKey,
  SEND,
  said,
} from './serving.ts'

interface Spawned extends Mcp {
  /** What it has written to stderr so far. */
  readonly complaints: () => string
}

/** Connects the SDK's own client to `umpire mcp`, as a copilot's host starts it. */
async function connectOverStdio(args: readonly string[], env: Record<string, string>): Promise<Spawned> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [inject('builtMain'), 'mcp', ...args],
    env: { PATH: process.env.PATH ?? '', ...env },
    stderr: 'pipe',
  })
  let complained = ''
  transport.stderr?.on('data', (chunk) => (complained += chunk))
  return { ...(await connected(transport)), complaints: () => complained }
}

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'probe', version: '1' } },
}

const CALL = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'check_action', arguments: SEND } }

describe('umpire mcp against a service', async () => {
  const test = await createMcpServing({ resolves: true })
  const key = await copilotKey(test)
  /** A service that never answers. */
  const deaf = createServer()
  const deafPort = await listen(deaf)
  const stranger = await startReceiver()

  it('is what /mcp is: every tool, resource and prompt', async () => {
    const mcp = await connectOverStdio(['--url', test.url], { UMPIRE_API_KEY: key })
    expect(mcp.client.getServerVersion()).toMatchObject({ name: 'umpire', version: '1.2.3' })
    const { tools } = await mcp.client.listTools()
    expect(tools).toHaveLength(6)

    await healthyAccount(test, 'acme')
    const payload = { subject: 'More seats?' }
    const { lease } = await mcp.ask('check_action', { ...SEND, payload })
    expect(await mcp.ask('redeem_lease', { token: lease.token, payload })).toMatchObject({ verdict: 'go' })
    const said1 = { id: 'x-1', agent: SEND.agent, account: 'acme', claim: 'expansion_ready' }
    expect(await mcp.ask('report_signal', said1)).toMatchObject({ status: 'accepted' })
    await doubted(test, 'acme')
    const about = { account: 'acme', decision: SEND.decision }
    const { id } = await mcp.ask('get_recommendation', about)
    expect(await mcp.ask('explain_adjudication', { adjudication: id })).toMatchObject({ id })
    expect((await mcp.ask('list_escalations', { account: 'acme' })).escalations).toHaveLength(1)
    const { contents } = await mcp.client.readResource({ uri: 'umpire://glossary' })
    expect(contents).toMatchObject([{ text: GLOSSARY }])
    expect((await mcp.client.getPrompt({ name: 'ask-before-acting' })).messages).toHaveLength(1)
    await mcp.client.ping()
  })

  it('finds the service by UMPIRE_URL, and lets a person decide', async () => {
    await healthyAccount(test, 'globex')
    await doubted(test, 'globex')
    const env = { UMPIRE_URL: test.url, UMPIRE_API_KEY: await personKey(test) }
    const maria = await connectOverStdio([], env)
    const checked = await maria.ask('check_action', { ...SEND, account: 'globex' })
    const { escalation, adjudication } = checked
    const answer = {
      escalation: escalation.id,
      adjudication,
      resolution: 'override',
      action: SEND.action,
      reason: 'ok',
    }
    expect(await maria.ask('resolve_escalation', answer)).toMatchObject({ status: 'resolved' })
  })

  it('tells in the protocol, and on stderr, why the service refuses', async () => {
    const wrong = await connectOverStdio(['--url', test.url], { UMPIRE_API_KEY: 'wrong-key-of-some-length' }).catch(
      (error) => error,
    )
    expect(wrong.message).toMatch(/refuses the key in UMPIRE_API_KEY: /)
    expect(wrong.message).not.toContain('wrong-key-of-some-length')
    const mcp = await connectOverStdio(['--url', test.url], { UMPIRE_API_KEY: key })
    await expect(mcp.call('nothing_such')).rejects.toThrow(/no tool `nothing_such`/)
    expect(codeOf(await mcp.call('check_action'))).toBe('invalid_request')
    const large = await mcp.call('check_action', { ...SEND, payload: 'x'.repeat(1_100_000) })
    expect(large.isError).toBe(true)
    expect(said(large)).toMatch(
      /more than 1 MiB; send it in smaller parts\nYou have no permission: do not act\. Mend the/,
    )
    const half = await mcp.call('check_action', { ...SEND, payload: '\ud83d' })
    expect([half.isError, codeOf(half)]).toEqual([true, 'invalid_request'])
    expect(said(half)).toMatch(/half a surrogate pair in it\nYou have no permission: do not act\. Mend the arguments/)
    const infinite = JSON.stringify({ ...CALL, params: { name: 'check_action', arguments: { ...SEND, payload: 0 } } })
    const line = infinite.replace('"payload":0', '"payload":1e999')
    const { stdout } = await umpire(['mcp', '--url', test.url], { env: { UMPIRE_API_KEY: key }, stdin: `${line}\n` })
    expect(said(JSON.parse(stdout).result)).toMatch(
      /^invalid_request: `params\.arguments\.payload` is beyond the range/,
    )
    const endless = await mcp.call('check_action', { ...SEND, payload: 'x'.repeat(4_200_000) })
    expect(codeOf(endless)).toBe('payload_too_large')
    expect(said(endless)).toMatch(/at most 4194304 fit\nYou have no permission: do not act\. Mend the arguments/)
    expect(mcp.complaints()).toMatch(/^umpire: the message has 42\d+ bytes/m)
  })

  it('says of a service that is away that nothing is allowed', async () => {
    const gone = `http://127.0.0.1:${await freePort()}`
    const child = startUmpire(['mcp', '--url', gone], { UMPIRE_API_KEY: key })
    const [stdout, stderr] = [text(child.stdout!), text(child.stderr!)]
    child.stdin!.end(`${JSON.stringify(INITIALIZE)}\n${JSON.stringify(CALL)}\n`)
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    const answers = answersIn(await stdout)
    answers.sort((a, b) => a.id - b.id)
    expect(answers[0]).toMatchObject({ id: 0, error: { code: -32_000, message: expect.stringContaining(gone) } })
    expect(answers[1]).toMatchObject({ id: 7, result: { isError: true } })
    expect(answers[1].result.content[0].text).toMatch(/do not act\. Call again later with the same arguments\.$/)
    expect(await stderr).toContain(gone)
  })

  it('says of what is no Umpire that somebody has to name another', async () => {
    const stdin = `${JSON.stringify(CALL)}\n`
    for (const body of ['hello', '{"hello":"there"}']) {
      stranger.answer((response) => response.end(body))
      const { stdout } = await umpire(['mcp', '--url', stranger.url], { env: { UMPIRE_API_KEY: key }, stdin })
      const { id, result } = JSON.parse(stdout)
      expect([id, result.isError, codeOf(result)], body).toEqual([7, true, 'internal'])
      expect(said(result)).toMatch(
        /no Umpire.*; name another .*\n.*do not act\. Tell whoever set up this connection\.$/,
      )
    }
  })

  it('writes nothing but the protocol to stdout, whatever it is sent', async () => {
    const child = startUmpire(['mcp', '--url', test.url], { UMPIRE_API_KEY: key })
    const [stdout, stderr] = [text(child.stdout!), text(child.stderr!)]
    const notification = { jsonrpc: '2.0', method: 'notifications/initialized' }
    const lines = [
      INITIALIZE,
      'no JSON',
      'null',
      '[]',
      { hello: 'there' },
      notification,
      { jsonrpc: '2.0', id: 9, method: 'ping' },
    ]
    child.stdin!.end(`${lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')}\n`)
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    const answers = answersIn(await stdout)
    expect(answers.map(({ jsonrpc, id }) => [jsonrpc, id]).sort()).toEqual([
      ['2.0', 0],
      ['2.0', 9],
    ])
    expect(answers.find(({ id }) => id === 0).result.protocolVersion).toBe('2025-06-18')
    const complaints = await stderr
    expect(complaints.match(/^umpire: a message that can't be read: .*$/gm)).toEqual([
      expect.stringContaining('is not valid JSON'),
      ...Array(3).fill(expect.stringMatching(/: it is no request, notification or answer of JSON-RPC 2\.0$/)),
    ])
    expect(complaints.trim().split('\n')).toHaveLength(4)
  })

  it('ends by a signal', async () => {
    const child = startUmpire(['mcp', '--url', test.url], { UMPIRE_API_KEY: key })
    child.stdin!.write(`${JSON.stringify(INITIALIZE)}\n`)
    await once(child.stdout!, 'data')
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([0, null])
  })

  it('ends by a signal with a question in its hands, which is no leave to act', async () => {
    const child = startUmpire(['mcp', '--url', `http://127.0.0.1:${deafPort}`], { UMPIRE_API_KEY: key })
    const stdout = text(child.stdout!)
    child.stdin!.write(`${JSON.stringify(CALL)}\n`)
    await once(deaf, 'request')
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([0, null])
    expect(JSON.parse(await stdout)).toMatchObject({ id: 7, result: { isError: true } })
  })

  it('refuses a command line that means nothing', async () => {
    expect(await umpire(['mcp', '--url', 'ftp://x'], { env: { UMPIRE_API_KEY: key } })).toMatchObject({ code: 2 })
    const both = await umpire(['mcp', '--embedded', '--url', test.url], { env: { UMPIRE_API_KEY: key } })
    expect(both).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('leave --url out') })
  })

  it('takes no key that lies about, but the one that it is given', async () => {
    const dataDir = await temporaryDirectory()
    await writeFile(path.join(dataDir, 'admin.key'), test.admin)
    const env = { UMPIRE_DATA_DIR: dataDir, UMPIRE_ADMIN_KEY: test.admin, UMPIRE_API_KEY: '' }
    for (const args of [['--url', test.url], ['--embedded']]) {
      const keyless = await umpire(['mcp', ...args], { env })
      expect(keyless).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /^umpire: no API key: set UMPIRE_API_KEY .*umpire keys create.* --principal agent/,
        ),
      })
    }
  })

  it('takes the URL of /mcp for that of the service', async () => {
    const byOption = await connectOverStdio(['--url', `${test.url}/mcp/`], { UMPIRE_API_KEY: key })
    await byOption.client.ping()
    const byVariable = await connectOverStdio([], { UMPIRE_URL: `${test.url}/mcp`, UMPIRE_API_KEY: key })
    await byVariable.client.ping()
  })
})

describe('umpire mcp --embedded', async () => {
  it('is the whole service for one copilot, with nothing running', async () => {
    const data = {
      UMPIRE_DATA_DIR: path.join(await temporaryDirectory(), '.umpire'),
      UMPIRE_RULES_DIR: await rulesDirectory(),
    }
    const create =
      'keys create --name desk --principal agent --agent pulse --scope adjudications:write,signals:write,read'
    const made = await umpire(create.split(' '), { env: data })
    const env = { ...data, UMPIRE_API_KEY: made.stdout.trim() }
    const mcp = await connectOverStdio(['--embedded'], env)
    const healthy = { id: 'h', agent: 'pulse', account: 'acme', claim: 'healthy', confidence: 0.9 }
    expect(await mcp.ask('report_signal', healthy)).toMatchObject({ status: 'accepted' })
    const checked = await mcp.call('check_action', { ...SEND, agent: 'pulse', action: 'wait' })
    expect(checked.isError).toBeFalsy()

    // Another one meanwhile shares the data.
    const beside = await connectOverStdio(['--embedded'], env)
    expect(await beside.ask('report_signal', healthy)).toMatchObject({ status: 'duplicate' })
    await beside.client.close()
    await mcp.client.close()

    const afterwards = await connectOverStdio(['--embedded'], env)
    expect(await afterwards.ask('report_signal', healthy)).toMatchObject({ status: 'duplicate' })
  })

  it('refuses a key that is none of the data, and shows nobody the one that is', async () => {
    const env = { UMPIRE_DATA_DIR: await temporaryDirectory(), UMPIRE_RULES_DIR: await rulesDirectory() }
    const stdin = `${JSON.stringify(CALL)}\n`
    const { stdout, stderr } = await umpire(['mcp', '--embedded'], { env: { ...env, UMPIRE_API_KEY: 'any' }, stdin })
    expect(stderr).toContain(`first start: the admin key is in ${path.join(env.UMPIRE_DATA_DIR, 'admin.key')}"`)
    expect(stderr).not.toContain('ump_')
    const { id, result } = JSON.parse(stdout)
    expect([id, result.isError, codeOf(result)]).toEqual([7, true, 'unauthorized'])
    expect(said(result)).toMatch(/do not act\. Do not repeat this call: whoever set up the API key/)
  })

  it('ends by a signal that comes while it starts', async () => {
    const env = { UMPIRE_DATA_DIR: await temporaryDirectory(), UMPIRE_RULES_DIR: await rulesDirectory() }
    const child = startUmpire(['mcp', '--embedded'], { ...env, UMPIRE_API_KEY: 'any' })
    await once(child.stderr!, 'data')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('fails in a line where it can not start', async () => {
    const dataDir = await temporaryDirectory()
    const env = { UMPIRE_DATA_DIR: dataDir, UMPIRE_RULES_DIR: '/nowhere/at/all', UMPIRE_API_KEY: 'any' }
    const failed = await umpire(['mcp', '--embedded'], { env })
    expect(failed).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^umpire: .*\/nowhere\/at\/all/),
    })
  })
})

/** A message a line. */
function answersIn(stdout: string) {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}
