import type { Source } from '../../../src/core/sources.ts'
import { createMapper } from '../../../src/webhooks/mapping/mapper.ts'

/** Has an event mapped that does not end, and tells once that is under way. */
const source: Source = JSON.parse(process.argv[2]!)
// It ends nothing itself.
const mapper = createMapper({ patience: 100_000, request: 200_000 })
await mapper.forRequest().map(source, [{ ends: true }], '2026-11-20T09:00:00.000Z')
void mapper.forRequest().map(source, [{ ends: false }], '2026-11-20T09:00:00.000Z')
// The task is sent before what is told here.
setImmediate(() => process.stdout.write('asked\n'))
