/** Looks again and again, and resolves as soon as it is so. Milliseconds. */
export async function eventually(isSo: () => boolean | Promise<boolean>, within = 60_000): Promise<void> {
  const deadline = Date.now() + within
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`did not come to be within ${within} ms: ${isSo}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
