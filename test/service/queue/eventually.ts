/** Looks again and again, ever less often, and resolves as soon as it is so. Milliseconds. */
export async function eventually(isSo: () => boolean | Promise<boolean>, within = 60_000): Promise<void> {
  const deadline = Date.now() + within
  for (let pause = 5; !(await isSo()); pause = Math.min(pause * 1.5, 50)) {
    if (Date.now() > deadline) throw new Error(`did not come to be within ${within} ms: ${isSo}`)
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}
