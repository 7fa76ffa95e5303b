import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { atMostEvery } from '../../src/app/at-most-every.ts'
import { createPace } from '../../src/app/events/pace.ts'

describe('whoever goes through events', () => {
  const whole = { isWhole: true, isHeld: false }
  const held = { isWhole: true, isHeld: true }

  it('looks again at once where there is more, and else when the time comes', () => {
    const pace = createPace(1_000)
    expect([pace(whole), pace({ isWhole: false, isHeld: false }), pace(whole)]).toEqual([1_000, 0, 1_000])
  })

  it('looks soon for what is held, ever later while it stays so, and soon again the next time', () => {
    const pace = createPace(1_000)
    const waits = Array.from({ length: 8 }, () => pace(held))
    expect(waits).toEqual([25, 50, 100, 200, 400, 800, 1_000, 1_000])
    expect([pace(whole), pace(held)]).toEqual([1_000, 25])
  })
})

describe('what is done at most every so often', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is done at once, and once more for all who ask meanwhile', () => {
    const act = vi.fn()
    const ask = atMostEvery(50, act)
    for (let n = 0; n < 5; n++) ask()
    expect(act).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(50)
    expect(act).toHaveBeenCalledTimes(2)
    vi.advanceTimersByTime(500)
    expect(act).toHaveBeenCalledTimes(2)
    ask()
    expect(act).toHaveBeenCalledTimes(3)
    vi.advanceTimersByTime(49)
    ask()
    expect(act).toHaveBeenCalledTimes(3)
    vi.advanceTimersByTime(1)
    expect(act).toHaveBeenCalledTimes(4)
  })
})
