/** When to look again for what was committed beside a transaction that is still under way, at first. Milliseconds. */
const HELD = 25

/**
 * When whoever goes through events looks again, in milliseconds: at once where there is more to read, soon where
 * something waits for a transaction that began before it, but ever later where that one does not end.
 *
 * @param interval where there is nothing, and no bell is heard
 */
export function createPace(
  interval: number,
): (look: { readonly isWhole: boolean; readonly isHeld: boolean }) => number {
  let held = HELD
  return ({ isWhole, isHeld }) => {
    const wait = Math.min(held, interval)
    held = isHeld ? wait * 2 : HELD
    if (!isWhole) return 0
    return isHeld ? wait : interval
  }
}
