/** How many may do the same thing at once, for each thing. */
export interface Seats {
  /** Takes a seat; call what is returned once, to give it back. Null: all are taken. */
  take(name: string): (() => void) | null
}

export function createSeats(each: number): Seats {
  const taken = new Map<string, number>()
  return {
    take(name) {
      const before = taken.get(name) ?? 0
      if (before >= each) return null
      taken.set(name, before + 1)
      return () => {
        const left = taken.get(name)! - 1
        if (left === 0) taken.delete(name)
        else taken.set(name, left)
      }
    },
  }
}
