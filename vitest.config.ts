import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/sequence.ts'

/** One seed for all random input. */
const setupFiles = [fileURLToPath(new URL('test/kit/seed.ts', import.meta.url))]
/** What a test waits for comes late on a busy machine; vitest itself gives it a second. Milliseconds. */
const awaiting = { poll: { timeout: 30_000 } }
const typecheck = { enabled: true, checker: 'tsc', tsconfig: 'tsconfig.test.json' }

function unit(name: string, folder = 'packages') {
  return {
    test: {
      name,
      root: `${folder}/${name}`,
      include: ['test/**/*.test.ts'],
      setupFiles,
      ...(name === 'runner' && { globalSetup: [fileURLToPath(new URL('test/kit/readable.ts', import.meta.url))] }),
      isolate: false,
      testTimeout: 180_000,
      hookTimeout: 180_000,
      expect: awaiting,
      typecheck,
    },
  }
}

export default defineConfig({
  test: {
    // For two processors: they wait for twice as long as they work.
    maxWorkers: 6,
    sequence: { sequencer: LongestFirst },
    // Every process of Node.js reads the certificates that this names before it does anything else. npm(1) has `cafile`.
    env: { NODE_EXTRA_CA_CERTS: '' },
    projects: [
      ...['sdk', 'master-cf', 'milter', 'filter-clamav', 'filter-spamassassin', 'runner', 'create-filter'].map((name) =>
        unit(name),
      ),
      ...['filter-size', 'filter-footer', 'filter-lookup'].map((name) => unit(name, 'examples')),
      {
        test: {
          name: 'end-to-end',
          root: 'test',
          include: ['**/*.test.ts'],
          // `npm run hosts` has a configuration of its own.
          exclude: ['hosts/**', '**/node_modules/**'],
          setupFiles,
          globalSetup: ['tools', 'shared-installation'].map((name) =>
            fileURLToPath(new URL(`test/kit/${name}.ts`, import.meta.url)),
          ),
          // A process for each file would cost a tenth of all.
          isolate: false,
          testTimeout: 180_000,
          // Of those tests in a file that may run at the same time: each has a Postfix of its own, and six files run at once.
          maxConcurrency: 3,
          expect: awaiting,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
