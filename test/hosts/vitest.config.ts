/** Apart from the other tests: what is tested here takes minutes, and a network. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'hosts',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    reporters: ['verbose'],
    testTimeout: 300_000,
    // More than an archive has to give the files of a release, which are made in here (base.ts).
    hookTimeout: 2_400_000,
  },
})
