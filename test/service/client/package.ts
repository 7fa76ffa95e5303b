import { execFile } from 'node:child_process'
import { cp, mkdir, rename } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { temporaryDirectory } from '../faults/process.ts'

const run = promisify(execFile)
const TSC = path.resolve('node_modules/.bin/tsc')

/** A project of somebody else's that has nothing but this package, as `npm pack` makes it. */
export async function projectWithPackage(): Promise<string> {
  const directory = await temporaryDirectory()
  const source = path.join(directory, 'source')
  await mkdir(path.join(directory, 'node_modules'), { recursive: true })
  await mkdir(source)
  const build = [
    '-p',
    'tsconfig.build.json',
    '--outDir',
    path.join(source, 'dist'),
    '--noCheck',
    '--sourceMap',
    'false',
  ]
  await Promise.all([run(TSC, build), cp('package.json', path.join(source, 'package.json'))])
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', directory], {
    cwd: source,
  })
  const [{ filename }] = JSON.parse(packed.stdout)
  await run('tar', ['-xzf', filename], { cwd: directory })
  await rename(path.join(directory, 'package'), path.join(directory, 'node_modules/umpire'))
  return directory
}

/** What the compiler says of modules that know no Node, only what all platforms have: nothing where all is well. */
export async function compile(
  directory: string,
  files: readonly string[],
  options: readonly string[],
): Promise<string> {
  const platform = [
    '--types',
    '',
    '--lib',
    'ES2022,DOM',
    '--target',
    'ES2022',
    '--strict',
    '--exactOptionalPropertyTypes',
  ]
  try {
    await run(TSC, [...platform, '--noEmit', ...options, ...files], { cwd: directory })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}
