import path from 'node:path'
import { Worker } from 'node:worker_threads'

/**
 * Starts a thread. From the sources it first loads what its process runs TypeScript with: loaders don't reach into
 * threads.
 *
 * @param module what it runs, from this folder on and without its extension: `worker`
 * @param data what it finds as `workerData`: a plain value
 */
export function startWorker(module: string, data: unknown): Worker {
  const extension = path.extname(new URL(import.meta.url).pathname)
  const script = new URL(`./${module}${extension}`, import.meta.url)
  if (extension === '.js') return new Worker(script, { workerData: data })
  const [loader, source] = [import.meta.resolve('tsx/esm/api'), script.href].map((url) => JSON.stringify(url))
  const code = `import(${loader}).then(({ register }) => { register(); return import(${source}) })`
  return new Worker(code, { eval: true, execArgv: [], workerData: data })
}
