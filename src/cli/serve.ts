import { readConfig } from '../config.ts'
import { serve } from '../server.ts'

export async function startService(): Promise<void> {
  await serve(readConfig(process.env))
}
