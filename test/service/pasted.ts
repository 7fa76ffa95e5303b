import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { inject } from 'vitest'

export type Shell = 'bash' | 'zsh'

/** Without start-up files. */
const BARE: Readonly<Record<Shell, string>> = { bash: '--norc', zsh: '--no-rcs' }

export const isInstalled = (program: string) => spawnSync(program, ['--version']).status === 0

/** The code blocks of a page of ours, by the words behind their fences: `sh first`. */
export function blocksOf(page: string): (words: string) => string {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')
  const blocks = [...text.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)]
  return (words) => {
    const found = blocks.filter(([, name]) => name === words)
    if (found.length !== 1) throw new Error(`${found.length} blocks of \`${words}\` in ${page}, not one`)
    return found[0]?.[2] ?? ''
  }
}

export interface Terminal {
  readonly shell: Shell
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** What a terminal shows when the blocks are pasted one after the other; `npx umpire` is the command of this checkout. */
export async function paste({ shell, cwd, env }: Terminal, ...blocks: readonly string[]): Promise<string> {
  const umpire = `npx() { shift; '${process.execPath}' '${inject('builtMain')}' "$@"; }`
  // A command that fails says so in words; what is pasted after it runs all the same.
  const script = ['exec 2>&1', umpire, ...blocks, ':'].join('\n')
  const { stdout } = await promisify(execFile)(shell, [BARE[shell], '-c', script], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
  })
  return stdout
}
