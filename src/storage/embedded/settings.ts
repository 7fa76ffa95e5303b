/**
 * What differs from the defaults of PostgreSQL: one service on one machine, durable, some 700 MB at most. Given on the
 * command line, where they win over `postgresql.conf`, so that a newer version of the service can change them.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  max_connections: '100',
  shared_buffers: '512MB',

  // What is acknowledged survives a power failure. These are the defaults; here they can't be lost to a stray edit.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',

  // Fewer checkpoints write fewer full pages into the log, at the price of a longer recovery: about ten seconds at worst.
  checkpoint_timeout: '15min',
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  wal_compression: 'on',
  // Nothing replicates from here.
  wal_level: 'minimal',
  max_wal_senders: '0',

  // Queries are short: compiling them takes longer than running them.
  jit: 'off',
  random_page_cost: '1.1',

  // Errors go to the client, which reports them; their text may quote an account's data, which belongs in no log.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
  log_autovacuum_min_duration: '-1',
  logging_collector: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

/** The command that runs a server, reachable over a Unix socket in `socketDir` alone. `changed` wins over our settings. */
export function serverCommand(
  postgres: string,
  clusterDir: string,
  socketDir: string,
  port: number,
  changed: Readonly<Record<string, string>> = {},
): string[] {
  const settings = {
    ...SETTINGS,
    ...changed,
    listen_addresses: '',
    port: String(port),
    unix_socket_directories: socketDir,
    unix_socket_permissions: '0700',
  }
  return [
    postgres,
    '-D',
    clusterDir,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
}
