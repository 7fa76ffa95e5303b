/** A back-test that can't be made as asked; the message says what to do. */
export class BacktestError extends Error {
  override readonly name = 'BacktestError'
}
