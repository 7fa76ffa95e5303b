import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Figure, median, paired } from './report.ts'
import { agentsFile, decisionFile } from './rules.ts'

const FILES = 100
const ROUNDS = 7

/** `umpire rules check` on a hundred decision files of fifty rules each, from the start of the process to its end. */
export async function benchCheck(): Promise<Figure[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-bench-'))
  try {
    await writeFile(path.join(directory, 'agents.yaml'), agentsFile)
    for (let i = 0; i < FILES; i++) await writeFile(path.join(directory, `d${i}.yaml`), decisionFile(`d${i}`))
    const rounds: { value: number; yardstick: number }[] = []
    for (let i = 0; i < ROUNDS; i++) {
      const yardstick = await secondsOf(['-e', '0'])
      rounds.push({ value: await secondsOf(['dist/src/cli/main.js', 'rules', 'check', directory]), yardstick })
    }
    const name = `rules check: ${FILES} decision files, start included`
    const value = median(rounds.map((round) => round.value))
    return [
      {
        name,
        unit: 's',
        value,
        yardstick: 'limit',
        yardstickValue: 2,
        ratio: value / 2,
        target: { is: 'at most', ratio: 1 },
      },
      paired({ name, unit: 's', yardstick: 'node -e 0' }, rounds),
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function secondsOf(args: readonly string[]): Promise<number> {
  const start = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`\`node ${args.join(' ')}\` ended with ${code}`)
  return (performance.now() - start) / 1000
}
