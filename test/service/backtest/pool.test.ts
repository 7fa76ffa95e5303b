import { describe, expect, it } from 'vitest'
import type { Piece } from '../../../src/backtest/history.ts'
import { createPool } from '../../../src/backtest/pool.ts'
import { RULES } from '../app.ts'
import { rulesOf } from './files.ts'

const { content } = rulesOf(RULES)
const EMPTY: Piece = { kind: 'cases', cases: [], accountsWithoutOutcome: 3, erased: 0 }

describe('a pool', () => {
  it.each([0, 1, 2])('counts with %i threads, more pieces than it has threads', async (threads) => {
    const pool = createPool({ baseline: content, candidate: content }, threads)
    const tallies = await Promise.all(Array.from({ length: 5 }, () => pool.count(EMPTY)))
    expect(tallies.map(({ accountsWithoutOutcome }) => accountsWithoutOutcome)).toEqual([3, 3, 3, 3, 3])
    await pool.close()
  })

  it('says why its threads do not start, however often it is asked', async () => {
    const pool = createPool({ baseline: content, candidate: '[]]' }, 1)
    for (let i = 0; i < 3; i += 1) await expect(pool.count(EMPTY)).rejects.toThrow(/JSON/)
    await pool.close()
  })

  it('keeps nobody waiting whose piece was under way when it closed', async () => {
    const pool = createPool({ baseline: content, candidate: content }, 1)
    const counted = pool.count(EMPTY)
    const ended = expect(counted).rejects.toThrow('a thread of the back-test has ended')
    await pool.close()
    await ended
  })
})
