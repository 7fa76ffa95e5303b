import { parseArgs } from 'node:util'
import { type Figure, isMet, printTable } from './report.ts'

/** `npm run bench [-- --json] [-- --only core,http]`: every figure beside its yardstick, measured in the same run. */
const { values } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string' } } })
const SUITES: Readonly<Record<string, () => Promise<Figure[]>>> = {
  core: async () => (await import('./core.ts')).benchCore(),
  http: async () => (await import('./http.ts')).benchHttp(),
  checks: async () => (await import('./checks.ts')).benchChecks(),
  shadow: async () => (await import('./shadow.ts')).benchShadow(),
  escalations: async () => (await import('./escalations.ts')).benchEscalations(),
  backtest: async () => (await import('./backtest.ts')).benchBacktest(),
  check: async () => (await import('./check.ts')).benchCheck(),
  reload: async () => (await import('./reload.ts')).benchReload(),
  events: async () => (await import('./events.ts')).benchEvents(),
  webhooks: async () => (await import('./webhooks.ts')).benchWebhooks(),
  start: async () => (await import('./start.ts')).benchStart(),
}

const chosen = values.only?.split(',') ?? Object.keys(SUITES)
const figures: Figure[] = []
for (const name of chosen) {
  const suite = SUITES[name]
  if (!suite) {
    console.error(`no suite \`${name}\`; there are ${Object.keys(SUITES).join(', ')}`)
    process.exit(2)
  }
  if (!values.json) console.error(`measuring ${name} …`)
  figures.push(...(await suite()))
}
if (values.json) console.log(JSON.stringify(figures, null, 2))
else printTable(figures)
process.exitCode = figures.every(isMet) ? 0 : 1
