import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { clientApi } from '../../../scripts/client-api.ts'
import { describeApi } from '../../../scripts/openapi.ts'

it('has the types of the API as it is', async () => {
  // After a change of the schemas: npm run client:api
  const text = readFileSync(new URL('../../../src/client/api.ts', import.meta.url), 'utf8')
  expect(text).toBe(await clientApi(await describeApi()))
}, 30_000)
