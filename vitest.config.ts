import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Most of them wait, for processes that start and clocks that strike: on two cores, too, two files go side by side.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/core/**/*.test.ts', 'test/rules/**/*.test.ts', 'test/unit/**/*.test.ts'],
          // They start nothing that a thread could not end: a fifth less processor time than processes.
          pool: 'threads',
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'service',
          include: ['test/service/**/*.test.ts'],
          globalSetup: ['test/service/build.setup.ts', 'test/service/postgres.setup.ts'],
          // A second may be five while another file starts ten processes.
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
