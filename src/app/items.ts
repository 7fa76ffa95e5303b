import type { Wanted } from '../storage/load.ts'
import type { Book } from './book.ts'
import type { Desk } from './desk.ts'
import { Problem, type ProblemCode } from './problem.ts'

/** What became of one item of a batch. */
export interface ItemResult {
  readonly status: 'accepted' | 'duplicate' | 'rejected'
  readonly problem?: { readonly code: ProblemCode; readonly detail: string }
}

/** An item of a batch, about one account. */
interface Item {
  readonly account: string
}

/**
 * Takes in items, each on its own: those of one account in the order given, and a bad one stops no other. The trails
 * of their accounts are loaded, and what else they need.
 *
 * @param takeIn decides and writes into the book; a `Problem` rejects the item, and then it has written nothing
 * @returns a result for each, in the order given, once nothing of the batch is under way any more
 */
export async function takeInEach<I extends Item>(
  desk: Desk,
  items: readonly I[],
  needs: (items: readonly I[]) => Partial<Wanted>,
  takeIn: (book: Book, item: I) => 'accepted' | 'duplicate',
): Promise<readonly ItemResult[]> {
  const lanes = new Map<number, number[]>()
  items.forEach(({ account }, i) => {
    const lane = desk.laneOf(account)
    const indexes = lanes.get(lane)
    if (indexes) indexes.push(i)
    else lanes.set(lane, [i])
  })
  const results = new Array<ItemResult>(items.length)
  const work = [...lanes.values()].map((indexes) => {
    const sent = indexes.map((i) => items[i]!)
    return desk.submit({
      trails: sent.map((item) => item.account),
      ...needs(sent),
      serve(book) {
        for (const i of indexes) results[i] = resultOf(() => takeIn(book, items[i]!))
      },
    })
  })
  // Every part is waited for, so that an error is told only once nothing of the request is under way any more.
  const failed = (await Promise.allSettled(work)).find((part) => part.status === 'rejected')
  if (failed) throw failed.reason
  return results
}

function resultOf(takeIn: () => 'accepted' | 'duplicate'): ItemResult {
  try {
    return { status: takeIn() }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { status: 'rejected', problem: { code: error.code, detail: error.message } }
  }
}
