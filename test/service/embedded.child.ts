/** A service that does nothing but hold an embedded server, for tests that need it in a process of its own. */
import { startEmbedded } from '../../src/storage/embedded/embedded.ts'

const [dataDir = ''] = process.argv.slice(2)
try {
  const { url } = await startEmbedded({ dataDir })
  process.stdout.write(`${JSON.stringify({ url })}\n`)
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).message })}\n`)
}
