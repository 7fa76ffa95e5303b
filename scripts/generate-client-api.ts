import { writeFile } from 'node:fs/promises'
import { clientApi } from './client-api.ts'
import { describeApi } from './openapi.ts'

/** `npm run client:api`. */
await writeFile(new URL('../src/client/api.ts', import.meta.url), await clientApi(await describeApi()))
