import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../../src/config.ts'
import { isListed } from '../../src/egress/networks.ts'

const DEFAULTS = {
  role: 'all',
  port: 3000,
  host: '127.0.0.1',
  publicUrl: 'http://127.0.0.1:3000',
  calledAs: null,
  egressAllow: [],
  databaseUrl: null,
  redisUrl: null,
  dataDir: '.umpire',
  rulesDir: 'rules',
  activation: 'automatic',
  adminKey: null,
  logLevel: 'info',
  rateLimit: 6000,
  mcpResolves: false,
  exported: { traces: false, metrics: false },
}

function failure(env: Record<string, string>): string {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('readConfig accepted it')
}

test('an empty environment gives the defaults', () => {
  expect(readConfig({})).toEqual(DEFAULTS)
})

test('an empty variable counts as unset', () => {
  const names = ['PORT', 'HOST', 'DATABASE_URL', 'REDIS_URL', 'UMPIRE_DATA_DIR', 'UMPIRE_RULES_DIR']
  const others = ['UMPIRE_ADMIN_KEY', 'LOG_LEVEL', 'UMPIRE_RATE_LIMIT', 'OTEL_EXPORTER_OTLP_ENDPOINT']
  expect(readConfig(Object.fromEntries([...names, ...others].map((name) => [name, ''])))).toEqual(DEFAULTS)
})

test('every variable is read', () => {
  const env = {
    PORT: '8080',
    HOST: '::',
    UMPIRE_PUBLIC_URL: 'https://umpire.example.com/cs/',
    DATABASE_URL: 'postgres://umpire:secret@db:5432/umpire',
    REDIS_URL: 'rediss://:secret@cache:6380/2',
    UMPIRE_DATA_DIR: '/var/lib/umpire',
    UMPIRE_RULES_DIR: 'my rules',
    UMPIRE_ACTIVATION: 'manual',
    UMPIRE_ADMIN_KEY: 'sixteen-letters!',
    LOG_LEVEL: 'WARN',
    UMPIRE_RATE_LIMIT: '60',
    UMPIRE_MCP_RESOLVE: 'on',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    SOMETHING_ELSE: 'is none of ours',
  }
  expect(readConfig(env, 'worker')).toEqual({
    role: 'worker',
    port: 8080,
    host: '::',
    publicUrl: 'https://umpire.example.com/cs',
    calledAs: 'https://umpire.example.com/cs',
    egressAllow: [],
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    dataDir: '/var/lib/umpire',
    rulesDir: 'my rules',
    activation: 'manual',
    adminKey: 'sixteen-letters!',
    logLevel: 'warn',
    rateLimit: 60,
    mcpResolves: true,
    exported: { traces: true, metrics: true },
  })
})

describe('accepted', () => {
  test('HOST and PORT are where people reach it, unless they are told otherwise', () => {
    expect(readConfig({ HOST: '::1', PORT: '8080' }).publicUrl).toBe('http://[::1]:8080')
    for (const HOST of ['0.0.0.0', '::']) expect(readConfig({ HOST }).publicUrl).toBe('http://localhost:3000')
  })
  test('UMPIRE_EGRESS_ALLOW=10.1.0.0/16, ::1', () => {
    const { egressAllow } = readConfig({ UMPIRE_EGRESS_ALLOW: '10.1.0.0/16, ::1' })
    expect(['10.1.2.3', '::1', '10.2.0.1'].map((address) => isListed(address, egressAllow))).toEqual([
      true,
      true,
      false,
    ])
  })
  test.each(['0', '1', '65535'])('PORT=%s', (PORT) => {
    expect(readConfig({ PORT }).port).toBe(Number(PORT))
  })
  test.each(['0.0.0.0', '::1', 'fe80::1%eth0', 'localhost', 'umpire.internal', 'my_host-1'])('HOST=%s', (HOST) => {
    expect(readConfig({ HOST }).host).toBe(HOST)
  })
  test.each([
    'postgresql://localhost/umpire',
    'postgres://umpire@/umpire?host=/run/postgresql',
    'postgres:///umpire?host=/run/postgresql',
    'postgresql://umpire:p%40ss@%2Frun%2Fpostgresql:5432/umpire?sslmode=require',
  ])('DATABASE_URL=%s', (DATABASE_URL) => {
    expect(readConfig({ DATABASE_URL }).databaseUrl).toBe(DATABASE_URL)
  })
})

describe('exported', () => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318'
  test.each([
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces/v1' }, { traces: true, metrics: false }],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://metrics/v1' }, { traces: false, metrics: true }],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: 'none' },
      { traces: false, metrics: true },
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_METRICS_EXPORTER: 'none' },
      { traces: true, metrics: false },
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'True' },
      { traces: false, metrics: false },
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'false' },
      { traces: true, metrics: true },
    ],
  ])('%j', (env, exported) => {
    expect(readConfig(env).exported).toEqual(exported)
  })
})

describe('refused, with a line that names the variable', () => {
  test.each([
    ['PORT', '-1', 'PORT must be an integer from 0 to 65535, not `-1`'],
    ['PORT', '65536', 'PORT must be an integer from 0 to 65535, not `65536`'],
    ['PORT', '3000.5', 'PORT must be an integer from 0 to 65535, not `3000.5`'],
    ['PORT', '0x50', 'PORT must be an integer from 0 to 65535, not `0x50`'],
    ['PORT', ' 80\n', 'PORT must be an integer from 0 to 65535, not ` 80\\n`'],
    ['HOST', 'localhost:80', 'without port or brackets, not `localhost:80`'],
    ['HOST', '[::1]', 'without port or brackets, not `[::1]`'],
    ['HOST', 'http://localhost', 'not `http://localhost`'],
    ['DATABASE_URL', 'localhost', 'DATABASE_URL must be a URL that starts with postgres:// or postgresql://'],
    ['DATABASE_URL', 'mysql://u:secret@db', 'must start with postgres:// or postgresql://, not `mysql://`'],
    ['DATABASE_URL', 'postgres://u:secret@db:99999/umpire', 'DATABASE_URL is not a valid URL'],
    ['REDIS_URL', 'http://cache', 'REDIS_URL must start with redis:// or rediss://, not `http://`'],
    ['UMPIRE_ADMIN_KEY', 'secret-is-short', 'UMPIRE_ADMIN_KEY must have at least 16 characters'],
    ['UMPIRE_ADMIN_KEY', 'secret key with spaces', 'UMPIRE_ADMIN_KEY must consist of printable ASCII characters'],
    ['LOG_LEVEL', 'verbose', 'one of fatal, error, warn, info, debug, trace, silent, not `verbose`'],
    ['UMPIRE_PUBLIC_URL', 'umpire.example.com', 'must be a URL that starts with http:// or https://'],
    ['UMPIRE_PUBLIC_URL', 'https://me:secret@umpire.example.com', 'must be a URL without user, query and fragment'],
    [
      'UMPIRE_EGRESS_ALLOW',
      '10.0.0.0/8,intranet',
      'with commas between them, `10.1.0.0/16,::1`, and `intranet` is neither',
    ],
    ['UMPIRE_RATE_LIMIT', '0', 'UMPIRE_RATE_LIMIT must be an integer from 1 to 1000000000, not `0`'],
    ['UMPIRE_MCP_RESOLVE', 'yes', 'UMPIRE_MCP_RESOLVE must be on or off, not `yes`'],
    ['UMPIRE_RATE_LIMIT', 'none', 'UMPIRE_RATE_LIMIT must be an integer from 1 to 1000000000, not `none`'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'must be a URL that starts with http:// or https://'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'collector', 'must be a URL that starts with http:// or https://'],
  ])('%s=%j', (name, value, expected) => {
    const message = failure({ [name]: value })
    expect(message).toContain(expected)
    expect(message).toMatch(new RegExp(`^${name} .*$`))
    expect(message).not.toContain('secret')
  })

  test('all that is wrong at once, on one line', () => {
    expect(failure({ PORT: 'http', LOG_LEVEL: 'loud\nly' })).toBe(
      'PORT must be an integer from 0 to 65535, not `http`; ' +
        'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent, not `loud\\nly`',
    )
  })
})
