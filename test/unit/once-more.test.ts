import { expect, it } from 'vitest'
import { onceMore } from '../../src/storage/once-more.ts'

/** Looks that end when they are told to. */
function looks() {
  const ends: (() => void)[] = []
  let underWay = 0
  let most = 0
  const look = async () => {
    most = Math.max(most, ++underWay)
    await new Promise<void>((resolve) => ends.push(resolve))
    underWay--
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  return {
    look,
    get count() {
      return ends.length
    },
    get most() {
      return most
    },
    settled,
    async end() {
      ends.at(-1)?.()
      await settled()
    },
  }
}

it('is done once more for all who ask meanwhile, one at a time', async () => {
  const seen = looks()
  const { ask } = onceMore(seen.look)
  ask()
  await seen.settled()
  expect(seen.count).toBe(1)
  for (let i = 0; i < 5; i++) ask()
  await seen.settled()
  expect(seen.count).toBe(1)
  await seen.end()
  expect(seen.count).toBe(2)
  await seen.end()
  expect(seen.count).toBe(2)
  ask()
  await seen.settled()
  expect([seen.count, seen.most]).toEqual([3, 1])
})

it('is done again for whoever asks in the moment in which it ends', async () => {
  let count = 0
  const { ask } = onceMore(async () => {
    count++
  })
  for (let moment = 0; moment < 10; moment++) {
    const before = count
    ask()
    for (let i = 0; i < moment; i++) await null
    ask()
    await new Promise((resolve) => setImmediate(resolve))
    expect(count).toBe(before + 2)
  }
})

it('is begun before whoever asks goes on, so that none is lost that is asked for before the end', async () => {
  const seen = looks()
  const { ask, stop } = onceMore(seen.look)
  ask()
  expect(seen.count).toBe(1)
  const stopping = stop()
  await seen.end()
  await stopping
})

it('stops, and waits for what is under way', async () => {
  const seen = looks()
  const { ask, stop } = onceMore(seen.look)
  ask()
  await seen.settled()
  ask()
  let isStopped = false
  const stopping = stop().then(() => {
    isStopped = true
  })
  await seen.settled()
  expect(isStopped).toBe(false)
  await seen.end()
  await stopping
  ask()
  await seen.settled()
  expect(seen.count).toBe(1)
})
