/** Does something at once, and however often it is asked for meanwhile once more after `milliseconds`. */
export function atMostEvery(milliseconds: number, act: () => void): () => void {
  let timer: NodeJS.Timeout | null = null
  let isAsked = false
  const pause = () => {
    timer = setTimeout(() => {
      timer = null
      if (isAsked) run()
    }, milliseconds)
    // What is asked for last must not keep a process that ends.
    timer.unref()
  }
  const run = () => {
    isAsked = false
    act()
    pause()
  }
  return () => {
    isAsked = true
    if (timer === null) run()
  }
}
