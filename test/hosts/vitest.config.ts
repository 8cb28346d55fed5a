/** Apart from the other tests: what is tested here takes minutes, and a network. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'hosts',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    // Two systems that are booted at a time would share the control groups of this machine.
    fileParallelism: false,
    reporters: ['verbose'],
    testTimeout: 300_000,
    // More than an archive has to give the files of a release, which are made in here (base.ts).
    hookTimeout: 2_400_000,
  },
})
