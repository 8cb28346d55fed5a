import { defineConfig } from 'vitest/config'

const typecheck = { enabled: true, checker: 'tsc', tsconfig: 'tsconfig.test.json' }

function unit(name: string) {
  return { test: { name, root: `packages/${name}`, include: ['test/**/*.test.ts'], typecheck } }
}

export default defineConfig({
  test: {
    projects: [
      ...['sdk', 'master-cf', 'filter-clamav', 'filter-spamassassin', 'runner'].map(unit),
      {
        test: {
          name: 'end-to-end',
          root: 'test',
          include: ['**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
    ],
  },
})
