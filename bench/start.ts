import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Figure, median } from './report.ts'
import { startServer } from './server.ts'

const ROUNDS = 7

/** From the start of the process on existing embedded data to a 200 from `/readyz`. */
export async function benchStart(): Promise<Figure[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-bench-'))
  const start = () =>
    startServer(['dist/src/cli/main.js', 'serve'], 21_704, { UMPIRE_DATA_DIR: directory, DATABASE_URL: '' })
  try {
    await (await start()).stop()
    const seconds: number[] = []
    for (let i = 0; i < ROUNDS; i++) {
      const server = await start()
      seconds.push(server.startedIn / 1000)
      await server.stop()
    }
    const value = median(seconds)
    return [
      {
        name: 'start: on existing data, to a 200 from /readyz',
        unit: 's',
        value,
        yardstick: 'limit',
        yardstickValue: 3,
        ratio: value / 3,
        target: { is: 'at most', ratio: 1 },
      },
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
