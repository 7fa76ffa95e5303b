/**
 * Serves the good items of a batch together, and rejects each of the others.
 *
 * @param check the item as something that can be served, or what is wrong with it in words
 * @param serve one result for each, in their order
 * @returns a result for each item, in the order given
 */
export async function serveEach<Item, Good extends object, Result>(
  items: readonly Item[],
  check: (item: Item) => Good | string,
  serve: (good: readonly Good[]) => Promise<readonly Result[]>,
  reject: (item: Item, detail: string) => Result,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const good: Good[] = []
  const places: number[] = []
  items.forEach((item, i) => {
    const checked = check(item)
    if (typeof checked === 'string') {
      results[i] = reject(item, checked)
    } else {
      good.push(checked)
      places.push(i)
    }
  })
  const served = good.length === 0 ? [] : await serve(good)
  served.forEach((result, i) => {
    results[places[i]!] = result
  })
  return results
}
