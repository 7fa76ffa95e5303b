import { pino } from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { warnOfActs } from '../../src/app/leases/without-leave.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('a hundred acts without leave are a line at once, and a minute later one for each agent', () => {
  const lines: unknown[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const warn = warnOfActs(log)
  const act = { decision: 'expansion-outreach', action: 'send_expansion_email', account: 'acme' }
  for (let n = 1; n <= 100; n++) warn({ ...act, agent: 'rogue', account: `account-${n}` })
  warn({ ...act, agent: 'hasty' })
  const line = { ...act, level: 40, msg: 'an agent acted without leave' }
  const first = { ...line, agent: 'rogue', account: 'account-1', acts: 1 }
  expect(lines).toEqual([first])
  vi.advanceTimersByTime(60_000)
  const later = [
    { ...line, agent: 'rogue', account: 'account-100', acts: 99 },
    { ...line, agent: 'hasty', acts: 1 },
  ]
  expect(lines).toEqual([first, ...later])
  vi.advanceTimersByTime(60_000)
  expect(lines).toHaveLength(3)
})
