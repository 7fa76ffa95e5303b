import { existsSync } from 'node:fs'
import { readConfig } from '../config.ts'
import { joinStore, type Store, type StoreOptions } from '../storage/open.ts'
import { CommandError } from './failure.ts'

/**
 * Opens the store that the environment names, through a running service's embedded server where there is one, for as
 * long as `work` takes.
 *
 * @throws CommandError where there is no data yet, unless it may be `created`
 */
export async function withStore<T>(
  { created = false, role }: { readonly created?: boolean } & Pick<StoreOptions, 'role'>,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const { databaseUrl, dataDir } = readConfig(process.env)
  if (!created && databaseUrl === null && !existsSync(dataDir)) {
    throw new CommandError(`no data in \`${dataDir}\`; set UMPIRE_DATA_DIR or DATABASE_URL to where it is`)
  }
  const store = await joinStore({
    databaseUrl,
    dataDir,
    connections: 2,
    ...(role && { role }),
    // What breaks while nobody uses it shows as soon as somebody does.
    onError: () => {},
    onNotice: (line) => console.error(line),
  })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}
