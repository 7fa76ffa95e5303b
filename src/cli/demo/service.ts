import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { compose } from '../../compose.ts'
import { readConfig } from '../../config.ts'
import { listen } from '../../listen.ts'
import { createLogger } from '../../server.ts'

/** A service of the demo's own: embedded storage in a new directory, any free port. */
export interface DemoService {
  readonly url: string
  readonly adminKey: string
  readonly dataDir: string
  /** Stops it, and removes its data unless they are to be kept. */
  close(options: { readonly keep: boolean }): Promise<void>
}

export async function startDemoService(rulesDir: string): Promise<DemoService> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'umpire-demo-'))
  const remove = () => rm(dataDir, { recursive: true, force: true })
  try {
    const config = readConfig({ PORT: '0', UMPIRE_DATA_DIR: dataDir, UMPIRE_RULES_DIR: rulesDir, LOG_LEVEL: 'warn' })
    const service = await compose(config, createLogger(config))
    const url = await listen(service.http, config)
    return {
      url,
      adminKey: (await readFile(path.join(dataDir, 'admin.key'), 'utf8')).trim(),
      dataDir,
      async close({ keep }) {
        await service.close()
        if (!keep) await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}
